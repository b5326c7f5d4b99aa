"""Statements of PostgreSQL that may take only so long: its own timeout, for a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from tzero.errors import EngineError

Rows = Callable[..., list[tuple[Any, ...]]]
_NOW = "SELECT setting FROM pg_catalog.pg_settings WHERE name = 'statement_timeout'"
_SET = "SELECT pg_catalog.set_config('statement_timeout', ?, false)"


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
