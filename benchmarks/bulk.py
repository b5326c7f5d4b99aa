"""Reading into Arrow and loading Parquet, beside what PostgreSQL needs to send and take the same rows by COPY.

    python -m benchmarks.bulk URL [--rows 10000 100000 1000000] [--runs 5] [--view RELATION ...]

URL names a database in which the schema ``bulk`` is dropped and made anew; ``--view`` names relations of it that are
read besides. What they are compared with are bytes that nobody looks at: ``copy binary`` and ``copy csv`` through
psycopg make no Arrow of what they receive, and what they send was made before the clock began. All are run in turn.

Prints medians of elapsed seconds and of processor seconds, of this process and of the server's (where both run on one
Linux machine), and how many times faster than ``copy binary`` each is, by the clock and by the processor.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

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
    "decimals": "i::int AS a, (i / 100.0)::numeric(12, 2) AS b, CASE WHEN i % 3 > 0 THEN i::numeric(20) END AS c",
    "indicators": "i::bigint AS id, " + ", ".join(f"(i % {n + 2} = 0)::int AS x{n}" for n in range(40)),
}
TAKEN = RelationName("bulk", "taken")
_TICKS = 100


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds by the clock, and of the processor here and in the server's process."""

    elapsed: float
    here: float
    server: float

    @property
    def processor(self) -> float:
        return self.here + self.server


def processor_of(pid: int) -> float:
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def processor_here() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def spent(action: Callable[[], object], pid: int) -> Spent:
    server, here, began = processor_of(pid), processor_here(), time.perf_counter()
    action()
    return Spent(time.perf_counter() - began, processor_here() - here, processor_of(pid) - server)


def sent_by(connection: psycopg.Connection[Any], relation: str, form: str) -> bytes:
    statement = f"COPY (SELECT * FROM {relation}) TO STDOUT (FORMAT {form})".encode()
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        return b"".join(bytes(piece) for piece in copy)


def taken_by(connection: psycopg.Connection[Any], relation: str, form: str, rows: bytes) -> None:
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {TAKEN} AS SELECT * FROM {relation} LIMIT 0".encode())
        with cursor.copy(f"COPY {TAKEN} FROM STDIN (FORMAT {form})".encode()) as copy:
            for at in range(0, len(rows), 1 << 20):
                copy.write(rows[at : at + (1 << 20)])


def measure_reading(url: str, relation: str, runs: int) -> dict[str, list[Spent]]:
    found: dict[str, list[Spent]] = {}
    engine, connection = opened(url)
    pid = engine.rows("SELECT pg_catalog.pg_backend_pid()")[0][0]
    actions: dict[str, tuple[Callable[[], object], int]] = {
        "copy binary": (partial(sent_by, connection, relation, "binary"), connection.info.backend_pid),
        "copy csv": (partial(sent_by, connection, relation, "csv"), connection.info.backend_pid),
        "into Arrow": (lambda: engine.arrow(f"SELECT * FROM {relation}").read_all(), pid),
    }
    for _ in range(runs):
        for what, (action, server) in actions.items():
            found.setdefault(what, []).append(spent(action, server))
    engine.close()
    connection.close()
    return found


def measure_loading(url: str, relation: str, runs: int) -> dict[str, list[Spent]]:
    found: dict[str, list[Spent]] = {}
    engine, connection = opened(url)
    pid = engine.rows("SELECT pg_catalog.pg_backend_pid()")[0][0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        rows = engine.arrow(f"SELECT * FROM {relation}").read_all()
        pyarrow.parquet.write_table(rows, path)
        binary, text = (sent_by(connection, relation, form) for form in ("binary", "csv"))
        actions: dict[str, tuple[Callable[[], object], int]] = {
            "copy binary": (lambda: taken_by(connection, relation, "binary", binary), connection.info.backend_pid),
            "copy csv": (lambda: taken_by(connection, relation, "csv", text), connection.info.backend_pid),
            "Arrow": (lambda: engine.load(TAKEN, rows.to_reader()), pid),
            "Parquet": (lambda: engine.load(TAKEN, read_batches(path)), pid),
        }
        for _ in range(runs):
            for what, (action, server) in actions.items():
                found.setdefault(what, []).append(spent(action, server))
                connection.execute(f"DROP TABLE {TAKEN}")
    engine.close()
    connection.close()
    return found


def opened(url: str) -> tuple[Engine, psycopg.Connection[Any]]:
    return open_engine(Target.parse(url, Path()), read_only=False), psycopg.connect(url, autocommit=True)


def show(title: str, found: dict[str, list[Spent]]) -> None:
    print(f"\n{title}\n  {'':14}{'elapsed':>9}{'here':>8}{'server':>8}{'clock':>10}{'processor':>11}")
    medians = {
        what: Spent(
            statistics.median(item.elapsed for item in items),
            statistics.median(item.here for item in items),
            statistics.median(item.server for item in items),
        )
        for what, items in found.items()
    }
    plain = medians["copy binary"]
    for what, took in medians.items():
        print(
            f"  {what:14}{took.elapsed:8.3f}s{took.here:7.2f}s{took.server:7.2f}s"
            f"{plain.elapsed / took.elapsed:8.2f} x{plain.processor / max(took.processor, 1e-3):9.2f} x"
        )


def fill(url: str, rows: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS bulk CASCADE; CREATE SCHEMA bulk")
        for name, columns in TABLES.items():
            query = f"CREATE TABLE bulk.{name} AS SELECT {columns} FROM generate_series(1, {rows}) AS i"
            connection.execute(query.encode())
            connection.execute(f"VACUUM ANALYZE bulk.{name}".encode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--view", nargs="*", default=[])
    given = parser.parse_args()
    for rows in given.rows:
        fill(given.url, rows)
        for name in TABLES:
            show(f"read {name}, {rows:,} rows", measure_reading(given.url, f"bulk.{name}", given.runs))
            show(f"load {name}, {rows:,} rows", measure_loading(given.url, f"bulk.{name}", given.runs))
    views: Sequence[str] = given.view
    for view in views:
        show(f"read {view}", measure_reading(given.url, view, given.runs))


if __name__ == "__main__":
    main()
