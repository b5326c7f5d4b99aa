"""Reading into Arrow and loading Parquet, beside what PostgreSQL needs to send and take the same rows in COPY BINARY.

    python -m benchmarks.postgres_bulk URL [--rows 1000000] [--runs 5]

URL names a database in which the schema ``bulk`` is dropped and made anew. ``copy binary`` moves bytes that nobody
looks at: no Arrow is made of them, and none of their rows is encoded. Prints medians of elapsed seconds, interleaved.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pyarrow.parquet

from tzero.engines.base import Engine
from tzero.engines.targets import Target, open_engine
from tzero.project.files import read_batches
from tzero.sql.names import RelationName

TABLES = {
    "numbers": "i::int AS a, i::bigint * 7919 AS b, (i % 1000) / 7.0::double precision AS c, sqrt(i) AS d,"
    " i % 2 = 0 AS e, date '2024-01-01' + i % 365 AS f, timestamp '2024-01-01' + i * interval '1 second' AS g",
    "texts": "i::bigint AS a, 'iphone ' || i % 17 || ' pro max' AS b, md5((i % 1000)::text) AS c,"
    " repeat('x', i % 40) AS d, CASE WHEN i % 3 > 0 THEN 'graphite' END AS e",
    "indicators": "i::bigint AS id, " + ", ".join(f"(i % {n + 2} = 0)::int AS x{n}" for n in range(40)),
}
Times = dict[str, list[float]]


def timed(found: Times, name: str, action: Callable[[], object]) -> None:
    started = time.perf_counter()
    action()
    found.setdefault(name, []).append(time.perf_counter() - started)


def binary_out(connection: psycopg.Connection, relation: str) -> bytes:
    with connection.cursor() as cursor, cursor.copy(f"COPY {relation} TO STDOUT (FORMAT binary)".encode()) as copy:
        return b"".join(bytes(piece) for piece in copy)


def binary_in(connection: psycopg.Connection, relation: str, rows: bytes) -> None:
    connection.execute(f"CREATE TABLE bulk.taken AS SELECT * FROM {relation} LIMIT 0".encode())
    with connection.cursor() as cursor, cursor.copy(b"COPY bulk.taken FROM STDIN (FORMAT binary)") as copy:
        for at in range(0, len(rows), 1 << 20):
            copy.write(rows[at : at + (1 << 20)])


def measure(url: str, name: str, rows: int, runs: int) -> Times:
    found: Times = {}
    relation, taken = f"bulk.{name}", RelationName("bulk", "taken")
    engine: Engine = open_engine(Target.parse(url, Path()), read_only=False)
    with psycopg.connect(url, autocommit=True) as connection, tempfile.TemporaryDirectory() as folder:
        connection.execute(
            f"CREATE TABLE {relation} AS SELECT {TABLES[name]} FROM generate_series(1, {rows}) AS i".encode()
        )
        connection.execute(f"VACUUM ANALYZE {relation}".encode())
        path = Path(folder) / "rows.parquet"
        pyarrow.parquet.write_table(engine.arrow(f"SELECT * FROM {relation}").read_all(), path)
        sent = binary_out(connection, relation)
        for _ in range(runs):
            timed(found, "read: copy binary", lambda: binary_out(connection, relation))
            timed(found, "read: into Arrow", lambda: engine.arrow(f"SELECT * FROM {relation}").read_all())
            timed(found, "load: copy binary", lambda: binary_in(connection, relation, sent))
            connection.execute("DROP TABLE bulk.taken")
            timed(found, "load: Parquet", lambda: engine.load(taken, read_batches(path)))
            connection.execute("DROP TABLE bulk.taken")
    engine.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    with psycopg.connect(given.url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS bulk CASCADE; CREATE SCHEMA bulk")
    for name in TABLES:
        print(f"\n{name}, {given.rows:,} rows")
        medians = {what: statistics.median(s) for what, s in measure(given.url, name, given.rows, given.runs).items()}
        for what, seconds in medians.items():
            plain = medians[f"{what.partition(':')[0]}: copy binary"]
            print(f"  {what:24}{seconds:8.2f} s   {seconds / plain:5.2f} x of copy binary")


if __name__ == "__main__":
    main()
