"""A stored relation is built beside the old one: there must be room for both."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from tzero.doctor.finding import Finding, Level
from tzero.doctor.store import Store
from tzero.errors import EngineError

_SIZE = """
SELECT pg_catalog.pg_total_relation_size(c.oid)
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ? AND c.relname = ?"""
_FOLDER = "SELECT pg_catalog.current_setting('data_directory') WHERE pg_catalog.inet_server_addr() IS NULL"
TIMES = 2


def check(store: Store) -> Iterator[Finding]:
    if store.engine.dialect == "duckdb":
        if store.file is not None and store.file.exists():
            yield from tight(store.file.parent, store.file.stat().st_size)
        return
    needed = sum(store.rows(_SIZE, [name.schema, name.name])[0][0] for name in store.stored())
    folder = _folder(store)
    if folder is not None:
        yield from tight(folder, needed)
    else:
        what = f"the server does not say how much room its disk has; {TIMES * needed / 1e6:,.0f} MB would be enough"
        yield Finding(what, "look at the server's disk", Level.NOTE)


def tight(folder: Path, needed: int) -> Iterator[Finding]:
    """Where the disk of a folder has less room than twice the bytes needed."""
    free = shutil.disk_usage(folder).free
    if free < TIMES * needed:
        yield Finding(
            f"{free / 1e6:,.0f} MB are free, and {TIMES * needed / 1e6:,.0f} MB may be needed", "free disk space"
        )


def _folder(store: Store) -> Path | None:
    """The server's data, where it runs on this machine and lets us know."""
    try:
        found = store.rows(_FOLDER)
        return Path(found[0][0]) if found and Path(found[0][0]).exists() else None
    except (EngineError, OSError):
        return None
