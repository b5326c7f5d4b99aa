"""The same rows give the same digests, whatever was done to how they lie, and whoever reads them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.servers import GIVEN, fresh_database, installations, server, versions
from tests.unit.certify.shop import Shop, open_shop

from tzero.certify.baseline.baseline import DayDigest
from tzero.certify.baseline.taking import take, take_at
from tzero.certify.subject import Subject
from tzero.engines.base import Engine
from tzero.engines.targets import Target, open_engine
from tzero.errors import MissingRelationError
from tzero.sql.names import RelationName

MANY = (
    "CREATE TABLE shop.many AS SELECT i AS id, TIMESTAMP '2024-01-01' + i * INTERVAL '1 minute' AS t0, i % 7 AS price, "
    "'n' || (i % 11) AS name, CAST(i AS double precision) / 3 AS share, i % 2 = 0 AS flag FROM {series}"
)
SERIES = {"duckdb": "range(20000) AS r(i)", "postgres": "generate_series(0, 19999) AS r(i)"}
POSTGRES = [str(number) for number in versions()[-1:]]


@pytest.fixture(scope="module", params=["duckdb", *POSTGRES])
def store(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """The shop, and a table large enough for several threads."""
    found = open_shop(request.param)
    found.run(MANY.format(series=SERIES[found.engine.dialect]))
    yield found
    found.engine.close()


def subjects(shop: Shop) -> tuple[Subject, ...]:
    """The feature view, and the large table with a T0 of its own."""
    many = RelationName.parse("shop.many")
    anchors = replace(shop.subject().anchors, relation=many, key=("id",), time="t0", day=None)
    return shop.subject(), shop.subject(relation=many, key=("id",), anchors=anchors)


def digests(shop: Shop) -> list[tuple[DayDigest, ...]]:
    """Of every day the digests and the seal."""
    return [take(subject).days for subject in subjects(shop)]


def digests_at(engine: Engine, shop: Shop) -> list[tuple[DayDigest, ...]]:
    """The same of another database that holds the same relations."""
    return [take_at(engine, each.relation, each.key, each.anchors).days for each in subjects(shop)]


def test_twice(store: Shop) -> None:
    assert digests(store) == digests(store)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu"])
def test_in_a_session_of_another_zone(store: Shop, zone: str) -> None:
    before = digests(store)
    store.run(f"SET TIME ZONE '{zone}'")
    try:
        assert digests(store) == before
    finally:
        store.run("SET TIME ZONE 'UTC'")


def test_on_one_thread_and_on_two(store: Shop) -> None:
    one, two = (
        (["SET max_parallel_workers_per_gather = 0"], [
            "SET max_parallel_workers_per_gather = 2", "SET parallel_setup_cost = 0", "SET parallel_tuple_cost = 0",
            "SET min_parallel_table_scan_size = 0",
        ])
        if store.on_postgres
        else (["SET threads = 1"], ["SET threads = 2"])
    )  # fmt: skip
    store.run(*one)
    before = digests(store)
    store.run(*two)
    assert digests(store) == before


def test_after_the_rows_were_moved_and_vacuumed(store: Shop) -> None:
    before = digests(store)
    store.run(
        "CREATE TABLE shop.aside AS SELECT * FROM shop.many WHERE id < 9000",
        "DELETE FROM shop.many WHERE id < 9000",
        "INSERT INTO shop.many SELECT * FROM shop.aside ORDER BY price, id DESC",
        "DROP TABLE shop.aside",
        *(("VACUUM FULL shop.many", "VACUUM FULL raw.sales") if store.on_postgres else ("VACUUM", "CHECKPOINT")),
    )
    assert digests(store) == before


def test_after_a_dump_and_a_restore(store: Shop, tmp_path: Path) -> None:
    before = digests(store)
    engine = (_restored if store.on_postgres else _imported)(store, tmp_path)
    try:
        assert digests_at(engine, store) == before
    finally:
        engine.close()


def _imported(store: Shop, folder: Path) -> Engine:
    """Statement by statement: DuckDB writes views in an order in which it cannot make them."""
    store.run(f"EXPORT DATABASE '{folder}/dump' (FORMAT csv)")
    engine = open_engine(Target.parse(f"duckdb:///{folder}/again.duckdb", folder), read_only=False)
    waiting = [text for text in (folder / "dump" / "schema.sql").read_text().split(";\n") if text.strip()]
    while waiting:
        left = [text for text in waiting if not _is_made(engine, text)]
        assert len(left) < len(waiting), left
        waiting = left
    for text in (folder / "dump" / "load.sql").read_text().splitlines():
        engine.execute(text)
    return engine


def _is_made(engine: Engine, statement: str) -> bool:
    try:
        engine.execute(statement)
    except MissingRelationError:
        return False
    return True


def _restored(store: Shop, folder: Path) -> Engine:
    if os.environ.get(GIVEN):
        pytest.skip("the programs of a given server are not known")
    version = versions()[-1]
    programs = installations()[version].programs
    if not (programs / "pg_dump").exists() or not (programs / "psql").exists():
        pytest.skip("this server has no pg_dump or no psql beside it")
    source = server(version).url_of(str(store.engine.rows("SELECT current_database()")[0][0]))
    target = fresh_database(version)
    dump = subprocess.run([programs / "pg_dump", "--dbname", source], capture_output=True, check=True).stdout
    subprocess.run([programs / "psql", "-q", "-v", "ON_ERROR_STOP=1", "--dbname", target], input=dump, check=True)
    return open_engine(Target.parse(target, folder), read_only=False)
