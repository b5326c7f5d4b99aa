"""``tzero baseline`` over a store that is edited and backfilled, and digests under other circumstances."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pyarrow.parquet
import pytest
from tests.e2e.conftest import Shop
from tests.servers import fresh_database, versions

import tzero

CONFIG = (
    'name = "shop"\ndeclarations = ["features.py"]\n\n[targets.dev]\nurl = "{url}"\n\n[baseline]\nsettling_days = 1\n'
)


@pytest.fixture
def applied(shop: Shop) -> Shop:
    assert shop.run("apply", "--yes").code == 0
    assert shop.run("baseline", "accept", "--by", "ada", "--why", "the first one").code == 0
    return shop


def edit(shop: Shop, sale: int, **changed: object) -> None:
    """Overwrite one sale in its file."""
    path = shop.root / "sales.parquet"
    table = pyarrow.parquet.read_table(path)
    rows = [{**row, **changed} if row["sale_id"] == sale else row for row in table.to_pylist()]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema=table.schema), path)
    assert shop.run("refresh").code == 0


def test_show_diff_and_accept(applied: Shop) -> None:
    same = applied.run("baseline", "diff", "--output", "json")
    assert (same.code, same.json["drifts"]) == (0, [])
    assert same.json["compared"] > 0
    edit(applied, 3, price=1)
    found = applied.run("baseline", "diff", "--output", "json")
    assert found.code == 1
    assert [drift["kind"] for drift in found.json["drifts"]] == ["edit"]
    assert [row["key"] for row in found.json["drifts"][0]["base_rows"]] == ["3"]
    told = applied.run("baseline", "diff")
    assert "row (3) of sales.parquet edited" in told.out
    assert applied.run("baseline", "accept", "--by", "ada").code == 2
    assert applied.run("baseline", "accept", "--by", "ada", "--why", "the price was wrong").code == 0
    assert applied.run("baseline", "diff").code == 0
    shown = applied.run("baseline", "show", "--output", "json").json
    assert [(each["number"], each["why"]) for each in shown] == [(1, "the first one"), (2, "the price was wrong")]


def test_an_event_that_moves_changes_the_counts_between(applied: Shop) -> None:
    """The store counts one sale less on the days in between; the baseline says so and which sale moved."""
    edit(applied, 3, sold_at=dt.datetime(2024, 1, 9))
    found = applied.run("baseline", "diff", "--output", "json").json["drifts"]
    assert [drift["kind"] for drift in found] == ["edit"]
    assert [(row["how"], row["key"]) for row in found[0]["base_rows"]] == [("moved", "3")]
    assert "brand_n" in found[0]["columns"]


def state_of(project: tzero.Project) -> str:
    return project.baseline_difference().now.sha256


def test_the_same_digests_under_other_circumstances(applied: Shop, tmp_path: Path) -> None:
    """Twice, on one thread and two, after a checkpoint, and in a copy of the store."""
    found = set()
    for query in ("", "?threads=1", "?threads=2"):
        with tzero.open(applied.root, target=f"duckdb:///store.duckdb{query}") as project:
            found |= {state_of(project), state_of(project)}
    copy = applied.root / "copy.duckdb"
    with duckdb.connect(str(applied.root / "store.duckdb")) as connection:
        connection.execute("CHECKPOINT")
        connection.execute("VACUUM")
        connection.execute(f"ATTACH '{copy}' AS copied")
        connection.execute(
            f"COPY FROM DATABASE {connection.execute('SELECT current_database()').fetchone()[0]} TO copied"
        )
    with tzero.open(applied.root, target="duckdb:///copy.duckdb") as project:
        found.add(state_of(project))
    assert len(found) == 1


@pytest.mark.skipif(not versions(), reason="there is no PostgreSQL")
def test_the_same_digests_after_vacuum_and_in_another_zone_on_postgres(applied: Shop) -> None:
    import psycopg

    url = fresh_database(versions()[-1])
    applied.write("tzero.toml", CONFIG.format(url=url))
    applied.write("features.py", (applied.root / "features.py").read_text().replace("sales.parquet", "raw.sales"))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA raw")
    assert applied.run("load", str(applied.root / "sales.parquet"), "raw.sales").code == 0
    assert applied.run("apply", "--yes").code == 0
    with tzero.open(applied.root) as project:
        found = {state_of(project), state_of(project)}
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE raw.again AS SELECT * FROM raw.sales ORDER BY sale_id DESC")
            connection.execute("TRUNCATE raw.sales")
            connection.execute("INSERT INTO raw.sales SELECT * FROM raw.again")
            connection.execute("VACUUM FULL")
            name = connection.execute("SELECT quote_ident(current_database())").fetchone()[0]
            connection.execute(f"ALTER DATABASE {name} SET timezone = 'Pacific/Auckland'")
            connection.execute(f"ALTER DATABASE {name} SET max_parallel_workers_per_gather = 2")
    assert applied.run("refresh").code == 0
    with tzero.open(applied.root) as project:
        found.add(state_of(project))
    assert len(found) == 1
