"""What a certificate costs, beside the build of the store that it certifies.

    python -m benchmarks.certify [--rows 100000 1000000] [--days 1460] [--seconds 10]

device_meta in an embedded DuckDB, over upstream relations of that many listings. Prints seconds of processor time (user
and system, of all threads): of the build, of each gate, of what is certified besides, and of the guard before a read.
``--seconds`` is the budget of the search, where it shall not be held against the build.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path

import duckdb

import tzero
from benchmarks import market_rows
from tzero.certify.gate import Gate


class Clock:
    """Processor seconds between one gate and the next."""

    def __init__(self) -> None:
        self.taken: dict[str, float] = {}
        self._now, self._since = "before the gates", time.process_time()

    def next(self, name: str) -> None:
        now = time.process_time()
        self.taken[self._now] = now - self._since
        self._now, self._since = name, now

    def gate(self, gate: Gate) -> None:
        # no gate comes after C3: what is kept of all of them is counted with it
        self.next(f"{gate.code} {gate.title}{', keeping' if gate.code == 'C3' else ''}")


def timed(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def measure(rows: int, days: int, seconds: float | None) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "device_meta"
        with as_file(files("tzero.starters.device_meta").joinpath("project")) as project:
            shutil.copytree(project, folder)
        market_rows.write(str(folder / "store.duckdb"), rows, days)
        _date_images(folder)
        with tzero.open(folder) as store:
            built = timed(store.apply)
            print(f"\n{rows:,} listings x {days:,} days: built in {built:.1f} s of processor time")
            _certified(store, built, seconds)


def _date_images(folder: Path) -> None:
    """Give the labels of images a time, an hour after their listing, and declare it."""
    with duckdb.connect(str(folder / "store.duckdb")) as connection:
        connection.execute(
            f"CREATE OR REPLACE TABLE {market_rows.IMAGES} AS SELECT i.*, l.edited_date + INTERVAL 1 HOUR AS known_at "
            f"FROM {market_rows.IMAGES} AS i JOIN {market_rows.LISTINGS} AS l USING (generation, listing_id)"
        )
    path = folder / "device_meta.py"
    path.write_text(path.read_text().replace("IMAGES_KNOWN_AT = None", 'IMAGES_KNOWN_AT = "known_at"'))


def _certified(store: tzero.Project, built: float, seconds: float | None) -> None:
    clock, began = Clock(), time.process_time()
    found = store.certify(seconds=seconds, progress=clock.gate)
    clock.next("")
    whole = time.process_time() - began
    summaries = {gate["gate"]: f"{gate['verdict']}: {gate['summary']}" for gate in found.predicate["gates"]}
    for name, taken in clock.taken.items():
        print(f"  {name:<18} {taken:7.2f} s  x {taken / built:5.2f}  {summaries.get(name[:2], '')}")
    print(f"  {'all':<18} {whole:7.2f} s  x {whole / built:5.2f}  {found.predicate['verdict']}")
    if found.is_good:
        guard = timed(store.require_certified)
        print(f"  {'guard':<18} {guard:7.2f} s  x {guard / built:5.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--days", type=int, default=1460)
    parser.add_argument("--seconds", type=float)
    given = parser.parse_args()
    for rows in given.rows:
        measure(rows, given.days, given.seconds)


if __name__ == "__main__":
    main()
