"""Collections of garbage while queries are parsed, proved and compiled: fewer of them, as most of what is seen stays.

Trees of queries are made of cycles, and of so many objects that to look for those that are gone takes two fifths of the
time of a proof. Seldom is often enough: what may lie about is some ten megabytes.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_SELDOM = 50_000
"""After how many new objects a collection looks at the young ones; Python's own number is some hundred."""


class _Collecting:
    """How many blocks of this process want few collections, and what is usual without them."""

    def __init__(self) -> None:
        self.lock, self.blocks = Lock(), 0
        self.usual = gc.get_threshold()

    @contextmanager
    def less(self) -> Iterator[None]:
        with self.lock:
            if not self.blocks:
                self.usual = gc.get_threshold()
                if 0 < self.usual[0] < _SELDOM:  # 0 is never
                    gc.set_threshold(_SELDOM, *self.usual[1:])
            self.blocks += 1
        try:
            yield
        finally:
            with self.lock:
                self.blocks -= 1
                if not self.blocks:
                    gc.set_threshold(*self.usual)


less = _Collecting().less
"""Collect less garbage within the block."""
