"""A materialized view without rows of its own cannot be read, nor refreshed CONCURRENTLY."""

from __future__ import annotations

from collections.abc import Iterator

from tzero.doctor.finding import Finding
from tzero.doctor.store import Store
from tzero.engines.postgres_text import written

_POPULATED = """
SELECT c.relispopulated FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ? AND c.relname = ? AND c.relkind = 'm'"""


def check(store: Store) -> Iterator[Finding]:
    for name in dict.fromkeys((*store.read(), *store.stored())):
        if store.rows(_POPULATED, [name.schema, name.name]) == [(False,)]:
            yield Finding(f"{name} was never populated", f"REFRESH MATERIALIZED VIEW {written(name)}")
