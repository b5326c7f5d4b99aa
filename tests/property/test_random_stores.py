"""Random stores: what the compiled SQL yields on DuckDB equals what the oracle computes, whatever was declared.

``HYPOTHESIS_PROFILE=long`` runs thousands of new random stores; the default run is the same one every time.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from functools import cache
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from tests.oracle.compare import differences
from tests.oracle.corners import corner_stores
from tests.oracle.database import rows_of, store_statements, table_statements
from tests.oracle.description import Population, Row, Store, Table, Tables
from tests.oracle.store import ANCHOR, entrypoint, statistics_relation
from tests.oracle.strategies import stores
from tests.oracle.translate import catalog, feature_view

from tzero.compile.compiler import compile_view
from tzero.compile.deployment import Deployment

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
RANDOM_STORES = settings(
    max_examples=5000 if LONG else 200,
    derandomize=not LONG,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)


@RANDOM_STORES
@given(stores())
def test_compiled_store_equals_the_oracle(drawn: tuple[Store, Tables]) -> None:
    check(*drawn)


@pytest.mark.parametrize(("store", "tables"), list(corner_stores()))
def test_everything_at_once_equals_the_oracle(store: Store, tables: Tables) -> None:
    check(store, tables)


def check(store: Store, tables: Tables) -> None:
    deployment = compile_view(feature_view(store), catalog(tables), "duckdb")
    build = store_statements(deployment, "duckdb")
    first = _built(deployment, [*table_statements(tables), *build], _session(1, "UTC"))
    second = _built(deployment, [*table_statements(_backwards(tables)), *build], _session(2, "Pacific/Auckland"))
    assert not differences(entrypoint(store, tables), first[str(deployment.entrypoint.name)], store.rows.key)
    for name, population, columns in _statistics(store, deployment, first):
        keys = tuple(column for column in columns[1:] if column not in dict(store.features))
        expected = statistics_relation(store, population, columns, keys, tables)
        found = [{ANCHOR: row.pop(columns[0]), **row} for row in map(dict, first[name])]
        assert not differences(expected, found, (ANCHOR, *keys)), name
    assert {name: _bits(rows) for name, rows in first.items()} == {name: _bits(rows) for name, rows in second.items()}


@cache
def _session(threads: int, zone: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": threads})
    connection.execute(f"SET TimeZone = '{zone}'")
    return connection


def _built(deployment: Deployment, statements: list[str], session: duckdb.DuckDBPyConnection) -> dict[str, list[Row]]:
    """Every relation's rows; nothing stays."""
    session.execute("BEGIN")
    try:
        session.execute(";".join(statements))
        return {str(relation.name): rows_of(session, str(relation.name)) for relation in deployment.relations}
    finally:
        session.execute("ROLLBACK")


def _backwards(tables: Tables) -> Tables:
    return {name: Table(table.columns, table.rows[::-1]) for name, table in tables.items()}


def _statistics(
    store: Store, deployment: Deployment, built: dict[str, list[Row]]
) -> Iterator[tuple[str, Population, list[str]]]:
    """Each statistics relation with its population and columns."""
    for relation in deployment.relations:
        if relation.is_stored:
            columns = relation.query.named_selects
            population = next(p for p in store.populations for name, _ in store.statistics_of(p) if name in columns)
            yield str(relation.name), population, columns


def _bits(rows: list[Row]) -> list[tuple[Any, ...]]:
    return sorted((tuple(map(_bit, row.values())) for row in rows), key=repr)


def _bit(value: Any) -> Any:
    return struct.pack("<d", value) if isinstance(value, float) else value
