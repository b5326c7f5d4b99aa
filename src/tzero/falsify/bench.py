"""Where worlds are loaded and queries run: a database of our own, in memory."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tzero.engines.base import Engine
from tzero.engines.catalog import ColumnInfo
from tzero.engines.targets import Target, open_engine
from tzero.errors import EngineError, OutOfTimeError, TzeroError
from tzero.falsify.reading import Reading, reading_of
from tzero.falsify.tables import Table
from tzero.falsify.world import Row, World
from tzero.sql.names import RelationName
from tzero.sql.render import quoted
from tzero.sql.types import type_in

Cells = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Output:
    """What a query gave: names and rows, every cell hashable and equal only to itself."""

    columns: tuple[str, ...]
    rows: list[Cells]


class Bench:
    """An embedded DuckDB with the base relations of a query. Close it after use."""

    def __init__(
        self,
        tables: Sequence[Table],
        views: Mapping[str, str],
        dialect: str,
        setup: Iterable[str] = (),
        engine: Engine | None = None,
    ) -> None:
        self.engine: Engine = engine or open_engine(Target.parse("duckdb://", Path()), read_only=False)
        self.tables = tuple(tables)
        self._held: dict[str, list[Row]] = {}
        self._readings: dict[str, Reading] = {}
        try:
            self.create(views, dialect, setup)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self.engine.close()

    def load(self, world: World) -> None:
        """Replace the rows of every base relation that are not the ones it holds."""
        for table in self.tables:
            rows = [dict(row) for row in world.rows[table.name].values()]
            if rows != self._held.get(table.name):
                self._held[table.name] = rows
                self.fill(table, rows)

    def run(self, sql: str) -> Output:
        """Run a query. Raises EngineError where the database refuses it, or gives what Python has no value for."""
        if sql not in self._readings:
            self._readings[sql] = reading_of(sql, self.columns(sql), self.engine.dialect)
        reading = self._readings[sql]
        try:
            rows = self._rows(reading)
        except OutOfTimeError:
            raise
        except EngineError:
            if reading.times or not reading.dated:
                raise
            rows = None
        if rows is None or reading.doubts(rows):
            reading = reading_of(sql, reading.columns, self.engine.dialect, times=True)
            rows = self._rows(reading)
            self._readings[sql] = reading
        return Output(reading.names, [tuple(cell(value) for value in reading.row(row)) for row in rows])

    def columns(self, sql: str) -> tuple[ColumnInfo, ...]:
        """The columns that a query gives."""
        return tuple(ColumnInfo(name, type_) for name, type_, *_ in self.engine.rows(f"DESCRIBE {sql}"))

    def _rows(self, reading: Reading) -> list[tuple[Any, ...]]:
        try:
            return self.engine.rows(reading.sql)
        except (ValueError, OverflowError) as error:
            raise EngineError(f"{self.engine.label}: a value cannot be read: {error}") from error

    def use_zone(self, zone: str) -> None:
        self.engine.execute(f"SET TimeZone = '{zone}'")

    def use_threads(self, number: int) -> None:
        self.engine.execute(f"SET threads = {number}")

    def place(self, name: str) -> str:
        """A relation of the query as it is called here."""
        return quoted(RelationName.parse(name), self.engine.dialect)

    def create(self, views: Mapping[str, str], dialect: str, setup: Iterable[str]) -> None:
        self.use_threads(1)
        for name in [*(table.name for table in self.tables), *views]:
            schema = RelationName.parse(name).schema
            if schema:
                self.engine.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema, self.engine.dialect)}")
        for table in self.tables:
            columns = ", ".join(
                f"{quoted(column, self.engine.dialect)} {type_of(table, column, dialect, self.engine.dialect)}"
                for column in table.kinds
            )
            self.engine.execute(f"CREATE TABLE {self.place(table.name)} ({columns})")
        for statement in setup:
            self.engine.execute(statement)
        self.create_views("CREATE VIEW", dict(views))

    def create_views(self, verb: str, views: dict[str, str]) -> None:
        """Create views that may read each other, in whatever order works."""
        while views:
            failed: TzeroError | None = None
            for name in list(views):
                try:
                    self.engine.execute(f"{verb} {self.place(name)} AS {views[name]}")
                except TzeroError as error:
                    failed = error
                else:
                    del views[name]
                    failed = None
                    break
            if failed is not None:
                raise failed

    def fill(self, table: Table, rows: list[Row]) -> None:
        self.engine.execute(f"DELETE FROM {self.place(table.name)}")
        if rows:
            # Arrow is slow to load, and a proof needs none.
            from tzero.falsify.batches import batches

            self.engine.load(RelationName.parse(table.name), batches(table, rows), append=True)


def cell(value: Any) -> Any:
    """A value as one that can be hashed and compared; every NaN equals every other, 0.0 is not -0.0."""
    if isinstance(value, Decimal) and value.is_nan():
        return "NaN"
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        return "-0.0" if value == 0 and math.copysign(1, value) < 0 else value
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC)
    if isinstance(value, (list, tuple)):
        return tuple(cell(item) for item in value)
    if isinstance(value, dict):
        return tuple((cell(key), cell(item)) for key, item in value.items())
    return value


def type_of(table: Table, column: str, dialect: str, to: str) -> str:
    declared = table.relation.columns[column]
    return type_in(declared or str(table.kinds[column]), dialect, to)
