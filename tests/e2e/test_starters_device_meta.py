"""The starter device_meta on a simulated market: against plain Python, the reference SQL, and itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.e2e.starters import applied, as_table, built, ordered, relation, rows_of
from tests.oracle.compare import differences
from tests.oracle.description import Coalesce, Computed, KeyLookup, Population, Rows, Statistic, Store, Vocabulary
from tests.oracle.store import ANCHOR, entrypoint, statistics_relation
from tests.reference.columns import COLUMNS, COLUMNS_AND_TYPES
from tests.reference.device_meta import Reference

import tzero
from tzero.starters.demo.folder import lay_out
from tzero.starters.device_meta.market import Market

LISTINGS = "feature_store.listing_device_features_clean_mv"
IMAGES = "feature_store.device_image_features_unified_v1"
STATISTICS = "feature_store.device_meta_gmc_stats_t0_v1_mv"
ENTRYPOINT = "feature_store.device_meta_encoded_t0_v1"
KEY = ("generation", "listing_id")
SEGMENT, COLOR = ("gen_key", "model_variant"), ("color_bucket",)
GRID = ("t0_day", *SEGMENT, *COLOR)
COLORS = tuple(name.removeprefix("dev_color_") for name in COLUMNS[15:35])
ONE_HOT = {"missing": "_MISSING"} | {"other": "_OTHER"}
OWN_VARIANTS = (("pro max", "pro_max"), ("pro", "pro"), ("plus", "plus"), ("mini", "mini"), ("air", "air"))
MARKET = Market(listings=280, days=150, seed=11)
TINY = Market(listings=36, days=9, seed=5)


def raw_of(market: Market) -> dict[str, pa.Table]:
    return {
        name: pa.Table.from_batches(market.batches(name), schema)
        for name, schema in market.tables().items()
        if name.startswith("raw.")
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tzero.Project]:
    with built("device_meta", tmp_path_factory.mktemp("market"), raw_of(MARKET)) as found:
        yield found


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tzero.Project]:
    """The same store with the reference's grid."""
    folder = tmp_path_factory.mktemp("full")
    lay_out("device_meta", folder)
    declarations = folder / "device_meta.py"
    text, number = re.subn(
        r'before_day\(zone="UTC", ', 'before_day(zone="UTC", grid="full", ', declarations.read_text()
    )
    assert number == 1
    declarations.write_text(text)
    with applied(folder, raw_of(MARKET)) as found:
        yield found


@pytest.fixture(scope="module")
def reference(project: tzero.Project) -> Iterator[Reference]:
    found = Reference({name: relation(project, name) for name in (LISTINGS, IMAGES)})
    yield found
    found.close()


def test_the_contract_has_61_columns_in_order(project: tzero.Project) -> None:
    contract = project.contract("iphone_device_meta_encoded_v2_model")
    assert [(column.name, column.dtype) for column in contract.columns] == list(COLUMNS_AND_TYPES)
    assert [column.role.value for column in contract.columns] == ["key", "key"] + ["feature"] * 59
    assert project.contract_differences() == ()


def test_the_users_own_query_reads_the_contract(project: tzero.Project) -> None:
    with project.session(read_only=True) as engine:
        found = engine.rows(
            "SELECT fc.feature_name FROM feature_store.feature_set fs"
            " JOIN feature_store.feature_contract fc ON fc.set_id = fs.set_id"
            " WHERE fs.name = 'iphone_device_meta_encoded_v2_model' ORDER BY fc.ordinal"
        )
    assert [name for (name,) in found] == list(COLUMNS)


def test_every_column_agrees_with_the_reference(project: tzero.Project, reference: Reference) -> None:
    found, expected = project.read(), reference.entrypoint()
    assert found.num_rows == expected.num_rows == MARKET.listings
    assert found.column_names == list(COLUMNS)
    assert differences(rows_of(expected), rows_of(found), KEY) == []


def test_the_full_grid_agrees_with_the_reference_row_for_row(full: tzero.Project, reference: Reference) -> None:
    found, expected = relation(full, STATISTICS), reference.statistics()
    assert found.num_rows == expected.num_rows > 10_000
    assert differences(rows_of(expected), rows_of(found.select(expected.column_names)), GRID) == []


def test_the_grid_changes_no_feature(project: tzero.Project, full: tzero.Project) -> None:
    assert ordered(project.read()).equals(ordered(full.read()))
    as_of, whole = rows_of(relation(project, STATISTICS)), rows_of(relation(full, STATISTICS))
    assert len(as_of) < len(whole)
    kept = {tuple(row[name] for name in GRID) for row in as_of}
    assert differences([row for row in whole if tuple(row[name] for name in GRID) in kept], as_of, GRID) == []


def test_every_column_agrees_with_plain_python(project: tzero.Project) -> None:
    store = described("as_of")
    tables = {name: as_table(relation(project, name)) for name in (LISTINGS, IMAGES)}
    assert differences(entrypoint(store, tables), rows_of(project.read()), KEY) == []


def test_the_grid_agrees_with_plain_python(tmp_path: Path) -> None:
    store = described("as_of")
    with built("device_meta", tmp_path, raw_of(TINY)) as project:
        tables = {name: as_table(relation(project, name)) for name in (LISTINGS, IMAGES)}
        found = relation(project, STATISTICS)
    (population,) = store.populations
    names = [name for name, _ in store.statistics_of(population)]
    expected = [
        {"t0_day": row.pop(ANCHOR)} | row
        for row in statistics_relation(store, population, names, (*SEGMENT, *COLOR), tables)
    ]
    assert differences(expected, rows_of(found.select(list(expected[0]))), GRID) == []


def test_runs_and_threads_change_no_bit(project: tzero.Project, tmp_path: Path) -> None:
    expected = ordered(project.read()), ordered(relation(project, STATISTICS))
    for threads in (1, 2, 2):
        folder = tmp_path / f"run{threads}{len(list(tmp_path.iterdir()))}"
        lay_out("device_meta", folder)
        with applied(folder, raw_of(MARKET), f"duckdb:///store.duckdb?threads={threads}") as again:
            assert ordered(again.read()).equals(expected[0])
            assert ordered(relation(again, STATISTICS)).equals(expected[1])


def described(grid: str) -> Store:
    """device_meta for the oracle."""
    rows = Rows(
        LISTINGS,
        KEY,
        "edited_date",
        lookups=(KeyLookup(IMAGES, tuple((name, name) for name in KEY)),),
        derived=(
            ("gen_key", Coalesce(("model_effective_generation", "generation"))),
            ("model_variant", Computed("", variant)),
            ("color_bucket", Vocabulary("body_color_key_main", COLORS)),
            *((name, Computed("", own_column(name))) for name in COLUMNS[2:48]),
        ),
    )
    before = Population(rows, STATISTICS, zone="UTC", grid=grid)
    smoothed: dict[str, Any] = {"alpha": 0.5, "k": 22}
    statistics = {
        "gmc_seg_n": Statistic("count", before, SEGMENT),
        "gmc_seg_share": Statistic("share", before, category=SEGMENT, alpha=0.5),
        "gmc_color_n_in_seg": Statistic("count", before, (*SEGMENT, *COLOR)),
        "gmc_color_share_in_seg": Statistic("share", before, SEGMENT, COLOR, **smoothed),
        "gmc_color_rarity_score": Statistic("rarity", before, SEGMENT, COLOR, **smoothed),
        "gmc_color_n_global": Statistic("count", before, COLOR),
        "gmc_color_share_global": Statistic("share", before, category=COLOR, **smoothed),
        "gmc_color_rarity_global": Statistic("rarity", before, category=COLOR, **smoothed),
        "gmc_color_rank_in_seg": Statistic("rank", before, SEGMENT, COLOR),
        "gmc_seg_n_distinct_colors": Statistic("n_distinct", before, SEGMENT, COLOR),
        "gmc_seg_color_entropy": Statistic("entropy", before, SEGMENT, COLOR),
        "gmc_seg_top_color_share": Statistic("top_share", before, SEGMENT, COLOR),
        "gmc_seg_missing_color_share": Statistic("share_of", before, SEGMENT, COLOR, constant="_MISSING"),
    }
    own = tuple((name, name) for name in COLUMNS[2:48])
    return Store(ENTRYPOINT, rows, (*own, *statistics.items()), t0=None)


def variant(row: dict[str, Any]) -> str:
    title = re.sub(r"\s+", " ", row["model"] or "", flags=re.ASCII).lower()
    return next((name for word, name in OWN_VARIANTS if word in title), "base" if title else "other")


def own_column(name: str) -> Any:
    """What a dev_ column says of a listing, its images, and the three columns derived before."""
    family, _, value = name.removeprefix("dev_").partition("_")
    if name in COLUMNS[2:8]:
        generations = (13, 14, 15, 16, 17)
        return lambda row: int(row["gen_key"] not in generations if value == "other" else row["gen_key"] == int(value))
    if family == "var":
        return lambda row: int(row["model_variant"] == value)
    if name in COLUMNS[15:37]:
        return lambda row: int(row["color_bucket"] == ONE_HOT.get(value, value))
    if name in AS_THEY_ARE:
        return lambda row: row[AS_THEY_ARE[name]]
    if name == "dev_has_images":
        return lambda row: int((row["image_count"] or 0) > 0)
    if name == "dev_color_is_missing":
        return lambda row: int(row["color_bucket"] == "_MISSING")
    return lambda row: int(bool(row[name.removeprefix("dev_")]))


AS_THEY_ARE = {
    "dev_image_count": "image_count",
    "dev_n_color_votes": "n_color_votes",
    "dev_color_vote_share": "color_primary_vote_share",
    "dev_color_vote_margin": "color_vote_margin_share",
}
