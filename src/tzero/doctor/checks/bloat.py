"""Rows that a concurrent refresh replaced stay until vacuum takes them away: an estimate of the room they take."""

from __future__ import annotations

from collections.abc import Iterator

from tzero.doctor.finding import Finding
from tzero.doctor.store import Store
from tzero.engines.postgres_text import written

TIMES, BYTES = 2.0, 1 << 20
"""So much larger than its rows, and so many bytes more, is bloated."""
_PER_ROW = 36
"""Bytes of a row besides its values: the item pointer (4), the header with padding (24) and alignment (about 8)."""
_SIZES = """
SELECT pg_catalog.pg_relation_size(c.oid), GREATEST(c.reltuples, 0) * (
    SELECT COALESCE(SUM(s.avg_width), 0) + ? FROM pg_catalog.pg_stats AS s
    WHERE s.schemaname = n.nspname AND s.tablename = c.relname)
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ? AND c.relname = ? AND c.relkind = 'm'"""


def check(store: Store) -> Iterator[Finding]:
    for name in store.stored():
        for size, needed in store.rows(_SIZES, [_PER_ROW, name.schema, name.name]):
            if size > TIMES * needed and size - needed > BYTES:
                yield Finding(
                    f"{name} takes {size / 1e6:,.1f} MB for about {needed / 1e6:,.1f} MB of rows",
                    f"VACUUM {written(name)}, and see that autovacuum does; VACUUM FULL gives the room back (locks)",
                )
