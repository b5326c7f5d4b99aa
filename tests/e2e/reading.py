"""Somebody who reads all the time, beside whatever else is done, and will not wait for a lock."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg


@dataclass(slots=True)
class Read:
    """Every answer that was seen, how often there was one, and how often a lock stood in the way."""

    seen: set[Any] = field(default_factory=set)
    answers: int = 0
    locked: int = 0
    failed: list[psycopg.Error] = field(default_factory=list)

    def wait_for(self, name: str, more: int = 1) -> None:
        until, wanted = time.monotonic() + 60, getattr(self, name) + more
        while getattr(self, name) < wanted:
            assert time.monotonic() < until, f"{name} stays at {getattr(self, name)}"
            time.sleep(0.01)


@contextmanager
def reading(url: str, question: str) -> Iterator[Read]:
    """Ask a question again and again. A wait for a lock of more than a millisecond counts as ``locked``."""
    found, done = Read(), threading.Event()
    thread = threading.Thread(target=_read, args=(url, question, found, done))
    thread.start()
    try:
        found.wait_for("answers")
        yield found
        found.wait_for("answers")
    finally:
        done.set()
        thread.join()
    assert not found.failed


def _read(url: str, question: str, found: Read, done: threading.Event) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET lock_timeout = '1ms'")
        while not done.is_set():
            try:
                found.seen.add(connection.execute(question.encode()).fetchone())
                found.answers += 1
            except psycopg.errors.LockNotAvailable:
                found.locked += 1
            except psycopg.Error as error:
                found.failed.append(error)
                return
