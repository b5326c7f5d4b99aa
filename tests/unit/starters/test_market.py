from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tzero.errors import UsageError
from tzero.starters.device_meta.market import Market, write_parquet
from tzero.starters.device_meta.market.catalogue import MODELS, OUTSIDE_VOCABULARY, VOCABULARY

SCRAPES, LABELS, OUTCOMES = "raw.listing_scrapes", "raw.image_labels", "market.listing_outcomes_v1"
LAUNCH = {model.generation: model.launch for model in reversed(MODELS)}

Row = dict[str, Any]


@cache
def rows_of(market: Market, table: str) -> tuple[Row, ...]:
    batches = market.truth() if table == "truth" else market.batches(table)
    return tuple(row for batch in batches for row in batch.to_pylist())


MARKET = Market(listings=6_000, days=540)


def fingerprint(market: Market, table: str) -> str:
    text = "\n".join(repr(tuple(row.values())) for row in rows_of(market, table))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def key(row: Row) -> tuple[int, int]:
    return row["generation"], row["listing_id"]


def test_a_market_is_the_same_for_ever() -> None:
    market = Market(listings=300, days=200, seed=11, start=date(2024, 7, 1))
    found = {table: fingerprint(market, table) for table in (*market.tables(), "truth")}
    assert found == {
        "raw.listing_scrapes": "d26da24c29356aff",
        "raw.image_labels": "75f9369bc9863f76",
        "market.listing_outcomes_v1": "b434bb23fbbed4e0",
        "truth": "b2eb14fd93c72bba",
    }


def test_seeds_differ() -> None:
    assert fingerprint(Market(listings=50, seed=1), SCRAPES) != fingerprint(Market(listings=50, seed=2), SCRAPES)


@pytest.mark.parametrize("chunk", [1, 17, 100, 1_000])
def test_chunks_change_nothing(chunk: int) -> None:
    market = Market(listings=100)
    for table in market.tables():
        whole = pa.Table.from_batches(market.batches(table))
        parts = pa.Table.from_batches(market.batches(table, chunk=chunk))
        assert whole.equals(parts)
    assert pa.Table.from_batches(market.truth()).equals(pa.Table.from_batches(market.truth(chunk=chunk)))


def test_batches_stay_small() -> None:
    market = Market(listings=1_000)
    assert [batch.num_rows for batch in market.batches(OUTCOMES, chunk=400)] == [400, 400, 200]


def test_batches_have_the_announced_schema() -> None:
    market = Market(listings=10)
    for table, schema in market.tables().items():
        assert next(market.batches(table)).schema == schema


def test_parquet_files_hold_the_batches(tmp_path: Path) -> None:
    market = Market(listings=200)
    files = write_parquet(market, tmp_path / "market")
    assert list(files) == list(market.tables())
    for table, file in files.items():
        assert pq.read_table(file).equals(pa.Table.from_batches(market.batches(table)))


def test_two_to_four_scrapes_a_listing() -> None:
    assert 2.0 <= len(rows_of(MARKET, SCRAPES)) / MARKET.listings <= 4.0


def test_keys_are_unique_but_listing_ids_alone_are_not() -> None:
    keys = [key(row) for row in rows_of(MARKET, OUTCOMES)]
    ids = Counter(listing_id for _, listing_id in keys)
    assert len(set(keys)) == len(keys) == MARKET.listings
    assert 0 < sum(n > 1 for n in ids.values()) < 0.02 * MARKET.listings
    for table, column in ((SCRAPES, "scrape_id"), (LABELS, "label_id")):
        numbers = [row[column] for row in rows_of(MARKET, table)]
        assert len(set(numbers)) == len(numbers)


def test_nothing_is_listed_before_its_launch() -> None:
    market = Market(listings=6_000, days=1_100, start=date(2023, 10, 1))
    first: dict[int, datetime] = {}
    for row in rows_of(market, SCRAPES):
        first[row["generation"]] = min(row["scraped_at"], first.get(row["generation"], row["scraped_at"]))
    assert set(first) == {13, 14, 15, 16, 17, 18}
    for generation in (16, 17, 18):
        # a phone may be filed one category too low, never too high
        assert first[generation].date() >= LAUNCH[generation]
        assert first[generation].date() <= LAUNCH[generation] + timedelta(days=30)
    for row in rows_of(market, SCRAPES):
        for generation in (16, 17, 18):
            if f"iphone {generation}" in (row["model"] or "").lower():
                assert row["scraped_at"].date() >= LAUNCH[generation]


def test_times_are_inside_the_market_and_in_order() -> None:
    start = datetime.combine(MARKET.start, datetime.min.time())
    for row in rows_of(MARKET, SCRAPES):
        assert start <= row["scraped_at"] < MARKET.end
        assert row["edited_date"] is None or start <= row["edited_date"] <= row["scraped_at"]
    for row in rows_of(MARKET, OUTCOMES):
        assert start <= row["t0"] < MARKET.end
        assert row["t0"] <= row["observed_until"] <= row["known_at"] <= MARKET.end


def test_labels_come_hours_to_days_after_the_listing() -> None:
    first: dict[tuple[int, int], datetime] = {}
    for row in rows_of(MARKET, SCRAPES):
        first[key(row)] = min(row["scraped_at"], first.get(key(row), row["scraped_at"]))
    delays = sorted(row["labelled_at"] - first[key(row)] for row in rows_of(MARKET, LABELS))
    assert delays[0] >= timedelta(hours=1)
    assert delays[len(delays) // 10] < timedelta(days=1) < delays[-len(delays) // 10]
    assert max(row["labelled_at"] for row in rows_of(MARKET, LABELS)) < MARKET.end


def test_labellers_disagree_and_give_keys_outside_the_vocabulary() -> None:
    votes: dict[tuple[int, int], set[str]] = {}
    for row in rows_of(MARKET, LABELS):
        if row["body_color_key"] is not None:
            votes.setdefault(key(row), set()).add(row["body_color_key"])
    labelled = {key(row) for row in rows_of(MARKET, LABELS)}
    assert 0.1 < sum(len(keys) > 1 for keys in votes.values()) / len(votes) < 0.5
    assert set().union(*votes.values()) == {*VOCABULARY, *OUTSIDE_VOCABULARY}
    assert 0.05 < 1 - len(labelled) / MARKET.listings < 0.25, "listings without images"
    assert 0.1 < 1 - len(votes) / len(labelled) < 0.5, "listings whose images got no vote"


def test_old_phones_turn_up_as_spam() -> None:
    spam = {key(row) for row in rows_of(MARKET, LABELS) if (row["predicted_generation"] or 99) < 12}
    assert 0.003 < len(spam) / MARKET.listings < 0.03
    assert any("iPhone 11" in (row["model"] or "") for row in rows_of(MARKET, SCRAPES))


def test_titles_are_hostile() -> None:
    titles = [row["model"] for row in rows_of(MARKET, SCRAPES)]
    assert None in titles
    assert "" in titles
    for scrap in ("\t", "  ", "\n", "📱", "DROP TABLE", '"', "\\", "AirPods", "IPHONE", "\u00a0"):
        assert any(scrap in (title or "") for title in titles), scrap


def test_edits_move_the_edited_date_and_cut_the_price() -> None:
    versions: dict[tuple[int, int], dict[datetime, int]] = {}
    for row in rows_of(MARKET, SCRAPES):
        if row["edited_date"] and row["price"] and 1 < row["price"] < 100_000:
            versions.setdefault(key(row), {})[row["edited_date"]] = row["price"]
    edited = [list(dict(sorted(prices.items())).values()) for prices in versions.values() if len(prices) > 1]
    assert 0.2 < len(edited) / len(versions) < 0.6
    assert all(prices == sorted(prices, reverse=True) for prices in edited)
    assert any(prices[0] > prices[-1] for prices in edited)


def test_listings_sell_vanish_or_stay() -> None:
    rows = rows_of(MARKET, OUTCOMES)
    sold = sum(row["sold_at"] is not None for row in rows) / len(rows)
    gone = sum(row["gone_at"] is not None for row in rows) / len(rows)
    assert 0.5 < sold < 0.85
    assert 0.1 < gone < 0.4
    assert 0.01 < 1 - sold - gone < 0.2
    for row in rows:
        assert row["sold_at"] is None or row["gone_at"] is None
        ended = row["sold_at"] or row["gone_at"]
        assert ended is None or row["t0"] < ended == row["observed_until"] < row["known_at"]


def test_outcomes_follow_the_planted_truth() -> None:
    """Among listings in no danger of censoring, sales within a week are as frequent as their chances say."""
    market = Market(listings=40_000)
    chances = {key(row): row for row in rows_of(market, "truth")}
    decided = []
    for row in rows_of(market, OUTCOMES):
        week = row["t0"] + timedelta(days=7)
        if week + timedelta(days=1) < market.end and not (row["gone_at"] and row["gone_at"] <= week):
            decided.append((chances[key(row)]["p_sold_7d"], row["sold_at"] is not None and row["sold_at"] <= week))
    decided.sort()
    tenth = len(decided) // 10
    for part in (decided[n * tenth : (n + 1) * tenth] for n in range(10)):
        expected = sum(chance for chance, _ in part) / tenth
        # those that vanished first were taken out, which lifts the rate by up to a few hundredths
        assert abs(sum(sold for _, sold in part) / tenth - expected) < 0.06


def test_chances_grow_with_time_and_lie_between_0_and_1() -> None:
    for row in rows_of(MARKET, "truth"):
        assert 0 < row["p_sold_7d"] < row["p_sold_14d"] < row["p_sold_21d"] <= 1
        assert row["hazard_per_day"] > 0


def test_lateness_of_labels_tells_nothing_but_their_content_does() -> None:
    """The planted leak of votes: a colour is not seen once a listing has ended, whenever the label was due."""
    market = Market(listings=40_000)
    sold = {
        key(row): row["sold_at"] is not None and row["sold_at"] - row["t0"] < timedelta(7)
        for row in rows_of(market, OUTCOMES)
    }
    t0 = {key(row): row["t0"] for row in rows_of(market, OUTCOMES)}
    last: dict[tuple[int, int], datetime] = {}
    voted = set()
    for row in rows_of(market, LABELS):
        last[key(row)] = max(row["labelled_at"], last.get(key(row), row["labelled_at"]))
        if row["body_color_key"] is not None:
            voted.add(key(row))

    def rate(keys: set[tuple[int, int]]) -> float:
        return sum(sold[k] for k in keys) / len(keys)

    late = {k for k, moment in last.items() if moment > t0[k] + timedelta(hours=24)}
    assert 0.3 < len(late) / len(last) < 0.6
    assert abs(rate(late) - rate(set(last) - late)) < 0.03
    assert rate(late - voted) - rate(late & voted) > 0.10


@pytest.mark.parametrize(
    "wrong",
    [{"listings": 0}, {"days": 0}, {"seed": -1}, {"start": date(2020, 1, 1)}, {"start": date(2200, 1, 1)}],
)
def test_parameters_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))) as caught:
        Market(**wrong)
    assert caught.value.fix


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(UsageError, match="the market has no table"):
        Market(listings=1).batches("raw.reviews")
