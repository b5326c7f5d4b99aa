"""A NULL in the key of a stored relation: a unique index lets it through any number of times, and a concurrent refresh
writes such rows anew each time (one of 200,000 unchanged rows took 151 s instead of 0.5 s)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tzero.doctor.finding import Finding
from tzero.doctor.store import Store
from tzero.sql.names import RelationName
from tzero.sql.render import quoted

_COLUMNS = {
    "postgres": """
SELECT DISTINCT a.attname
FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indexrelid
WHERE i.indisunique AND i.indexprs IS NULL AND n.nspname = ? AND c.relname = ?
ORDER BY 1""",
    "duckdb": """
SELECT DISTINCT unnest(constraint_column_names) FROM duckdb_constraints()
WHERE constraint_type IN ('UNIQUE', 'PRIMARY KEY') AND schema_name = ? AND table_name = ?
ORDER BY 1""",
}


def check(store: Store) -> Iterator[Finding]:
    query = _COLUMNS.get(store.engine.dialect)
    for name in store.relations("statistics") if query else ():
        columns = [str(column) for (column,) in store.rows(query or "", [name.schema, name.name])]
        nulls = _nulls(store, name, columns) if columns else 0
        if nulls:
            yield Finding(
                f"{nulls:,} rows of {name} have a NULL in their key ({', '.join(columns)})",
                "give the key columns a value where they have none, for example coalesce(..., 'other'), and apply",
            )


def _nulls(store: Store, name: RelationName, columns: Sequence[str]) -> int:
    dialect = store.engine.dialect
    missing = " OR ".join(f"{quoted(column, dialect)} IS NULL" for column in columns)
    return int(store.rows(f"SELECT count(*) FROM {quoted(name, dialect)} WHERE {missing}")[0][0])
