"""What the catalog says of a stored relation beside its columns: whether it has rows to read, and what is unique."""

from __future__ import annotations

from dataclasses import dataclass

from tzero.engines.base import Engine
from tzero.sql.names import RelationName


@dataclass(frozen=True, slots=True)
class UniqueIndex:
    """``whole`` says that it is valid, over plain columns, and of all rows."""

    name: str
    columns: tuple[str, ...]
    whole: bool
    why_not: str = ""


_INDEXES = """
SELECT x.relname, i.indisvalid AND i.indisready, i.indpred IS NOT NULL, i.indexprs IS NOT NULL,
  ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, at)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number ORDER BY k.at)
FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE i.indisunique AND n.nspname = ? AND c.relname = ?
ORDER BY x.relname"""
_POPULATED = """
SELECT c.relispopulated FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ? AND c.relname = ?"""


def keeps_unique_indexes(engine: Engine) -> bool:
    """Whether stored relations of this engine have a unique index over their key."""
    return engine.refreshes_by_key


def unique_indexes(engine: Engine, name: RelationName) -> tuple[UniqueIndex, ...]:
    """The unique indexes of a relation of PostgreSQL; none elsewhere."""
    if engine.dialect != "postgres":
        return ()
    found = []
    for index, valid, partial, computed, columns in engine.rows(_INDEXES, [name.schema, name.name]):
        why = "is not valid" if not valid else "covers some rows only" if partial else "is over expressions"
        whole = bool(valid and not partial and not computed)
        found.append(UniqueIndex(index, tuple(columns), whole, "" if whole else why))
    return tuple(found)


def is_populated(engine: Engine, name: RelationName) -> bool:
    """False for a materialized view that was created WITH NO DATA and never refreshed."""
    if engine.dialect != "postgres":
        return True
    return engine.rows(_POPULATED, [name.schema, name.name]) != [(False,)]
