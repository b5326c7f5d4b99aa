"""What a certificate costs, beside the build of the store that it certifies.

    python -m benchmarks.certify [--rows 100000 1000000] [--days 1460] [--seconds 10] [--url URL]

device_meta over upstream relations of that many listings: in a file of DuckDB, or in an empty database of PostgreSQL.
Prints elapsed seconds and those of the processor (user and system, of all threads and, where URL is a superuser's and
the server runs here, of the server): of the build; of each gate, and of what is certified besides, in the first
certificate, which digests every day, and in a later one, under whose seals no day changed; and of the guard before a
read. ``--seconds`` is the budget of the search, where it shall not be held against the build.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path
from typing import NamedTuple

import duckdb

import tzero
from benchmarks import market_rows
from benchmarks.postgres import Clock as Server
from benchmarks.postgres import name
from tzero.certify.gate import Gate
from tzero.engines.targets import Target, open_engine


class Seconds(NamedTuple):
    """By the clock on the wall, and of processors."""

    elapsed: float
    worked: float

    def since(self, before: Seconds) -> Seconds:
        return Seconds(self.elapsed - before.elapsed, self.worked - before.worked)

    def beside(self, built: Seconds) -> str:
        return (
            f"{self.elapsed:7.2f} s  x {self.elapsed / built.elapsed:5.2f}  "
            f"{self.worked:7.2f} s  x {self.worked / built.worked:5.2f}"
        )


class Meter:
    """Seconds so far, of this process and of the server where there is one."""

    def __init__(self, url: str | None) -> None:
        self._server = Server(url) if url else None
        self._served = 0.0

    def now(self) -> Seconds:
        if self._server:  # a process that has ended is missed until its parent counts it
            self._served = max(self._served, self._server.processor())
        return Seconds(time.perf_counter(), time.process_time() + self._served)

    def of(self, work: Callable[[], object]) -> Seconds:
        before = self.now()
        work()
        return self.now().since(before)


class Gates:
    """The seconds between one gate and the next."""

    def __init__(self, meter: Meter) -> None:
        self.taken: dict[str, Seconds] = {}
        self._meter = meter
        self._part, self._since = "before the gates", meter.now()

    def next(self, part: str) -> None:
        now = self._meter.now()
        self.taken[self._part] = now.since(self._since)
        self._part, self._since = part, now

    def gate(self, gate: Gate) -> None:
        # no gate comes after C3: what is kept of all of them is counted with it
        self.next(f"{gate.code} {gate.title}{', keeping' if gate.code == 'C3' else ''}")


def measure(rows: int, days: int, seconds: float | None, url: str | None) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "device_meta"
        with as_file(files("tzero.starters.device_meta").joinpath("project")) as project:
            shutil.copytree(project, folder)
        made = folder / ("rows.duckdb" if url else "store.duckdb")
        market_rows.write(str(made), rows, days)
        _date_images(folder, made)
        if url:
            _load(made, url)
        meter = Meter(url)
        with tzero.open(folder, target=url) as store:
            built = meter.of(store.apply)
            print(
                f"\n{'PostgreSQL' if url else 'DuckDB'}, {rows:,} listings x {days:,} days: built in "
                f"{built.elapsed:.2f} s, {built.worked:.2f} s of processor time"
            )
            for which in ("the first certificate", "a later one"):
                print(f"{which:<20} elapsed, x build     processor, x build")
                _certified(store, meter, built, seconds)


def _date_images(folder: Path, made: Path) -> None:
    """Give the labels of images a time, an hour after their listing, and declare it."""
    with duckdb.connect(str(made)) as connection:
        connection.execute(
            f"CREATE OR REPLACE TABLE {market_rows.IMAGES} AS SELECT i.*, l.edited_date + INTERVAL 1 HOUR AS known_at "
            f"FROM {market_rows.IMAGES} AS i JOIN {market_rows.LISTINGS} AS l USING (generation, listing_id)"
        )
    path = folder / "device_meta.py"
    path.write_text(path.read_text().replace("IMAGES_KNOWN_AT = None", 'IMAGES_KNOWN_AT = "known_at"'))


def _load(made: Path, url: str) -> None:
    """The upstream relations into a database whose schema of them is made anew."""
    engine = open_engine(Target.parse(url, Path()), read_only=False)
    engine.execute(f"DROP SCHEMA IF EXISTS {market_rows.SCHEMA} CASCADE")
    engine.execute(f"CREATE SCHEMA {market_rows.SCHEMA}")
    with duckdb.connect(str(made), read_only=True) as source:
        for relation in (market_rows.LISTINGS, market_rows.IMAGES):
            engine.load(name(relation), source.sql(f"FROM {relation}").to_arrow_reader())
            engine.execute(f"ALTER TABLE {relation} ADD PRIMARY KEY (generation, listing_id)")
            engine.execute(f"ANALYZE {relation}")
    engine.close()


def _certified(store: tzero.Project, meter: Meter, built: Seconds, seconds: float | None) -> None:
    gates, began = Gates(meter), meter.now()
    found = store.certify(seconds=seconds, progress=gates.gate)
    gates.next("")
    whole = meter.now().since(began)
    summaries = {gate["gate"]: f"{gate['verdict']}: {gate['summary']}" for gate in found.predicate["gates"]}
    for part, taken in gates.taken.items():
        print(f"  {part:<18} {taken.beside(built)}  {summaries.get(part[:2], '')}")
    print(f"  {'all':<18} {whole.beside(built)}  {found.predicate['verdict']}")
    if found.is_good:
        print(f"  {'guard':<18} {meter.of(store.require_certified).beside(built)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--days", type=int, default=1460)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--url")
    given = parser.parse_args()
    for rows in given.rows:
        measure(rows, given.days, given.seconds, given.url)


if __name__ == "__main__":
    main()
