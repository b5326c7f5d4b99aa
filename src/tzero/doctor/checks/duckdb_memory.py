"""Beyond its memory limit DuckDB goes on in temporary files, if it has a place for them."""

from __future__ import annotations

from collections.abc import Iterator

from tzero.doctor.finding import Finding
from tzero.doctor.store import Store

_SETTINGS = "SELECT current_setting('memory_limit'), current_setting('temp_directory')"


def check(store: Store) -> Iterator[Finding]:
    limit, temporary = store.rows(_SETTINGS)[0]
    if not temporary:
        yield Finding(
            f"DuckDB may use {limit} of memory and has nowhere to go beyond it",
            "add ?temp_directory=/some/folder to the target's url",
        )
