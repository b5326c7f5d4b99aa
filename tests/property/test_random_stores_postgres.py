"""Random stores on PostgreSQL: equal to the oracle, and to the bit whatever the session's time zone, planner or order.

``HYPOTHESIS_PROFILE=long`` runs thousands of new random stores on every PostgreSQL of the machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from tests.oracle.compare import differences
from tests.oracle.corners import corner_stores
from tests.oracle.database import rows_of, store_statements, table_statements
from tests.oracle.description import Row, Store, Tables
from tests.oracle.store import ANCHOR, entrypoint, statistics_relation
from tests.oracle.strategies import stores
from tests.oracle.translate import catalog, feature_view
from tests.property.test_random_stores import _backwards, _bits, _statistics
from tests.servers import fresh_database, versions

from tzero.compile.compiler import compile_view
from tzero.compile.deployment import Deployment

pytestmark = pytest.mark.skipif(not versions(), reason="no PostgreSQL server is installed")
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
RANDOM_STORES = settings(
    max_examples=3000 if LONG else 40,
    derandomize=not LONG,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
SESSIONS = (
    {"TimeZone": "UTC", "jit": "off"},
    {"TimeZone": "Pacific/Auckland", "jit": "off", "enable_hashjoin": "off", "enable_hashagg": "off"},
    {"TimeZone": "America/New_York", "jit": "off", "enable_mergejoin": "off", "enable_nestloop": "off"},
)
"""Sessions that must agree; the last ones find the sources in the opposite order."""


@RANDOM_STORES
@given(stores())
def test_compiled_store_equals_the_oracle(drawn: tuple[Store, Tables]) -> None:
    for version in versions() if LONG else versions()[:1]:
        check(*drawn, version)


@pytest.mark.parametrize("version", versions() if LONG else versions()[-1:])
@pytest.mark.parametrize(("store", "tables"), list(corner_stores())[:: 1 if LONG else 2])
def test_everything_at_once_equals_the_oracle(store: Store, tables: Tables, version: int) -> None:
    check(store, tables, version)


def check(store: Store, tables: Tables, version: int) -> None:
    deployment = compile_view(feature_view(store), catalog(tables), "postgres")
    first, *others = (_built(deployment, tables, version, at) for at in range(len(SESSIONS)))
    assert not differences(entrypoint(store, tables), first[str(deployment.entrypoint.name)], store.rows.key)
    for name, population, columns in _statistics(store, deployment, first):
        keys = tuple(column for column in columns[1:] if column not in dict(store.features))
        expected = statistics_relation(store, population, columns, keys, tables)
        found = [{ANCHOR: row.pop(columns[0]), **row} for row in map(dict, first[name])]
        assert not differences(expected, found, (ANCHOR, *keys)), name
    for other in others:
        assert {name: _bits(rows) for name, rows in first.items()} == {n: _bits(rows) for n, rows in other.items()}


def _built(deployment: Deployment, tables: Tables, version: int, at: int) -> dict[str, list[Row]]:
    """Every relation's rows; nothing stays."""
    with _nothing_stays(_session(version, at)) as session:
        session.execute(";".join(table_statements(_backwards(tables) if at else tables)).encode())
        session.execute(";".join(store_statements(deployment, "postgres")).encode())
        return {str(relation.name): rows_of(session, str(relation.name)) for relation in deployment.relations}


@contextmanager
def _nothing_stays(session: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    session.execute("BEGIN")
    try:
        yield session
    finally:
        session.execute("ROLLBACK")


@cache
def _session(version: int, at: int) -> psycopg.Connection[Any]:
    connection = psycopg.connect(_database(version), autocommit=True, prepare_threshold=None)
    for name, value in SESSIONS[at].items():
        connection.execute("SELECT set_config(%s, %s, false)", [name, value])
    return connection


@cache
def _database(version: int) -> str:
    return fresh_database(version)
