"""How long device_meta takes on PostgreSQL: load, build, refresh, read into Arrow; the user's reference SQL beside it.

    python -m benchmarks.postgres URL [--rows 10000 100000 1000000] [--days 365] [--runs 3] [--reference FOLDER]

URL names an empty database: the schemas feature_store and reference are dropped and made anew. ``--reference`` names a
folder of three SQL files of your own (base view, statistics with its index, entrypoint), which then run in the schema
``reference`` on the same server, in turn with tzero's statements.

Prints medians of elapsed seconds, the ratio of the reference to tzero, and sizes. ``copy binary`` is what PostgreSQL
itself needs to send the entrypoint in its binary format, with nobody making Arrow of it.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from benchmarks import market_rows
from tzero.engines.base import Engine
from tzero.engines.targets import Target, open_engine
from tzero.refresh.declared import Declared
from tzero.refresh.performing import perform
from tzero.refresh.planning import plan_apply, plan_refresh
from tzero.sql.names import RelationName
from tzero.starters.device_meta.project import device_meta as declared
from tzero.state.schema import StateSchema

STORE = Declared((declared.device_meta,))
ENTRYPOINT, STATISTICS = "device_meta_encoded_t0_v1", "device_meta_gmc_stats_t0_v1_mv"
OWN_OBJECTS = (ENTRYPOINT, STATISTICS, "v_device_meta_base_t0_v1", "ux_device_meta_gmc_stats_t0_v1")
NEW_DAY = f"""
INSERT INTO {market_rows.LISTINGS}
SELECT generation, listing_id + 100000000 + {{run}} * 10000000,
  (SELECT max(edited_date) FROM {market_rows.LISTINGS}) + interval '1 day', model
FROM {market_rows.LISTINGS} WHERE listing_id < 10000 + {{number}}
"""

Times = dict[str, list[float]]


def timed(found: Times, name: str, action: Callable[[], object]) -> None:
    started = time.perf_counter()
    action()
    found.setdefault(name, []).append(time.perf_counter() - started)


def load(engine: Engine, rows: int, days: int, found: Times) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "rows.duckdb")
        market_rows.write(path, rows, days)
        with duckdb.connect(path, read_only=True) as source:
            for relation in (market_rows.LISTINGS, market_rows.IMAGES):
                reader = source.sql(f"FROM {relation}").to_arrow_reader()
                timed(found, f"load {name(relation).name}", partial(engine.load, name(relation), reader))
                engine.execute(f"ALTER TABLE {relation} ADD PRIMARY KEY (generation, listing_id)")
                engine.execute(f"ANALYZE {relation}")


def name(relation: str) -> RelationName:
    return RelationName.parse(relation)


def apply(engine: Engine) -> None:
    perform(plan_apply(STORE, engine), StateSchema(engine), lambda *_: None)


def refresh(engine: Engine) -> None:
    perform(plan_refresh(STORE, engine), StateSchema(engine), lambda *_: None)


def build_only(engine: Engine) -> None:
    """The statistics alone, as apply builds them: this is what the reference's CREATE MATERIALIZED VIEW does."""
    step = next(s for s in plan_apply(STORE, engine).steps if s.title.startswith("create statistics"))
    with engine.transaction():
        for statement in step.statements:
            engine.execute(statement.sql)


def refresh_only(engine: Engine) -> None:
    step = next(s for s in plan_refresh(STORE, engine).steps if s.title.startswith("refresh statistics"))
    with engine.transaction():
        for statement in step.statements:
            engine.execute(statement.sql)


def copied(url: str, sql: str) -> None:
    statement = f"COPY ({sql}) TO STDOUT (FORMAT binary)".encode()
    with psycopg.connect(url) as connection, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for _ in copy:
            pass


def reference_statements(folder: Path) -> list[str]:
    """The user's three files, their objects moved to the schema ``reference``."""
    texts = [path.read_text() for path in sorted(folder.glob("*.sql"))]
    for item in OWN_OBJECTS:
        texts = [text.replace(f"feature_store.{item}", f"reference.{item}") for text in texts]
    return texts


def measure(url: str, rows: int, days: int, runs: int, reference: Path | None) -> tuple[Times, dict[str, str]]:
    found: Times = {}
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS feature_store CASCADE; DROP SCHEMA IF EXISTS reference CASCADE")
        connection.execute("CREATE SCHEMA feature_store; CREATE SCHEMA reference")
        engine = open_engine(Target.parse(url, Path()), read_only=False)
        load(engine, rows, days, found)
        theirs = reference_statements(reference) if reference else []
        for text in theirs:
            connection.execute(text.encode())
        apply(engine)
        for run in range(runs):
            once(engine, connection, url, found, theirs)
            connection.execute(NEW_DAY.format(run=run, number=max(1, rows // days)).encode())
            timed(found, "refresh, one new day", partial(refresh_only, engine))
            if theirs:
                timed(found, "reference: refresh, one new day", partial(refresh_reference, connection))
        sizes = dict(connection.execute(SIZES).fetchall())
        engine.close()
    return found, sizes


SIZES = """
SELECT n.nspname || '.' || c.relname, pg_size_pretty(pg_total_relation_size(c.oid)) || ', '
  || c.reltuples::bigint || ' rows'
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('feature_store', 'reference') AND c.relkind = 'm' ORDER BY 1"""


def once(engine: Engine, connection: psycopg.Connection[Any], url: str, found: Times, theirs: list[str]) -> None:
    if theirs:
        connection.execute(f"DROP VIEW IF EXISTS reference.{ENTRYPOINT}")
        timed(found, "reference: build", lambda: connection.execute(theirs[1].encode()))
        connection.execute(theirs[2].encode())
        timed(found, "reference: refresh, no change", partial(refresh_reference, connection))
        timed(found, "reference: copy binary", lambda: copied(url, f"SELECT * FROM reference.{ENTRYPOINT}"))
    connection.execute(f"DROP VIEW feature_store.{ENTRYPOINT}; DROP MATERIALIZED VIEW feature_store.{STATISTICS}")
    timed(found, "build", lambda: build_only(engine))
    apply(engine)
    timed(found, "refresh, no change", partial(refresh_only, engine))
    timed(found, "copy binary", lambda: copied(url, f"SELECT * FROM feature_store.{ENTRYPOINT}"))
    timed(found, "read into Arrow", lambda: engine.arrow(f"SELECT * FROM feature_store.{ENTRYPOINT}").read_all())


def refresh_reference(connection: psycopg.Connection[Any]) -> None:
    connection.execute(f"REFRESH MATERIALIZED VIEW CONCURRENTLY reference.{STATISTICS}")


def show(rows: int, days: int, found: Times, sizes: dict[str, str]) -> None:
    print(f"\n{rows:,} listings, {days} days")
    medians = {what: statistics.median(seconds) for what, seconds in found.items()}
    for what, seconds in medians.items():
        theirs = medians.get(f"reference: {what}")
        print(f"  {what:34} {seconds:8.2f} s" + (f"   {theirs / seconds:5.2f} x" if theirs else ""))
    for relation, size in sizes.items():
        print(f"  {relation:50} {size}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--reference", type=Path)
    given = parser.parse_args()
    for rows in given.rows:
        show(rows, given.days, *measure(given.url, rows, given.days, given.runs, given.reference))


if __name__ == "__main__":
    main()
