"""A deployed relation over base relations of which a few rows differ: one read-only query, nothing is copied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlglot import exp

from tzero.engines.base import Engine
from tzero.engines.catalog import ColumnInfo
from tzero.falsify.closure import Closure
from tzero.falsify.tables import Table
from tzero.falsify.world import Row, World, changes
from tzero.sql.build import relation
from tzero.sql.names import RelationName
from tzero.sql.parse import parse_one
from tzero.sql.render import quoted, text_literal

Cte = tuple[str, str]
PART = "taken_part_"


@dataclass(frozen=True)
class Rewriter:
    """Writes queries of one closure. ``base`` holds the rows that were read of each table, as they are.

    ``parts`` are conditions on the rows of tables that are not taken whole; ``held`` says that these rows are in tables
    of their own already.
    ``turned`` lays the rows of every base relation in another order.
    """

    engine: Engine
    closure: Closure
    tables: Mapping[str, Table]
    types: Mapping[str, Mapping[str, str]]
    base: World
    parts: Mapping[str, str] = field(default_factory=dict)
    turned: bool = False
    held: bool = False

    def over(self, world: World, prefix: str) -> tuple[list[Cte], str]:
        """Named subqueries that make the closure over a world, and the name of the last one."""
        names: dict[RelationName, str] = {}
        found = self._part_ctes()
        for at, name in enumerate(self.closure.bases):
            table = self.tables.get(str(name))
            text = self._mutated(name, table, world) if table else None
            if self.turned:
                text = self._turned(text or f"SELECT * FROM {from_item(self.engine, name)}")
            if text is not None:
                names[name] = f"{prefix}_base_{at}"
                found.append((names[name], text))
        for at, (name, _) in enumerate(self.closure.views):
            text = self.closure.text(self.engine, name, names)
            names[name] = f"{prefix}_view_{at}"
            found.append((names[name], text))
        return found, found[-1][0]

    def source(self, world: World, table: Table) -> str:
        """A table over a world, as what can stand after FROM."""
        name = RelationName.parse(table.name)
        text = self._mutated(name, table, world)
        return f"({text})" if text is not None else f"(SELECT * FROM {from_item(self.engine, name)})"

    def _mutated(self, name: RelationName, table: Table, world: World) -> str | None:
        """A base relation without the rows that differ and with what they are instead; None where it is as it is."""
        touched = [change for change in changes(self.base, world) if change.relation == table.name]
        if not touched and table.name not in self.parts:
            return None
        columns = ", ".join(quoted(column, self.engine.dialect) for column in table.kinds)
        place = self.part(table.name) if table.name in self.parts else from_item(self.engine, name)
        text = f"SELECT {columns} FROM {place}"
        gone = [change.before for change in touched if change.before is not None]
        if gone:
            text += f" WHERE NOT ({self.any_of(table, gone)})"
        come = [change.after for change in touched if change.after is not None]
        return " UNION ALL ".join([text, *(f"SELECT {self._cells(table, row)}" for row in come)])

    def part(self, table: str) -> str:
        """The rows that are taken of a table, as they stand after FROM: every world reads them, the database once."""
        return f'"{self._part(table)}"'

    def _part(self, table: str) -> str:
        return part_name(list(self.parts).index(table))

    def _part_ctes(self) -> list[Cte]:
        if self.held:
            return []
        return [(self._part(name), part_query(self.engine, name, condition)) for name, condition in self.parts.items()]

    def _turned(self, query: str) -> str:
        """The rows of a query from the last to the first, by nothing but their place."""
        last = f"SELECT t_.*, row_number() OVER () AS place_ FROM ({query}) t_"
        names = ", ".join(f"s_.{quoted(c.name, self.engine.dialect)}" for c in self._columns(query))
        return f"SELECT {names} FROM ({last}) s_ ORDER BY place_ DESC"

    def _columns(self, query: str) -> tuple[ColumnInfo, ...]:
        parts = self._part_ctes()
        whole = with_ctes(parts, query) if parts else query
        return self.engine.describe_query(parse_one(whole, self.engine.dialect))

    def any_of(self, table: Table, rows: Iterable[Mapping[str, Any]]) -> str:
        """Whether a row is one of some, by its key."""
        tests = (
            " AND ".join(
                f"{quoted(column, self.engine.dialect)} = {self.literal(table, column, row[column])}"
                for column in table.key
            )
            for row in rows
        )
        return " OR ".join(f"({test})" for test in tests) or "FALSE"

    def literal(self, table: Table, column: str, value: Any) -> str:
        return f"CAST({literal(value)} AS {self.types[table.name][column]})"

    def _cells(self, table: Table, row: Row | Mapping[str, Any]) -> str:
        return ", ".join(
            f"{self.literal(table, column, row[column])} AS {quoted(column, self.engine.dialect)}"
            for column in table.kinds
        )


def part_name(at: int) -> str:
    """What the rows that are taken of a table are called, by its place among the parts."""
    return f"{PART}{at}"


def part_query(engine: Engine, table: str, condition: str) -> str:
    """The rows that are taken of a table."""
    return f"SELECT * FROM {from_item(engine, RelationName.parse(table))} WHERE {condition}"


def from_item(engine: Engine, name: RelationName) -> str:
    """A relation as it stands after FROM; a data file as a subquery that scans it."""
    if name.is_file:
        return f"({engine.render(exp.select('*').from_(relation(name)))}) AS file_"
    return quoted(name, engine.dialect)


def literal(value: Any) -> str:
    """A value as a quoted text that a cast understands.

    >>> literal("it's"), literal(None), literal(3)
    ("'it''s'", 'NULL', "'3'")
    """
    if value is None:
        return "NULL"
    if isinstance(value, (datetime, date)):
        text = value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    elif isinstance(value, float):
        text = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(repr(value), repr(value))
    else:
        text = str(value) if isinstance(value, (int, str, Decimal)) else repr(value)
    return text_literal(text)


def with_ctes(ctes: Sequence[Cte], query: str) -> str:
    """A query under named subqueries, each once; the parts of tables are read once however often they are named."""
    named = ",\n".join(
        f'"{name}" AS {"MATERIALIZED " if name.startswith(PART) else ""}(\n{text}\n)'
        for name, text in dict(ctes).items()
    )
    return f"WITH {named}\n{query}"
