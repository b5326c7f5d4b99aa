"""A described store in a database: statements that build its tables and its relations, and the rows of a relation."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tests.oracle.description import Row, Tables
from tests.oracle.translate import quoted
from tzero.compile.deployment import Deployment
from tzero.sql.render import render

_TYPES = {"double": "double precision"}


def table_statements(tables: Tables) -> list[str]:
    """SQL that DuckDB and PostgreSQL both read."""
    found = []
    for name, table in tables.items():
        types = {column: _TYPES.get(kind, kind) for column, kind in table.columns.items()}
        found.append(f"CREATE TABLE {quoted(name)} (" + ", ".join(f'"{c}" {kind}' for c, kind in types.items()) + ")")
        if table.rows:
            rows = (", ".join(_literal(row[c], kind) for c, kind in types.items()) for row in table.rows)
            found.append(f"INSERT INTO {quoted(name)} VALUES " + ", ".join(f"({row})" for row in rows))
    return found


def store_statements(deployment: Deployment, dialect: str) -> list[str]:
    """Every relation in order, statistics as tables."""
    return [
        f"CREATE {'TABLE' if relation.is_stored else 'VIEW'} {relation.name} AS {render(relation.query, dialect)}"
        for relation in deployment.relations
    ]


def rows_of(connection: Any, relation: str) -> list[Row]:
    """The rows by way of a DuckDB or psycopg connection, instants in UTC."""
    result = connection.execute(f"SELECT * FROM {relation}")
    names = [column[0] for column in result.description]
    return [dict(zip(names, map(in_utc, row), strict=True)) for row in result.fetchall()]


def in_utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else value


def _literal(value: Any, kind: str) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, (str, date)) or (isinstance(value, float) and not math.isfinite(value)):
        text = value.isoformat() if isinstance(value, date) else str(value)
        return "'" + text.replace("'", "''") + f"'::{kind}"
    assert isinstance(value, (int, float, Decimal)), value
    return f"{value!r}::{kind}" if isinstance(value, float) else str(value)
