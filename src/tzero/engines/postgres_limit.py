"""Statements of PostgreSQL that may take only so long, or more memory than usual: its own settings, for a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from tzero.errors import EngineError

Rows = Callable[..., list[tuple[Any, ...]]]
_NOW = "SELECT setting FROM pg_catalog.pg_settings WHERE name = 'statement_timeout'"
_SET = "SELECT pg_catalog.set_config('statement_timeout', ?, false)"
_MEMORY = "SELECT pg_catalog.current_setting('work_mem')"
_SET_MEMORY = "SELECT pg_catalog.set_config('work_mem', ?, false)"


@contextmanager
def limited(rows: Rows, seconds: float) -> Iterator[None]:
    """Let the server end statements after so many seconds, or sooner where it does anyway."""
    usual = int(rows(_NOW)[0][0])
    wanted = max(round(seconds * 1000), 1)
    if 0 < usual <= wanted:
        yield
        return
    rows(_SET, [str(wanted)])
    try:
        yield
    finally:
        # a transaction that failed takes no more statements, and forgets the setting when it is rolled back
        with suppress(EngineError):
            rows(_SET, [str(usual)])


@contextmanager
def roomy(rows: Rows, memory: str) -> Iterator[None]:
    """Give each sort and each hash so much memory."""
    usual = str(rows(_MEMORY)[0][0])
    rows(_SET_MEMORY, [memory])
    try:
        yield
    finally:
        with suppress(EngineError):
            rows(_SET_MEMORY, [usual])
