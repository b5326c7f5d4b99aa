"""What the digests of a relation cost, beside reading all of it.

    python -m benchmarks.digest [--rows 1000000] [--columns 60] [--runs 3] [--url URL] [--parallel]

A table of integers, texts, times and floats with a key and a T0 on up to 1,000 days: in a file of DuckDB, or in an
empty database of PostgreSQL. Prints seconds of processor time (of all threads and, where URL is a superuser's and the
server runs here, of the server) of a full read as Arrow; of the first baseline, that digests every day and column; of
later ones, of which no day changed, and one; and their ratios to the read. ``--parallel`` lets PostgreSQL use its
workers.
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.postgres import Clock
from tzero.certify.baseline import Accepted, Baseline
from tzero.certify.baseline.accepted import AcceptedDay
from tzero.certify.baseline.taking import take_at
from tzero.certify.subject import Anchors
from tzero.engines.base import Engine
from tzero.engines.targets import Target, open_engine
from tzero.sql.names import RelationName
from tzero.state.baseline import BaselineRecord

NAME = RelationName.parse("digested.wide")
_KINDS = (
    "CAST({hash} % 2 AS integer)",
    "CAST({hash} % 100000 AS bigint)",
    "CAST({hash} % 1000 AS double precision) / 1000",
    "'v' || ({hash} % 500)",
)
_HASH = {"duckdb": "hash(i, {at})", "postgres": "abs(hashint8extended(i, {at}))"}
_SERIES = {"duckdb": "range({rows}) AS numbers(i)", "postgres": "generate_series(0, {rows} - 1) AS numbers(i)"}


def fill(engine: Engine, rows: int, columns: int) -> None:
    of = _HASH[engine.dialect]
    values = (_KINDS[at % len(_KINDS)].format(hash=of.format(at=at)) + f" AS c{at}" for at in range(columns))
    engine.execute("CREATE SCHEMA digested")
    engine.execute(
        "CREATE TABLE digested.wide AS SELECT i AS id, TIMESTAMP '2022-01-01' + INTERVAL '1 minute' * (i % 1440000) "
        f"AS t0, {', '.join(values)} FROM {_SERIES[engine.dialect].format(rows=rows)}"
    )
    engine.execute("CHECKPOINT" if engine.dialect == "duckdb" else "ANALYZE digested.wide")


def read(engine: Engine) -> int:
    return sum(batch.num_rows for batch in engine.arrow("SELECT * FROM digested.wide"))


def taken(engine: Engine, before: Accepted | None = None) -> Baseline:
    return take_at(engine, NAME, ("id",), Anchors(NAME, ("id",), "t0"), before)


def accepted(found: Baseline) -> Accepted:
    """What the state would give back of a baseline."""
    now = dt.datetime.now(dt.UTC)
    record = BaselineRecord(1, str(NAME), found.sha256, found.columns, found.probe, {}, 0, "", "", "", now)
    days = (
        AcceptedDay(day.day, day.rows, True, dict(zip(found.columns, day.digests, strict=True)), day.seal)
        for day in found.days
    )
    return Accepted(record, {day.day: day for day in days})


class Timer:
    """Medians of processor seconds, of this process and of the server."""

    def __init__(self, url: str | None, runs: int) -> None:
        self._clock = Clock(url) if url else None
        self._runs = runs

    def seconds(self, work: Callable[[], object]) -> float:
        return statistics.median(self._once(work) for _ in range(self._runs))

    def _once(self, work: Callable[[], object]) -> float:
        before = time.process_time()
        if self._clock is None:
            work()
            return time.process_time() - before
        self._clock.timed("work", work)
        return time.process_time() - before + self._clock.found["work"][-1][1]


def measure(engine: Engine, timer: Timer, given: argparse.Namespace) -> None:
    fill(engine, given.rows, given.columns)
    whole = timer.seconds(lambda: read(engine))
    print(f"{engine.dialect}, {given.rows:,} rows, {given.columns + 2} columns: a full read {whole:.2f} s")
    first = timer.seconds(lambda: taken(engine))
    before = accepted(taken(engine))
    same = timer.seconds(lambda: taken(engine, before))
    engine.execute("UPDATE digested.wide SET c1 = c1 + 1 WHERE id = 7")
    changed = timer.seconds(lambda: taken(engine, before))
    for what, seconds in (("first baseline", first), ("no day changed", same), ("one day changed", changed)):
        print(f"  {what:16} {seconds:6.2f} s  x {seconds / whole:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=60)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--url")
    parser.add_argument("--parallel", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        target = Target.parse(given.url or f"duckdb:///{folder}/store.duckdb", Path())
        engine = open_engine(target, read_only=False)
        if given.url and not given.parallel:
            engine.execute("SET max_parallel_workers_per_gather = 0")
        measure(engine, Timer(given.url, given.runs), given)
        engine.close()


if __name__ == "__main__":
    main()
