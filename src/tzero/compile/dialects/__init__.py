"""What differs between engines, as data: one file per engine."""

from __future__ import annotations

from tzero.compile.dialects.base import Dialect
from tzero.compile.dialects.duckdb import DUCKDB
from tzero.compile.dialects.postgres import POSTGRES
from tzero.errors import UsageError

DIALECTS = {dialect.name: dialect for dialect in (DUCKDB, POSTGRES)}


def dialect(name: str) -> Dialect:
    """The dialect of an engine, by name."""
    try:
        return DIALECTS[name]
    except KeyError:
        raise UsageError(f"no dialect is called {name!r}", fix="use one of " + ", ".join(sorted(DIALECTS))) from None
