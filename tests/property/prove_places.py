"""Where worlds are held and queries are asked: one database, with a schema for each world."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from threading import Timer
from typing import Any, Protocol, TypeAlias

import duckdb
import psycopg

from tzero.falsify.bench import Output, cell, type_of
from tzero.falsify.tables import Table
from tzero.falsify.world import World

_numbers = itertools.count(1)
LONGEST = 20.0
"""A query has so many seconds on all worlds."""

REFUSED = (duckdb.Error, psycopg.Error)
"""What a query that a database does not run raises."""


class Place(Protocol):
    """A database of one dialect."""

    def ask(self, schema: str, sql: str, zone: str) -> Output:
        """What a query gives in one world, in a session of a zone."""

    def load(self, schema: str, tables: Sequence[Table], world: World) -> None:
        """A new schema with the rows of a world."""

    def timed(self) -> Any:
        """A context in which a query is interrupted where it takes too long."""

    def close(self) -> None:
        """Drop what was loaded."""


class DuckDB:
    """A DuckDB in memory."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("SET threads = 1")

    def ask(self, schema: str, sql: str, zone: str) -> Output:
        self.connection.execute(f"SET search_path = '{schema}'; SET TimeZone = '{zone}'")
        cursor = self.connection.execute(sql)
        return _output(cursor.description or (), cursor.fetchall())

    def load(self, schema: str, tables: Sequence[Table], world: World) -> None:
        self.connection.execute(f"CREATE SCHEMA {schema}")
        for table in tables:
            self.connection.execute(_created(schema, table, "duckdb"))
            rows = list(world.rows[table.name].values())
            if rows:
                self.connection.execute(*_inserted(schema, table, rows, "?"))

    @contextmanager
    def timed(self) -> Iterator[None]:
        timer = Timer(LONGEST, self.connection.interrupt)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def close(self) -> None:
        self.connection.close()


class Postgres:
    """A PostgreSQL that the tests start, in one process always the same database."""

    def __init__(self) -> None:
        self.connection = _connected()
        self.prefix = f"p{next(_numbers)}_"
        self.schemas: list[str] = []

    def ask(self, schema: str, sql: str, zone: str) -> Output:
        self.connection.execute(f"SET search_path = {self.prefix}{schema}; SET TimeZone = '{zone}'".encode())
        cursor = self.connection.execute(sql.encode())
        return _output(cursor.description or (), cursor.fetchall())

    def load(self, schema: str, tables: Sequence[Table], world: World) -> None:
        schema = self.prefix + schema
        self.schemas.append(schema)
        self.connection.execute(f"CREATE SCHEMA {schema}".encode())
        for table in tables:
            self.connection.execute(_created(schema, table, "postgres").encode())
            rows = list(world.rows[table.name].values())
            if rows:
                text, cells = _inserted(schema, table, rows, "%s")
                self.connection.execute(text.encode(), cells)

    @contextmanager
    def timed(self) -> Iterator[None]:
        yield  # the session says how long a statement may take

    def close(self) -> None:
        for schema in self.schemas:
            self.connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())


Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]


@cache
def _connected() -> Connection:
    from tests.servers import fresh_database

    options = f"-c statement_timeout={int(LONGEST / 4)}s -c jit=off -c client_min_messages=error"
    return psycopg.connect(fresh_database(), autocommit=True, prepare_threshold=None, options=options)


PLACES: dict[str, type[DuckDB] | type[Postgres]] = {"duckdb": DuckDB, "postgres": Postgres}


def _output(description: Sequence[Any], rows: list[tuple[Any, ...]]) -> Output:
    return Output(tuple(item[0] for item in description), [tuple(cell(value) for value in row) for row in rows])


def _created(schema: str, table: Table, dialect: str) -> str:
    columns = ", ".join(f"{name} {type_of(table, name, 'duckdb', dialect)}" for name in table.kinds)
    return f"CREATE TABLE {schema}.{table.name} ({columns})"


def _inserted(schema: str, table: Table, rows: list[dict[str, Any]], mark: str) -> tuple[str, list[Any]]:
    marks = ", ".join([f"({', '.join(mark for _ in table.kinds)})"] * len(rows))
    return f"INSERT INTO {schema}.{table.name} VALUES {marks}", [row[name] for row in rows for name in table.kinds]
