"""How long device_meta takes on PostgreSQL: load, build, refresh, read into Arrow; the user's reference SQL beside it.

    python -m benchmarks.postgres URL [--rows 10000 100000 1000000] [--days 365] [--runs 3]
                                      [--reference FOLDER] [--setting enable_nestloop=off] [--timeout 300]

URL names an empty database: the schemas feature_store and reference are dropped and made anew. ``--reference`` names a
folder of three SQL files of your own (base view, statistics with its index, entrypoint), which then run in the schema
``reference`` on the same server, in turn with tzero's statements.

``--setting`` is for the reference's connection alone: some servers plan its joins as nested loops that end in hours.
Whatever of the reference takes longer than ``--timeout`` seconds is given up, and left out.

Prints medians of elapsed seconds and of the server's processor seconds (where URL is a superuser's and the server runs
on this machine), the ratios of the reference to tzero, and sizes. ``copy binary`` is what PostgreSQL itself needs to
send the entrypoint in its binary format, with nobody making Arrow of it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
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

Times = dict[str, list[tuple[float, float]]]
"""Elapsed and processor seconds of each run, by what was done."""
PROCESS = Path("/proc")


class Clock:
    """Measures what a server does; ``postmaster`` is its first process, or 0 where that is out of reach."""

    def __init__(self, url: str) -> None:
        self.found: Times = {}
        self.postmaster = 0
        with psycopg.connect(url, autocommit=True) as connection, contextlib.suppress(psycopg.Error):
            (text,) = connection.execute("SELECT pg_read_file('postmaster.pid')").fetchone() or ("0",)
            self.postmaster = int(text.split()[0])
        if not (PROCESS / str(self.postmaster) / "stat").exists():
            self.postmaster = 0

    def timed(self, name: str, action: Callable[[], object]) -> None:
        worked, started = self.processor(), time.perf_counter()
        action()
        elapsed = time.perf_counter() - started
        self.found.setdefault(name, []).append((elapsed, self.processor() - worked))

    def processor(self) -> float:
        """Processor seconds of the server: of the processes that it has, and of those that it had."""
        if not self.postmaster:
            return 0.0
        ticks = 0
        for path in PROCESS.glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(") ")[2].split()
            except OSError:
                continue  # a process that has just ended; its parent counts it
            if path.parent.name == str(self.postmaster):
                ticks += sum(map(int, fields[11:15]))
            elif int(fields[1]) == self.postmaster:
                ticks += sum(map(int, fields[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")


def load(engine: Engine, rows: int, days: int, clock: Clock) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "rows.duckdb")
        market_rows.write(path, rows, days)
        with duckdb.connect(path, read_only=True) as source:
            for relation in (market_rows.LISTINGS, market_rows.IMAGES):
                reader = source.sql(f"FROM {relation}").to_arrow_reader()
                clock.timed(f"load {name(relation).name}", partial(engine.load, name(relation), reader))
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


def measure(url: str, rows: int, given: argparse.Namespace) -> tuple[Times, dict[str, str]]:
    clock = Clock(url)
    with psycopg.connect(url, autocommit=True) as connection, psycopg.connect(url, autocommit=True) as rival:
        connection.execute("DROP SCHEMA IF EXISTS feature_store CASCADE; DROP SCHEMA IF EXISTS reference CASCADE")
        connection.execute("CREATE SCHEMA feature_store; CREATE SCHEMA reference")
        engine = open_engine(Target.parse(url, Path()), read_only=False)
        load(engine, rows, given.days, clock)
        reference = Reference(rival, given)
        apply(engine)
        for run in range(given.runs):
            once(engine, connection, url, clock, reference)
            connection.execute(NEW_DAY.format(run=run, number=max(1, rows // given.days)).encode())
            clock.timed("refresh, one new day", partial(refresh_only, engine))
            reference.timed(clock, "refresh, one new day", reference.refresh)
        sizes: dict[str, str] = dict(connection.execute(SIZES).fetchall())
        engine.close()
    return clock.found, sizes


class Reference:
    """The user's own statements on a connection of their own; given up once they take too long."""

    def __init__(self, connection: psycopg.Connection[Any], given: argparse.Namespace) -> None:
        self.connection = connection
        self.texts = reference_statements(given.reference) if given.reference else []
        self.given_up = not self.texts
        connection.execute(f"SET statement_timeout = '{int(given.timeout)}s'".encode())
        for setting in given.setting:
            setting_name, _, value = setting.partition("=")
            connection.execute("SELECT set_config(%s, %s, false)", (setting_name, value))
        if self.texts:
            connection.execute(self.texts[0].encode())

    def timed(self, clock: Clock, what: str, action: Callable[[], object]) -> None:
        if self.given_up:
            return
        try:
            clock.timed(f"reference: {what}", action)
        except psycopg.errors.QueryCanceled:
            self.given_up = True
            print(f"  the reference's {what} was given up: it takes longer than --timeout")

    def build(self) -> None:
        self.connection.execute(self.texts[1].encode())

    def refresh(self) -> None:
        self.connection.execute(f"REFRESH MATERIALIZED VIEW CONCURRENTLY reference.{STATISTICS}")


SIZES = """
SELECT n.nspname || '.' || c.relname, pg_size_pretty(pg_total_relation_size(c.oid)) || ', '
  || c.reltuples::bigint || ' rows'
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('feature_store', 'reference') AND c.relkind = 'm' ORDER BY 1"""


def once(engine: Engine, connection: psycopg.Connection[Any], url: str, clock: Clock, reference: Reference) -> None:
    connection.execute(f"DROP VIEW IF EXISTS reference.{ENTRYPOINT}")
    reference.timed(clock, "build", reference.build)
    if not reference.given_up:
        connection.execute(reference.texts[2].encode())
    reference.timed(clock, "refresh, no change", reference.refresh)
    reference.timed(clock, "copy binary", lambda: copied(url, f"SELECT * FROM reference.{ENTRYPOINT}"))
    connection.execute(f"DROP VIEW feature_store.{ENTRYPOINT}; DROP MATERIALIZED VIEW feature_store.{STATISTICS}")
    clock.timed("build", lambda: build_only(engine))
    apply(engine)
    clock.timed("refresh, no change", partial(refresh_only, engine))
    clock.timed("copy binary", lambda: copied(url, f"SELECT * FROM feature_store.{ENTRYPOINT}"))
    clock.timed("read into Arrow", lambda: engine.arrow(f"SELECT * FROM feature_store.{ENTRYPOINT}").read_all())


def show(rows: int, days: int, found: Times, sizes: dict[str, str]) -> None:
    print(f"\n{rows:,} listings, {days} days")
    print(f"  {'':36} {'elapsed':>9} {'faster':>8} {'processor':>11} {'less':>8}")
    medians = {what: [statistics.median(run[at] for run in runs) for at in (0, 1)] for what, runs in found.items()}
    for what, (elapsed, worked) in medians.items():
        line = f"  {what:36} {elapsed:7.2f} s"
        theirs = medians.get(f"reference: {what}")
        faster = f"{theirs[0] / elapsed:6.2f} x" if theirs else ""
        less = f"{theirs[1] / worked:6.2f} x" if theirs and worked else ""
        print(f"{line} {faster:>8} {worked:9.2f} s {less:>8}".rstrip())
    for relation, size in sizes.items():
        print(f"  {relation:50} {size}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--reference", type=Path)
    parser.add_argument("--setting", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--timeout", type=float, default=300)
    given = parser.parse_args()
    for rows in given.rows:
        show(rows, given.days, *measure(given.url, rows, given))


if __name__ == "__main__":
    main()
