"""REFRESH ... CONCURRENTLY matches old and new rows by a unique index over columns, of all rows, that is valid."""

from __future__ import annotations

from collections.abc import Iterator

from tzero.doctor.finding import Finding
from tzero.doctor.store import Store
from tzero.sql.names import RelationName

_INDEXES = """
SELECT x.relname, i.indisvalid AND i.indisready, i.indpred IS NOT NULL, i.indexprs IS NOT NULL
FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE i.indisunique AND n.nspname = ? AND c.relname = ?
ORDER BY x.relname"""


def check(store: Store) -> Iterator[Finding]:
    for name in store.relations("statistics"):
        found = store.rows(_INDEXES, [name.schema, name.name])
        if any(valid and not (predicate or expressions) for _, valid, predicate, expressions in found):
            continue
        if not found:
            yield Finding(f"{name} has no unique index: readers wait for every refresh", _again(name))
        for index, valid, predicate, _ in found:
            why = "is not valid" if not valid else "covers some rows only" if predicate else "is over expressions"
            yield Finding(f"the unique index {index} of {name} {why}: it serves no concurrent refresh", _again(name))


def _again(name: RelationName) -> str:
    return f"drop {name} and run tzero apply: it makes it again, with its index"
