"""What readers of the entrypoint notice of ten refreshes beside them: how long they wait, for what, and what they see.

    python -m benchmarks.readers URL [--rows 20000] [--days 365] [--seconds 10] [--refreshes 10]

URL names a database in which the schema feature_store is dropped and made anew, with device_meta over a market of that
size. One reader asks for the features of one listing after the other, each answer in one statement; between refreshes
rows arrive. It is timed alone, beside a process that does nothing but compute (so much the reader loses to a busy
processor, with no database in it), and beside the refreshes. Locks are told from that directly: the reader's session
has a lock_timeout of one millisecond, so a wait for a lock is an error and is counted, and a third session looks a
hundred times a second what the reader waits for.

In ten refreshes more, count and fingerprint of all rows are asked for: each answer must be that of a committed state.
"""

from __future__ import annotations

import argparse
import collections
import multiprocessing
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.postgres import ENTRYPOINT, NEW_DAY, Clock, apply, load, refresh
from tzero.engines.targets import Target, open_engine

ONE = f"SELECT * FROM feature_store.{ENTRYPOINT} WHERE generation = %s AND listing_id = %s"
WHOLE = f"""
SELECT count(*), sum(gmc_seg_n), sum(gmc_color_n_in_seg), sum(hashtext(round(gmc_color_share_in_seg::numeric, 9)::text))
FROM feature_store.{ENTRYPOINT}"""
WAITING = "SELECT wait_event_type, wait_event FROM pg_stat_activity WHERE pid = %s AND state = 'active'"


@dataclass(slots=True)
class Noticed:
    """Milliseconds of each read, reads that a lock kept waiting, and what the reader was seen waiting for."""

    waits: list[float] = field(default_factory=list)
    locked: int = 0
    events: collections.Counter[str] = field(default_factory=collections.Counter)

    def __str__(self) -> str:
        cuts = statistics.quantiles(self.waits, n=100)
        return (
            f"{len(self.waits):8,} reads   p50 {cuts[49]:7.2f}   p99 {cuts[98]:7.2f}   max {max(self.waits):7.2f} ms"
            f"   waits for locks {self.locked + self.events['Lock']}, seen waiting for {dict(self.events) or 'nothing'}"
        )


def read_until(done: threading.Event, url: str, keys: list[tuple[int, int]], found: Noticed) -> None:
    with psycopg.connect(url, autocommit=True) as reader, psycopg.connect(url, autocommit=True) as looker:
        reader.execute("SET lock_timeout = '1ms'")
        looking = threading.Thread(target=look_until, args=(done, looker, reader.info.backend_pid, found))
        looking.start()
        while not done.is_set():
            for key in keys:
                began = time.perf_counter()
                try:
                    reader.execute(ONE, key).fetchall()
                except psycopg.errors.LockNotAvailable:
                    found.locked += 1
                found.waits.append((time.perf_counter() - began) * 1000)
                if done.is_set():
                    break
        looking.join()


def look_until(done: threading.Event, looker: psycopg.Connection[Any], pid: int, found: Noticed) -> None:
    while not done.wait(0.01):
        for kind, _ in looker.execute(WAITING, [pid]).fetchall():
            if kind is not None:
                found.events[kind] += 1


def beside(url: str, keys: list[tuple[int, int]], action: Callable[[], object]) -> Noticed:
    found, done = Noticed(), threading.Event()
    reading = threading.Thread(target=read_until, args=(done, url, keys, found))
    reading.start()
    try:
        action()
    finally:
        done.set()
        reading.join()
    return found


def burn() -> None:
    while True:
        sum(number * number for number in range(10_000))


@contextmanager
def busy() -> Iterator[None]:
    process = multiprocessing.get_context("spawn").Process(target=burn, daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


def refreshes(url: str, runs: range, rows: int, states: set[Any]) -> None:
    """In a process of their own: a thread of this one would keep the reader from its own processor time.

    Rows that have arrived are seen at once, and their statistics with the next refresh: both are committed states.
    """
    for run in runs:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(NEW_DAY.format(run=run, number=rows).encode())
            states.add(connection.execute(WHOLE.encode()).fetchone())
            process = multiprocessing.get_context("spawn").Process(target=refresh_once, args=(url,))
            process.start()
            process.join()
            states.add(connection.execute(WHOLE.encode()).fetchone())


def refresh_once(url: str) -> None:
    engine = open_engine(Target.parse(url, Path()), read_only=False)
    refresh(engine)
    engine.close()


def watch_states(done: threading.Event, url: str, seen: list[Any]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        while not done.is_set():
            seen.append(connection.execute(WHOLE.encode()).fetchone())
            time.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--refreshes", type=int, default=10)
    given = parser.parse_args()
    with psycopg.connect(given.url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS feature_store CASCADE; CREATE SCHEMA feature_store")
        engine = open_engine(Target.parse(given.url, Path()), read_only=False)
        load(engine, given.rows, given.days, Clock(given.url))
        apply(engine)
        engine.close()
        keys = connection.execute(
            f"SELECT generation, listing_id FROM feature_store.{ENTRYPOINT} ORDER BY hashint8(listing_id) LIMIT 500"
        ).fetchall()
        first = connection.execute(WHOLE.encode()).fetchone()
    new_rows = max(1, given.rows // given.days)
    print(f"alone              {beside(given.url, keys, lambda: time.sleep(given.seconds))}")
    with busy():
        print(f"beside computing   {beside(given.url, keys, lambda: time.sleep(given.seconds))}")
    states, seen, done = {first}, list[Any](), threading.Event()
    runs = range(given.refreshes), range(given.refreshes, 2 * given.refreshes)
    found = beside(given.url, keys, lambda: refreshes(given.url, runs[0], new_rows, states))
    print(f"beside refreshes   {found}")
    watching = threading.Thread(target=watch_states, args=(done, given.url, seen))
    watching.start()
    refreshes(given.url, runs[1], new_rows, states)
    done.set()
    watching.join()
    half = [state for state in seen if state not in states]
    print(f"states: {len(states)} committed, {len(set(seen))} seen in {len(seen)} reads, {len(half)} half")


if __name__ == "__main__":
    main()
