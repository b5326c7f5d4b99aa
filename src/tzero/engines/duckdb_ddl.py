"""How DuckDB creates and refreshes relations. All of it is transactional: readers see the old state until commit."""

from __future__ import annotations

from collections.abc import Sequence

from tzero.engines.catalog import ColumnInfo, Statement, StoredRelation
from tzero.sql.names import RelationName
from tzero.sql.render import quoted

_LOCK = "the database file, held against other processes"


def refusal(query: str, message: str) -> Statement:
    escaped = message.replace("'", "''")
    return Statement(f"SELECT CASE WHEN EXISTS (\n{query}\n) THEN error('{escaped}') END")


def schema_statements(schema: str) -> tuple[Statement, ...]:
    return (Statement(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema, 'duckdb')}", _LOCK),)


def view_statements(name: RelationName, sql: str) -> tuple[Statement, ...]:
    return (Statement(f"CREATE OR REPLACE VIEW {quoted(name, 'duckdb')} AS\n{sql}", _LOCK),)


def stored_statements(relation: StoredRelation) -> tuple[Statement, ...]:
    """A table, and a statement that fails where its key repeats.

    No index: DuckDB's joins do not use one, building it takes as long as the table itself and doubles the file,
    while counting the keys takes a quarter of that.
    """
    name = quoted(relation.name, "duckdb")
    table = Statement(f"CREATE OR REPLACE TABLE {name} AS\n{relation.sql}", _LOCK)
    return (table, unique_statement(relation.name, relation.key)) if relation.key else (table,)


def appended_statements(name: RelationName, columns: Sequence[ColumnInfo]) -> tuple[Statement, ...]:
    """A table of columns, not of an empty query: of one that a query made, DuckDB 2.0 believes for the rest of the
    session that it has no value, however many rows the same transaction adds (more than 122,880, on two threads).
    """
    listed = ",\n".join(f"    {quoted(column.name, 'duckdb')} {column.type}" for column in columns)
    return (Statement(f"CREATE TABLE {quoted(name, 'duckdb')} (\n{listed}\n)", _LOCK),)


def append_statements(relation: StoredRelation, columns: Sequence[str]) -> tuple[Statement, ...]:
    listed = ", ".join(quoted(column, "duckdb") for column in columns)
    added = Statement(f"INSERT INTO {quoted(relation.name, 'duckdb')} ({listed})\n{relation.sql}", _LOCK)
    return added, unique_statement(relation.name, relation.key)


def unique_statement(name: RelationName, key: Sequence[str]) -> Statement:
    columns = ", ".join(quoted(column, "duckdb") for column in key)
    message = f"the key ({', '.join(key)}) of {name} is not unique".replace("'", "''")
    return Statement(
        f"SELECT CASE WHEN count(*) > 0 THEN error('{message}') END\n"
        f"FROM (SELECT 1 FROM {quoted(name, 'duckdb')} GROUP BY {columns} HAVING count(*) > 1)"
    )
