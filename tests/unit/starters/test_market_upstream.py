"""The upstream SQL against a plain recomputation in Python, on DuckDB."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from tzero.starters.device_meta.market import Market
from tzero.starters.device_meta.market.catalogue import VOCABULARY

LISTINGS, IMAGES = "listing_device_features_clean_mv", "device_image_features_unified_v1"
PREDECESSOR = "iphone_device_meta_encoded_v2"
MARKET = Market(listings=3_000, days=540)

Row = dict[str, Any]
Key = tuple[int, int]


@dataclass(frozen=True)
class Store:
    """The upstream relations and the predecessor, as DuckDB computes them."""

    connection: duckdb.DuckDBPyConnection

    def rows(self, relation: str) -> dict[Key, Row]:
        names = [name for name, _ in self.columns(relation)]
        found = self.connection.execute(f"FROM {relation}").fetchall()
        rows = {row[:2]: dict(zip(names, row, strict=True)) for row in found}
        assert len(rows) == len(found), "the key is unique"
        return rows

    def columns(self, relation: str) -> list[tuple[str, str]]:
        return [(name, kind) for name, kind, *_ in self.connection.execute(f"DESCRIBE {relation}").fetchall()]


def upstream(name: str) -> str:
    return files("tzero.starters.device_meta").joinpath("upstream", f"{name}.sql").read_text()


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    connection = duckdb.connect()
    for schema in ("raw", "market", "feature_store"):
        connection.execute(f"CREATE SCHEMA {schema}")
    for table, schema in MARKET.tables().items():
        connection.register("incoming", pa.Table.from_batches(MARKET.batches(table), schema))
        connection.execute(f"CREATE TABLE {table} AS FROM incoming")
    for name in (LISTINGS, IMAGES, PREDECESSOR):
        connection.execute(f"CREATE TABLE feature_store.{name} AS {upstream(name)}")
    yield Store(connection)
    connection.close()


def raw(table: str) -> Iterator[Row]:
    for batch in MARKET.batches(table):
        yield from batch.to_pylist()


def grouped(table: str) -> dict[Key, list[Row]]:
    groups: dict[Key, list[Row]] = {}
    for row in raw(table):
        groups.setdefault((row["generation"], row["listing_id"]), []).append(row)
    return groups


def latest_scrape(scrapes: list[Row]) -> Row:
    readable = [scrape for scrape in scrapes if scrape["edited_date"] is not None]
    last = max(readable, key=lambda scrape: (scrape["scraped_at"], -scrape["scrape_id"]))
    return {name: last[name] for name in ("generation", "listing_id", "edited_date", "model", "price")}


def seen_on_images(labels: list[Row]) -> Row:
    generation = labels[0]["generation"]
    votes = [label for label in labels if label["body_color_key"] is not None]
    counts = Counter(vote["body_color_key"] for vote in votes)
    order = sorted(
        counts,
        key=lambda colour: (
            -counts[colour],
            min(vote["labelled_at"] for vote in votes if vote["body_color_key"] == colour),
            min(vote["label_id"] for vote in votes if vote["body_color_key"] == colour),
        ),
    )
    first = counts[order[0]] if order else 0
    second = counts[order[1]] if len(order) > 1 else 0
    predicted = [n for label in labels if (n := label["predicted_generation"]) is not None]
    winner, n = Counter(predicted).most_common(1)[0] if predicted else (generation, 0)
    fixed = winner != generation and n >= 2 and 2 * n > len(predicted)
    return {
        "generation": generation,
        "listing_id": labels[0]["listing_id"],
        "image_count": len({label["image_id"] for label in labels}),
        "body_color_key_main": order[0] if order else None,
        "color_known": bool(order and order[0]),
        "color_conflict": len(order) > 1 if order else None,
        "n_color_votes": len(votes),
        "color_primary_vote_share": first / len(votes) if votes else None,
        "color_vote_margin_share": (first - second) / len(votes) if votes else None,
        "model_effective_generation": winner if fixed else generation,
        "model_fixed_any": fixed,
        "model_generation_mismatch": any(n != generation for n in predicted) if predicted else None,
        "is_spam_below13": any(
            (label["predicted_generation"] or 99) < 13 and (label["spam_score"] or 0) >= 0.6 for label in labels
        ),
        "known_at": max(label["labelled_at"] for label in labels),
    }


def test_the_clean_relation_is_the_latest_readable_scrape(store: Store) -> None:
    expected = {key: latest_scrape(scrapes) for key, scrapes in grouped("raw.listing_scrapes").items()}
    assert store.rows(f"feature_store.{LISTINGS}") == expected


def test_t0_is_the_last_edit(store: Store) -> None:
    listings = store.rows(f"feature_store.{LISTINGS}")
    outcomes = store.rows("market.listing_outcomes_v1")
    assert listings.keys() == outcomes.keys()
    # a last edit whose only scrapes could not be read cannot exist: only repeated looks fail
    assert all(listings[key]["edited_date"] == outcomes[key]["t0"] for key in listings)


def test_the_image_relation_counts_the_votes(store: Store) -> None:
    expected = {key: seen_on_images(labels) for key, labels in grouped("raw.image_labels").items()}
    found = store.rows(f"feature_store.{IMAGES}")
    assert found == expected
    for flag in ("color_conflict", "model_fixed_any", "is_spam_below13", "model_generation_mismatch"):
        assert {row[flag] for row in found.values()} >= {True, False}, f"{flag} never varies"


def test_the_image_relation_has_the_types_of_the_store(store: Store) -> None:
    assert store.columns(f"feature_store.{IMAGES}") == [
        ("generation", "INTEGER"),
        ("listing_id", "BIGINT"),
        ("image_count", "BIGINT"),
        ("body_color_key_main", "VARCHAR"),
        ("color_known", "BOOLEAN"),
        ("color_conflict", "BOOLEAN"),
        ("n_color_votes", "INTEGER"),
        ("color_primary_vote_share", "DOUBLE"),
        ("color_vote_margin_share", "DOUBLE"),
        ("model_effective_generation", "INTEGER"),
        ("model_fixed_any", "BOOLEAN"),
        ("model_generation_mismatch", "BOOLEAN"),
        ("is_spam_below13", "BOOLEAN"),
        ("known_at", "TIMESTAMP"),
    ]


FLOATS = {
    "dev_color_vote_share",
    "dev_color_vote_margin",
    "gmc_seg_share",
    "gmc_color_share_in_seg",
    "gmc_color_rarity_score",
    "gmc_color_share_global",
    "gmc_color_rarity_global",
    "gmc_seg_color_entropy",
    "gmc_seg_top_color_share",
    "gmc_seg_missing_color_share",
}
EXPECTED_COLUMNS = [
    "generation",
    "listing_id",
    *(f"dev_gen_{name}" for name in (13, 14, 15, 16, 17, "other")),
    *(f"dev_var_{name}" for name in ("base", "pro", "pro_max", "plus", "mini", "air", "other")),
    *(f"dev_color_{name}" for name in (*VOCABULARY, "missing", "other")),
    *(f"dev_{name}" for name in ("image_count", "has_images", "color_is_missing", "color_known", "color_conflict")),
    *(f"dev_{name}" for name in ("n_color_votes", "color_vote_share", "color_vote_margin", "model_fixed_any")),
    *(f"dev_{name}" for name in ("model_generation_mismatch", "is_spam_below13")),
    *(f"gmc_{name}" for name in ("seg_n", "seg_share", "color_n_in_seg", "color_share_in_seg", "color_rarity_score")),
    *(f"gmc_{name}" for name in ("color_n_global", "color_share_global", "color_rarity_global", "color_rank_in_seg")),
    *(f"gmc_seg_{name}" for name in ("n_distinct_colors", "color_entropy", "top_color_share", "missing_color_share")),
]


def test_the_predecessor_has_the_61_columns_in_order(store: Store) -> None:
    assert len(EXPECTED_COLUMNS) == 61
    assert store.columns(f"feature_store.{PREDECESSOR}") == [
        (name, "BIGINT" if name == "listing_id" else "DOUBLE" if name in FLOATS else "INTEGER")
        for name in EXPECTED_COLUMNS
    ]


def variant(title: str | None) -> str:
    words = re.sub(r"[ \t\n\r\f]+", " ", title or "").lower()
    if not words:
        return "other"
    looked_for = (("pro max", "pro_max"), ("pro", "pro"), ("plus", "plus"), ("mini", "mini"), ("air", "air"))
    return next((name for part, name in looked_for if part in words), "base")


def bucket(image: Row | None) -> str:
    colour = (image or {}).get("body_color_key_main") or "_MISSING"
    return colour if colour in (*VOCABULARY, "_MISSING") else "_OTHER"


def test_the_predecessor_counts_all_rows_the_future_included(store: Store) -> None:
    listings, images = (store.rows(f"feature_store.{name}") for name in (LISTINGS, IMAGES))
    place = {
        key: ((images.get(key) or row)["model_effective_generation" if key in images else "generation"],
              variant(row["model"]), bucket(images.get(key)))
        for key, row in listings.items()
    }  # fmt: skip
    n_cell = Counter(place.values())
    n_seg = Counter(cell[:2] for cell in place.values())
    n_colour = Counter(cell[2] for cell in place.values())
    for key, row in store.rows(f"feature_store.{PREDECESSOR}").items():
        cell = place[key]
        seg, colour = cell[:2], cell[2]
        counts = [n for other, n in n_cell.items() if other[:2] == seg]
        shares = [n / n_seg[seg] for n in counts]
        in_seg = (n_cell[cell] + 0.5) / (n_seg[seg] + 11)
        overall = (n_colour[colour] + 0.5) / (len(place) + 11)
        name = {"_MISSING": "missing", "_OTHER": "other"}.get(colour, colour)
        assert row[f"dev_color_{name}"] == 1
        assert (
            sum(value for column, value in row.items() if re.match(r"dev_color_(?!is_|known|conf|vote)", column)) == 1
        )
        assert row[f"dev_var_{seg[1]}"] == 1
        assert row[f"dev_gen_{seg[0]}" if 13 <= seg[0] <= 17 else "dev_gen_other"] == 1
        exact = {
            "gmc_seg_n": n_seg[seg],
            "gmc_color_n_in_seg": n_cell[cell],
            "gmc_color_n_global": n_colour[colour],
            "gmc_color_rank_in_seg": 1 + len({n for n in counts if n > n_cell[cell]}),
            "gmc_seg_n_distinct_colors": len(counts),
        }
        assert {column: row[column] for column in exact} == exact
        close = {
            "gmc_seg_share": (n_seg[seg] + 0.5) / (len(place) + 0.5 * len(n_seg)),
            "gmc_color_share_in_seg": in_seg,
            "gmc_color_rarity_score": -math.log(in_seg),
            "gmc_color_share_global": overall,
            "gmc_color_rarity_global": -math.log(overall),
            "gmc_seg_color_entropy": -math.fsum(p * math.log(p) for p in shares),
            "gmc_seg_top_color_share": max(shares),
            "gmc_seg_missing_color_share": n_cell[(*seg, "_MISSING")] / n_seg[seg],
        }
        assert {column: row[column] for column in close} == pytest.approx(close, rel=1e-12, abs=1e-15)


def test_every_bucket_and_variant_occurs(store: Store) -> None:
    rows = store.rows(f"feature_store.{PREDECESSOR}").values()
    for column in EXPECTED_COLUMNS[2:]:
        assert len({row[column] for row in rows}) > 1, f"{column} never varies"


def test_the_predecessor_leaks(store: Store) -> None:
    """Its value for a past listing changes when the later half of the market goes away."""
    middle = store.connection.execute(f"SELECT median(edited_date) FROM feature_store.{LISTINGS}").fetchone()
    assert middle is not None
    past = f"(SELECT * FROM feature_store.{LISTINGS} WHERE edited_date < TIMESTAMP '{middle[0]}')"
    halved = upstream(PREDECESSOR).replace(f"feature_store.{LISTINGS}", past)
    changed = store.connection.execute(
        f"SELECT count(*) FILTER (WHERE h.gmc_seg_n < w.gmc_seg_n), count(*) FROM ({halved}) h "
        f"JOIN feature_store.{PREDECESSOR} w USING (generation, listing_id)"
    ).fetchone()
    assert changed is not None
    assert changed[0] > 0.9 * changed[1] > 0
