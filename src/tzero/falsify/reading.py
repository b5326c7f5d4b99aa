"""How the rows of a query are read: two cells are equal only where the database shows the same value.

A driver's values are less than that: it counts a month as 30 days, and has no time without end. What it tells wrongly
is read as the database's own text; numbers that are equal are the same, whatever their scale.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from tzero.engines.catalog import ColumnInfo
from tzero.features.types import ColumnType
from tzero.sql.render import quoted

_TOLD_WRONGLY = re.compile(r"\b(interval|time with time zone|timetz|jsonb?)\b", re.IGNORECASE)
_OF_THE_SESSION = re.compile(r"\b(timestamp with time zone|timestamptz)\b", re.IGNORECASE)
"""A text that holds one differs from session to session."""
_ENDS = (datetime.max, datetime.min, date.max, date.min)
"""What a driver takes for times that Python does not reach."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A query as it is run, and its columns. Those in ``times``, by place, are read as a text of the kind of time."""

    sql: str
    columns: tuple[ColumnInfo, ...]
    times: Mapping[int, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def dated(self) -> dict[int, str]:
        """The places of columns that hold times, and of what kind."""
        kinds = (ColumnType.parse(column.type) for column in self.columns)
        return {at: kind.kind for at, kind in enumerate(kinds) if kind.is_time}

    def row(self, values: Sequence[Any]) -> list[Any]:
        return [_time(v, self.times[at]) if at in self.times and v is not None else v for at, v in enumerate(values)]

    def doubts(self, rows: Sequence[Sequence[Any]]) -> bool:
        """Whether a time may be another one than the driver says, and is not read as a text yet."""
        return not self.times and any(row[at] in _ENDS or isinstance(row[at], str) for at in self.dated for row in rows)


def reading_of(sql: str, columns: Sequence[ColumnInfo], dialect: str, *, times: bool = False) -> Reading:
    """How to read a query; ``times``: those, too, as texts, since some may be out of the driver's reach.

    >>> found = reading_of("SELECT * FROM t", [ColumnInfo("a", "INTEGER"), ColumnInfo("b", "INTERVAL")], "duckdb")
    >>> print(found.sql)
    SELECT "c0", CAST("c1" AS text) FROM (
    SELECT * FROM t
    ) AS "q" ("c0", "c1")
    """
    plain = Reading(sql, tuple(columns))
    dated = plain.dated if times else {}
    told = {at for at, column in enumerate(columns) if is_told_wrongly(column.type)}
    if not told and not dated:
        return plain
    places = [quoted(f"c{at}", dialect) for at in range(len(columns))]
    read = [_text(place, dated.get(at, "")) if at in told or at in dated else place for at, place in enumerate(places)]
    inner = sql.strip().rstrip(";")
    query = f"SELECT {', '.join(read)} FROM (\n{inner}\n) AS {quoted('q', dialect)} ({', '.join(places)})"
    return Reading(query, tuple(columns), dated)


def is_told_wrongly(type_: str) -> bool:
    """Whether values of a type, or parts of them, are taken for others; databases, too, count a month as 30 days."""
    return bool(_TOLD_WRONGLY.search(type_)) and not _OF_THE_SESSION.search(type_)


def _text(place: str, kind: str) -> str:
    value = f"timezone('UTC', {place})" if kind == "timestamptz" else place
    return f"CAST({value} AS text)"


def _time(text: str, kind: str) -> Any:
    """The time that a text says; the text itself, where it is none that Python has: infinity, years after 9999."""
    try:
        if kind == "date":
            return date.fromisoformat(text)
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    return found.replace(tzinfo=UTC) if kind == "timestamptz" else found
