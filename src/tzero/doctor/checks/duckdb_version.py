"""A file in a format newer programs wrote cannot be read by an older DuckDB elsewhere: say which it is."""

from __future__ import annotations

from collections.abc import Iterator

from tzero.doctor.finding import Finding, Level
from tzero.doctor.store import Store

_FORMAT = "SELECT CAST(tags AS VARCHAR) FROM duckdb_databases() WHERE database_name = current_database()"


def check(store: Store) -> Iterator[Finding]:
    if store.file is None:
        yield Finding("the store is in memory: it ends with this process", "name a file in the target", Level.NOTE)
        return
    version = store.rows("SELECT version()")[0][0]
    tags = store.rows(_FORMAT)[0][0]
    yield Finding(f"DuckDB {version}, file {tags}", "read the file with this version or a newer one", Level.NOTE)
