"""Counts that gates take, with examples: rows that share a key, rows of one relation that another lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tzero.engines.base import Engine
from tzero.sql.names import RelationName
from tzero.sql.render import quoted

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Counted:
    """How many, and a few of them."""

    number: int
    examples: tuple[tuple[Any, ...], ...] = ()

    def shown(self) -> str:
        """The examples as text."""
        return "; ".join(", ".join(str(value) for value in row) for row in self.examples)


def rows_of(engine: Engine, relation: RelationName) -> int:
    return int(engine.rows(f"SELECT count(*) FROM {quoted(relation, engine.dialect)}")[0][0])


def rows_and_keys(engine: Engine, relation: RelationName, key: Sequence[str]) -> tuple[int, int]:
    """How many rows there are, and how many different keys; in one pass."""
    different = (
        f"count(DISTINCT ({listed(engine, key)}))" if len(key) == 1 else f"count(DISTINCT ROW({listed(engine, key)}))"
    )
    rows, keys = engine.rows(f"SELECT count(*), {different} FROM {quoted(relation, engine.dialect)}")[0]
    return int(rows), int(keys)


@dataclass(frozen=True, slots=True)
class Matched:
    """Rows and different keys of one relation, rows of another, keys of the other that it lacks, keys beyond these."""

    rows: int
    keys: int
    other_rows: int
    missing: int
    extra: int


def matched(
    engine: Engine, relation: RelationName, key: Sequence[str], other: RelationName, other_key: Sequence[str]
) -> Matched:
    """Count both relations by key in one pass over each; NULL is a value like any other here."""
    dialect = engine.dialect
    # keys by their place: a column of one may have any name
    places = [f"k{at}" for at in range(len(key))]
    named = ", ".join(f"{quoted(name, dialect)} AS {place}" for name, place in zip(key, places, strict=True))
    mine = f"SELECT {named}, 1 AS mine, 0 AS theirs FROM {quoted(relation, dialect)}"
    theirs = f"SELECT {listed(engine, other_key)}, 0, 1 FROM {quoted(other, dialect)}"
    each = (
        f"SELECT sum(mine) AS mine, sum(theirs) AS theirs FROM ({mine} UNION ALL {theirs}) AS rows_of_both "
        f"GROUP BY {', '.join(places)}"
    )
    numbers = engine.rows(
        "SELECT coalesce(sum(mine), 0), count(*) FILTER (WHERE mine > 0), coalesce(sum(theirs), 0), "
        f"count(*) FILTER (WHERE mine = 0), count(*) FILTER (WHERE theirs = 0) FROM ({each}) AS each_key"
    )[0]
    return Matched(*(int(number) for number in numbers))


def repeated_keys(engine: Engine, relation: RelationName, key: Sequence[str]) -> Counted:
    """Keys that stand on more than one row; NULL is a value like any other here."""
    columns = listed(engine, key)
    query = f"SELECT {columns} FROM {quoted(relation, engine.dialect)} GROUP BY {columns} HAVING count(*) > 1"
    return counted(engine, query)


def rows_where(engine: Engine, relation: RelationName, key: Sequence[str], condition: str) -> Counted:
    """Rows that meet a condition, shown by their key."""
    return counted(engine, f"SELECT {listed(engine, key)} FROM {quoted(relation, engine.dialect)} WHERE {condition}")


def keys_without(
    engine: Engine, relation: RelationName, key: Sequence[str], other: RelationName, other_key: Sequence[str]
) -> Counted:
    """Keys of one relation that another does not have."""
    dialect = engine.dialect
    mine = f"SELECT {listed(engine, key)} FROM {quoted(relation, dialect)}"
    theirs = f"SELECT {listed(engine, other_key)} FROM {quoted(other, dialect)}"
    return counted(engine, f"{mine} EXCEPT {theirs}")


def counted(engine: Engine, query: str) -> Counted:
    """How many rows a query gives, and a few of them."""
    number = int(engine.rows(f"SELECT count(*) FROM ({query}) AS found")[0][0])
    return Counted(number, tuple(engine.rows(f"{query} LIMIT {_EXAMPLES}")) if number else ())


def listed(engine: Engine, names: Sequence[str], table: str = "") -> str:
    """Column names, quoted, with commas; of a table alias where one is given."""
    before = f"{table}." if table else ""
    return ", ".join(before + quoted(name, engine.dialect) for name in names)
