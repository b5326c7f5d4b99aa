"""A domain too large for a grid: 5,000 segments x 1,460 days x a vocabulary of 500 (a full grid: 3.6 billion rows).

    python -m benchmarks.large_domain [--rows 1000000] [--segments 5000] [--days 1460] [--vocabulary 500]

Builds every statistic of a category within its segment with ``grid="observed"``, in a process whose database may use
3 GB, and prints the time, the peak memory of the process, and the rows of the statistics relation.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time

import duckdb

from tzero import Events, FeatureView, vocabulary
from tzero.compile import compile_view
from tzero.features.types import ColumnType
from tzero.sql.names import RelationName
from tzero.sql.render import render

MEMORY = "3GB"
_ROWS = """
CREATE TABLE events AS
SELECT i AS id,
  TIMESTAMP '2022-01-01' + to_microseconds(CAST(i * ({days} * 86400000000.0 / {rows}) AS BIGINT)) AS at,
  CAST(pow(hash(i, 1) % 1000000 / 1e6, 1.5) * {segments} AS INTEGER) AS segment,
  'value ' || CAST(pow(hash(i, 2) % 1000000 / 1e6, 2.5) * {vocabulary} AS INTEGER) AS category
FROM range({rows}) AS numbers(i)
"""


def declare(size: int) -> FeatureView:
    rows = Events("events", key="id", time="at").derive(
        kind=vocabulary("category", [f"value {number}" for number in range(size - 2)])
    )
    before = rows.before_day(zone="UTC", grid="observed")
    return FeatureView(
        "event_features",
        rows,
        n=before.count("segment"),
        n_kind=before.count(("segment", "kind")),
        share=before.share("kind", within="segment", alpha=0.5),
        rarity=before.rarity("kind", within="segment", alpha=0.5),
        rank=before.rank("kind", within="segment"),
        kinds=before.n_distinct("kind", within="segment"),
        entropy=before.entropy("kind", within="segment"),
        top=before.top_share("kind", within="segment"),
        everywhere=before.share("kind", alpha=0.5),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("rows", 1_000_000), ("segments", 5_000), ("days", 1_460), ("vocabulary", 500)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        connection = duckdb.connect(f"{scratch}/store.duckdb", config={"memory_limit": MEMORY, "threads": 2})
        connection.execute(_ROWS.format(**vars(options)))
        columns = {r[0]: ColumnType.parse(r[1]) for r in connection.execute("DESCRIBE events").fetchall()}
        deployment = compile_view(declare(options.vocabulary), {RelationName(None, "events"): columns}, "duckdb")
        before = time.perf_counter()
        for relation in deployment.relations:
            kind = "TABLE" if relation.is_stored else "VIEW"
            connection.execute(f"CREATE {kind} {relation.name} AS {render(relation.query, 'duckdb')}")
        built = time.perf_counter()
        connection.execute(f"COPY (FROM {deployment.entrypoint.name}) TO '{scratch}/features.parquet'")
        read = time.perf_counter()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        stored = deployment.relations[1].name
        [(number,)] = connection.execute(f"SELECT count(*) FROM {stored}").fetchall()
        full = options.segments * options.days * options.vocabulary
        print(f"{options.rows:,} events; a full grid would have {full:,} rows, observed keys have {number:,}")
        print(
            f"statistics {built - before:.1f} s, entrypoint to Parquet {read - built:.1f} s, peak memory {peak:.2f} GB"
        )


if __name__ == "__main__":
    main()
