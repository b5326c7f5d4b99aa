"""How long device_meta takes, from the upstream relations to the entrypoint written out as Parquet.

    python -m benchmarks.device_meta [--rows 10000 100000 1000000] [--days 365 1460] [--runs 3] [--reference FOLDER]

Side by side, in turn, each in a process of its own; what is timed is the database's work, not the compilation to SQL:

- ``as_of``, ``observed``, ``full``: the declared store with each grid
- ``dense``: the textbook way (``dense_grid.sql``) over a per-row base, then the same entrypoint
- ``floor``: only the per-row columns, naively, with no statistics at all
- ``reference``: three SQL files of your own (base view, statistics, entrypoint; PostgreSQL text with the few edits that
  DuckDB needs), if ``--reference`` names their folder

Prints medians of elapsed and processor seconds, their ratios to ``dense`` (or ``reference``), the elapsed ratio to the
floor, and peak memory.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import duckdb

from benchmarks import market_rows
from tzero.compile import compile_view
from tzero.features.populations import Grid
from tzero.features.statistics import Statistic
from tzero.features.types import ColumnType
from tzero.features.views import FeatureView
from tzero.sql.names import RelationName
from tzero.sql.render import render
from tzero.starters.device_meta.project import device_meta as declared

HERE = Path(__file__).parent
MEMORY = "6GB"
ENTRYPOINT = "feature_store.device_meta_encoded_t0_v1"


Run = tuple[float, float, float, float]
"""Seconds until the statistics were built, until all was written, of processor time, and peak memory in MB."""


def connect(path: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"memory_limit": MEMORY, "threads": 2})
    connection.execute(f"ATTACH '{path}' AS upstream (READ_ONLY)")
    connection.execute("CREATE SCHEMA feature_store")
    for relation in (market_rows.LISTINGS, market_rows.IMAGES):
        connection.execute(f"CREATE VIEW {relation} AS FROM upstream.{relation}")
    return connection


def catalog(connection: duckdb.DuckDBPyConnection) -> dict[RelationName, dict[str, ColumnType]]:
    return {
        RelationName.parse(name): {
            r[0]: ColumnType.parse(r[1]) for r in connection.execute(f"DESCRIBE {name}").fetchall()
        }
        for name in (market_rows.LISTINGS, market_rows.IMAGES)
    }


def with_grid(view: FeatureView, grid: Grid) -> FeatureView:
    (population,) = view.populations
    other = replace(population, grid=grid)
    features = {name: replace(v, population=other) if isinstance(v, Statistic) else v for name, v in view.features}
    return FeatureView(str(view.name), view.rows, contract=view.contract, t0=view.t0, **features)


def store_statements(connection: duckdb.DuckDBPyConnection, grid: Grid) -> list[str]:
    deployment = compile_view(with_grid(declared.device_meta, grid), catalog(connection), "duckdb")
    return [
        f"CREATE {'TABLE' if relation.is_stored else 'VIEW'} {relation.name} AS {render(relation.query, 'duckdb')}"
        for relation in deployment.relations
    ]


def dense_statements(connection: duckdb.DuckDBPyConnection, *, statistics_too: bool) -> list[str]:
    """The base and entrypoint of the store with per-row text work, and the dense statistics between them."""
    deployment = compile_view(declared.device_meta, catalog(connection), "duckdb")
    base, stored, entrypoint = deployment.relations
    base_view = f"CREATE VIEW {base.name} AS {(HERE / 'per_row_base.sql').read_text()}"
    if statistics_too:
        palette = repr([*declared.COLORS, "_MISSING", "_OTHER"])
        dense = (HERE / "dense_grid.sql").read_text().format(base=base.name, palette=palette)
        joined = f"CREATE VIEW {entrypoint.name} AS {render(entrypoint.query, 'duckdb')}"
        return [base_view, f"CREATE TABLE {stored.name} AS {dense}", joined]
    per_row = [item for item in entrypoint.query.selects if not item.alias_or_name.startswith("gmc_")]
    columns = ", ".join(render(item, "duckdb") for item in per_row)
    return [base_view, f"CREATE VIEW {entrypoint.name} AS SELECT {columns} FROM {base.name} AS b"]


def reference_statements(folder: Path) -> list[str]:
    return [statement for path in sorted(folder.glob("*.sql"))[:3] for statement in _for_duckdb(path.read_text())]


def _for_duckdb(text: str) -> list[str]:
    text = text.replace("float8", "double").replace("MATERIALIZED VIEW", "TABLE")
    text = text.replace("<> ALL (ARRAY[13,14,15,16,17])", "NOT IN (13, 14, 15, 16, 17)")
    return [part for part in text.split(";") if part.strip() and "INDEX" not in part]


def measure(variant: str, path: str, folder: str) -> None:
    connection = connect(path)
    if variant == "reference":
        statements = reference_statements(Path(folder))
    elif variant in ("dense", "floor"):
        statements = dense_statements(connection, statistics_too=variant == "dense")
    else:
        statements = store_statements(connection, Grid(variant))
    before, worked = time.perf_counter(), time.process_time()
    for statement in statements:
        connection.execute(statement)
    built = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        connection.execute(f"COPY (FROM {ENTRYPOINT}) TO '{scratch}/features.parquet'")
        done = time.perf_counter()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{built - before} {done - before} {time.process_time() - worked} {memory}")


def run_one(variant: str, path: str, folder: str) -> Run:
    command = [sys.executable, "-m", "benchmarks.device_meta", "--child", variant, path, folder]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(found[0]), float(found[1]), float(found[2]), float(found[3])


def compare(rows: int, days: int, runs: int, folder: str) -> None:
    variants = ["floor", "observed", "as_of", "full", "dense", *(["reference"] if folder else [])]
    with tempfile.TemporaryDirectory() as scratch:
        path = f"{scratch}/upstream.duckdb"
        market_rows.write(path, rows, days)
        taken: dict[str, list[Run]] = {variant: [] for variant in variants}
        for _ in range(runs):
            for variant in variants:
                taken[variant].append(run_one(variant, path, folder))
    median = {v: tuple(statistics.median(run[at] for run in taken[v]) for at in range(4)) for v in variants}
    rival, floor = median[variants[-1]], median["floor"]
    print(f"\n{rows:,} listings x {days:,} days (median of {runs}; ratios against {variants[-1]} and floor)")
    head = f"{'faster':>7} {'x floor':>7} {'cpu':>7} {'less':>6} {'peak MB':>8}"
    print(f"  {'':<10} {'statistics':>10} {'elapsed':>8} {head}")
    for variant, (built, elapsed, cpu, memory) in median.items():
        times = f"{built:>10.2f} {elapsed:>8.2f} {rival[1] / elapsed:>7.2f} {elapsed / floor[1]:>7.2f}"
        print(f"  {variant:<10} {times} {cpu:>7.2f} {rival[2] / cpu:>6.2f} {memory:>8.0f}")


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        measure(*sys.argv[2:5])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--days", type=int, nargs="+", default=[365, 1460])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--reference", default="")
    options = parser.parse_args()
    for rows in options.rows:
        for days in options.days:
            compare(rows, days, options.runs, options.reference)


if __name__ == "__main__":
    main()
