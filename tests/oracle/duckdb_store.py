"""A described store in DuckDB: its tables, what the compiler makes of it, and the rows of a relation."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from tests.oracle.description import Row, Tables
from tests.oracle.translate import quoted
from tzero.compile.deployment import Deployment


def load(connection: duckdb.DuckDBPyConnection, tables: Tables) -> None:
    for name, table in tables.items():
        columns = ", ".join(f"{quoted(column)} {kind}" for column, kind in table.columns.items())
        connection.execute(f"CREATE TABLE {quoted(name)} ({columns})")
        if table.rows:
            rows = (
                "(" + ", ".join(_literal(row[column], kind) for column, kind in table.columns.items()) + ")"
                for row in table.rows
            )
            connection.execute(f"INSERT INTO {quoted(name)} VALUES " + ", ".join(rows))


def deploy(connection: duckdb.DuckDBPyConnection, deployment: Deployment) -> None:
    """Create every relation in order, statistics as tables."""
    for relation in deployment.relations:
        kind = "TABLE" if relation.is_stored else "VIEW"
        connection.execute(f"CREATE {kind} {relation.name} AS {relation.query.sql(dialect='duckdb')}")


def rows_of(connection: duckdb.DuckDBPyConnection, relation: str) -> list[Row]:
    """The rows, instants in UTC."""
    result = connection.execute(f"SELECT * FROM {relation}")
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, map(_in_utc, row), strict=True)) for row in result.fetchall()]


def _in_utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else value


def _literal(value: Any, kind: str) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, float):
        return f"'{value}'::DOUBLE" if not math.isfinite(value) else f"{value!r}::DOUBLE"
    if isinstance(value, (str, date)):
        text = value if isinstance(value, str) else value.isoformat()
        return "'" + text.replace("'", "''") + f"'::{kind}"
    return str(value) if isinstance(value, (int, Decimal)) else repr(value)
