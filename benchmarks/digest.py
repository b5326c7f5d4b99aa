"""What the digests of a relation cost, beside reading all of it.

    python -m benchmarks.digest [--rows 1000000] [--columns 60] [--runs 3]

A table of integers, texts, times and floats in DuckDB, with a key and a T0 on 1,000 days. Prints seconds of processor
time (all threads) of the digests per day and column, of a full read as Arrow, and the ratio.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from tzero.certify.baseline.taking import take_at
from tzero.certify.subject import Anchors
from tzero.engines.base import Engine
from tzero.engines.targets import Target, open_engine
from tzero.sql.names import RelationName

NAME = RelationName.parse("wide")
_KINDS = (
    "CAST(hash(i, {at}) % 2 AS integer)",
    "CAST(hash(i, {at}) % 100000 AS bigint)",
    "hash(i, {at}) % 1000 / 1000.0::double",
    "'v' || (hash(i, {at}) % 500)",
)


def table(rows: int, columns: int) -> str:
    values = ", ".join(f"{_KINDS[at % len(_KINDS)].format(at=at)} AS c{at}" for at in range(columns))
    return (
        "CREATE TABLE wide AS SELECT i AS id, TIMESTAMP '2022-01-01' + INTERVAL 1 MINUTE * (i % 1440000) AS t0, "
        f"{values} FROM range({rows}) AS numbers(i)"
    )


def read(engine: Engine) -> int:
    return sum(batch.num_rows for batch in engine.arrow("SELECT * FROM wide"))


def timed(work: Callable[[], object], runs: int) -> float:
    taken = []
    for _ in range(runs):
        before = time.process_time()
        work()
        taken.append(time.process_time() - before)
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=60)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    engine = open_engine(Target.parse("duckdb://", Path()), read_only=False)
    engine.execute(table(given.rows, given.columns))
    digests = timed(lambda: take_at(engine, NAME, ("id",), Anchors(NAME, ("id",), "t0")), given.runs)
    whole = timed(lambda: read(engine), given.runs)
    print(
        f"{given.rows:,} rows, {given.columns + 2} columns: digests {digests:.2f} s, full read {whole:.2f} s, "
        f"ratio {digests / whole:.2f}"
    )
    engine.close()


if __name__ == "__main__":
    main()
