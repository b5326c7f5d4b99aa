"""How long proofs take: the closures of both starters, and a thousand views one after another.

    python -m benchmarks.prove [--views 1000]

Prints processor time of the whole process for each part, the slowest proof, and the peak memory after every tenth of
the views: it must not grow.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path

from tests.property.prove_queries import query
from tests.specs.reading import HERE
from tests.unit.prove.compiled import build_sources, closure

from tzero.engines.targets import Target, open_engine
from tzero.prove import parse_toml, prove


def timed(work: Callable[[], object]) -> float:
    """Processor seconds of this process, user and system."""
    before = time.process_time()
    work()
    return time.process_time() - before


def peak() -> float:
    """The peak memory of the process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def closures() -> None:
    for starter in ("device_meta", "flights"):
        engine = open_engine(Target.parse("duckdb://", Path()), read_only=False)
        catalog = build_sources(starter, engine)
        engine.close()
        for dialect in ("duckdb", "postgres"):
            found = closure(starter, dialect, catalog)
            sql, views = found.queries[found.entrypoint], found.views()
            seconds = [
                timed(lambda: prove(sql, found.declarations, dialect=dialect, views=views))  # noqa: B023
                for _ in range(3)
            ]
            size = sum(map(len, found.queries.values()))
            proof = prove(sql, found.declarations, dialect=dialect, views=views)
            print(
                f"{starter} on {dialect}: {proof.verdict.value}, {len(proof.columns) - 1} columns, {size} characters, "
                f"{min(seconds):.2f} s (of three: {', '.join(f'{s:.2f}' for s in seconds)})"
            )


def many(views: int) -> None:
    declared = parse_toml((HERE / "declarations.toml").read_text(encoding="utf-8")).for_query()
    queries = [query(f"benchmark {number}") for number in range(views)]
    slowest, total, proved = 0.0, 0.0, 0
    for number, sql in enumerate(queries, 1):
        before = time.process_time()
        proved += prove(sql, declared, dialect="duckdb").proved
        took = time.process_time() - before
        slowest, total = max(slowest, took), total + took
        if number % max(1, views // 10) == 0:
            print(f"  {number} views: {total:.1f} s, peak memory {peak():.0f} MB")
    print(f"{views} views in {total:.1f} s, the slowest {slowest:.2f} s; {proved} proved")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--views", type=int, default=1000)
    given = parser.parse_args()
    closures()
    many(given.views)


if __name__ == "__main__":
    main()
