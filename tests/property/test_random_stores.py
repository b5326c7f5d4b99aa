"""Random stores: what the compiled SQL yields on DuckDB equals what the oracle computes, whatever was declared.

``HYPOTHESIS_PROFILE=long`` runs thousands of new random stores; the default run is the same one every time.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import Any

import duckdb
from hypothesis import HealthCheck, given, note, settings
from tests.oracle.compare import differences
from tests.oracle.description import Population, Row, Store, Table, Tables
from tests.oracle.duckdb_store import deploy, load, rows_of
from tests.oracle.store import ANCHOR, entrypoint, statistics_relation
from tests.oracle.strategies import stores
from tests.oracle.translate import catalog, feature_view

from tzero.compile.compiler import compile_view
from tzero.compile.deployment import Deployment

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
RANDOM_STORES = settings(
    max_examples=5000 if LONG else 300,
    derandomize=not LONG,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
SESSIONS = ((1, "UTC"), (2, "Pacific/Auckland"))
"""Threads and time zone of two sessions that must agree to the bit."""


@RANDOM_STORES
@given(stores())
def test_compiled_store_equals_the_oracle(drawn: tuple[Store, Tables]) -> None:
    store, tables = drawn
    deployment = compile_view(feature_view(store), catalog(tables), "duckdb")
    first, second = (_built(deployment, tables, at) for at in range(len(SESSIONS)))
    assert not differences(entrypoint(store, tables), first[str(deployment.entrypoint.name)], store.rows.key)
    for name, population, columns in _statistics(store, deployment, first):
        keys = tuple(column for column in columns[1:] if column not in dict(store.features))
        expected = statistics_relation(store, population, columns, keys, tables)
        found = [{ANCHOR: row.pop(columns[0]), **row} for row in map(dict, first[name])]
        note(f"statistics relation {name}")
        assert not differences(expected, found, (ANCHOR, *keys))
    assert {name: _bits(rows) for name, rows in first.items()} == {name: _bits(rows) for name, rows in second.items()}


def _built(deployment: Deployment, tables: Tables, session: int) -> dict[str, list[Row]]:
    """Every relation's rows, in a session of its own; the second one also finds the sources in the opposite order."""
    threads, zone = SESSIONS[session]
    if session:
        tables = {name: Table(table.columns, table.rows[::-1]) for name, table in tables.items()}
    with duckdb.connect(config={"threads": threads}) as connection:
        connection.execute(f"SET TimeZone = '{zone}'")
        load(connection, tables)
        deploy(connection, deployment)
        return {str(relation.name): rows_of(connection, str(relation.name)) for relation in deployment.relations}


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
