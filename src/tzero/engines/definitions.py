"""What a view is made of, as its database keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tzero.engines.base import Engine
from tzero.sql.names import RelationName

_DEFAULT_SCHEMA: Mapping[str, str] = MappingProxyType({"duckdb": "main", "postgres": "public"})
_QUERIES: Mapping[str, str] = MappingProxyType({
    "duckdb": """
SELECT sql FROM duckdb_views()
WHERE database_name = current_database() AND lower(schema_name) = lower(?) AND lower(view_name) = lower(?)
""",
    "postgres": """
SELECT pg_catalog.pg_get_viewdef(c.oid)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('v', 'm') AND n.nspname = ? AND c.relname = ?
""",
})  # fmt: skip


def view_definition(engine: Engine, name: RelationName) -> str | None:
    """The text of a view or materialized view, a query or the statement that creates it; None for anything else."""
    query = _QUERIES.get(engine.dialect)
    if query is None or name.is_file:
        return None
    found = engine.rows(query, [name.schema or _DEFAULT_SCHEMA[engine.dialect], name.name])
    return str(found[0][0]) if found else None
