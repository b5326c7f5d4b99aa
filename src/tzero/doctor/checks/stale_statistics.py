"""A planner that does not know how many rows there are picks plans that are a thousand times too slow."""

from __future__ import annotations

from collections.abc import Iterator

from tzero.doctor.finding import Finding
from tzero.doctor.store import Store
from tzero.engines.postgres_text import written

SHARE, ROWS = 0.2, 1_000
"""As many changes since the last ANALYZE are many: this share of the rows, and this number besides."""
_KNOWN = """
SELECT c.reltuples, pg_catalog.pg_stat_get_mod_since_analyze(c.oid)
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ? AND c.relname = ? AND c.relkind IN ('r', 'm')"""


def check(store: Store) -> Iterator[Finding]:
    for name in dict.fromkeys((*store.read(), *store.stored())):
        for rows, changes in store.rows(_KNOWN, [name.schema, name.name]):
            if rows < 0:
                yield Finding(f"{name} was never analysed", f"ANALYZE {written(name)}")
            elif changes > ROWS + SHARE * rows:
                what = f"{changes:,} rows of {name} changed since it was analysed, of {rows:,.0f} then"
                yield Finding(what, f"ANALYZE {written(name)}")
