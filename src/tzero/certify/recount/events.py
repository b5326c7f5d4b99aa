"""The events of a population, read once and kept in columns: when each enters and leaves the sight of anchors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from tzero.certify.recount.reading import Line, length, lines_of, whole
from tzero.certify.recount.values import NUMBER, TIME
from tzero.certify.subject import Subject
from tzero.compile import NamedRows
from tzero.features.populations import Population
from tzero.features.rows import T0
from tzero.features.types import ColumnType
from tzero.sql.render import quoted
from tzero.timeline import Anchor, Day, Trail

if TYPE_CHECKING:
    from tzero.certify.recount.keys import Whole

_TIME, _KNOWN, _NUMBER = "time_", "known_", "number_"
_FINITE = {"duckdb": "isfinite({})", "postgres": "isfinite({})"}


@dataclass(frozen=True, slots=True)
class Events:
    """``table`` has the time, the number of rows, when they became known, then ``columns``; times as whole numbers."""

    table: pa.Table
    columns: tuple[str, ...]

    @property
    def places(self) -> dict[str, int]:
        """Where each column stands in a line of `entering` and `leaving`."""
        return {name: NUMBER + 1 + at for at, name in enumerate(self.columns)}

    def entering(self, trail: Trail, anchor: Anchor) -> Iterator[tuple[int, Line]]:
        """Events by the moment that anchors must be later than to see them."""
        return self._ordered(trail, anchor, 0)

    def leaving(self, trail: Trail, anchor: Anchor) -> Iterator[tuple[int, Line]]:
        """Events by the moment that anchors must not be later than to see them; nothing where there is no window."""
        return iter(()) if trail.leaves_after is None else self._ordered(trail, anchor, 1)

    def in_sight(self, trail: Trail, anchor: Anchor) -> tuple[pa.Table, Whole, Whole | None]:
        """The events that some anchor may see, unordered, and the moments at which they enter and leave its sight."""
        enter = pc.cast(pc.add(self.table[_KNOWN], length(trail.enters_after, anchor)), pa.int64())
        if trail.leaves_after is None:
            return self.table, enter.to_numpy(), None
        leave = pc.cast(pc.add(self.table[_TIME], length(trail.leaves_after, anchor)), pa.int64())
        seen = pc.less(enter, leave)  # known only after it has left: never seen
        return self.table.filter(seen), pc.filter(enter, seen).to_numpy(), pc.filter(leave, seen).to_numpy()

    def _ordered(self, trail: Trail, anchor: Anchor, by: int) -> Iterator[tuple[int, Line]]:
        enter = pc.add(self.table[_KNOWN], length(trail.enters_after, anchor))
        table, moment = self.table, enter
        if trail.leaves_after is not None:
            leave = pc.add(self.table[_TIME], length(trail.leaves_after, anchor))
            seen = pc.less(enter, leave)  # known only after it has left: never seen
            table, moment = table.filter(seen), pc.filter(leave if by else enter, seen)
        lines = table.drop_columns([_KNOWN]).append_column("moment_", moment).sort_by("moment_")
        return ((line[-1], line) for line in lines_of(lines))


def read_events(
    subject: Subject, population: Population, rows: NamedRows, known_at: str | None, columns: tuple[str, ...]
) -> Events:
    """The events of a population, those that are alike together. Events whose time is not known are left out."""
    dialect, anchor = subject.engine.dialect, population.anchor
    known = [name for name in (population.rows.source.known_at, known_at) if name is not None]
    settled = [timedelta(0), *(lookup.source.sla for lookup in population.rows.lookups if lookup.source.sla)]
    times = {name: on_scale(quoted(name, dialect), rows.types[name], anchor) for name in (T0, *known)}
    times["settled_"] = on_scale(_moved(quoted(T0, dialect), max(settled)), rows.types[T0], anchor)
    listed = [*(f"{sql} AS {quoted(f'at_{name}', dialect)}" for name, sql in times.items())]
    listed += [quoted(name, dialect) for name in columns]
    number = f"{_number(population, dialect)} AS {_NUMBER}"
    there = " AND ".join(
        f"{quoted(name, dialect)} IS NOT NULL AND {_FINITE[dialect].format(quoted(name, dialect))}"
        for name in dict.fromkeys((T0, *known))
    )
    grouped = ", ".join(str(at) for at in range(1, len(listed) + 1))
    source = subject.render(rows.query)
    query = f"SELECT {', '.join(listed)}, {number} FROM ({source}) AS r WHERE {there} GROUP BY {grouped}"
    found = subject.engine.arrow(query).read_all()
    values = [whole(column) for column in found.columns]
    at = [pc.cast(column, pa.int64()) for column in values[: len(times)]]
    arrays: list[Any] = [at[0], values[-1], pc.max_element_wise(*at), *values[len(times) : -1]]
    names = [_TIME, _NUMBER, _KNOWN, *(f"c{number}" for number in range(len(columns)))]
    assert (names.index(_TIME), names.index(_NUMBER)) == (TIME, NUMBER)
    return Events(pa.table(arrays, names=names), columns)


def _number(population: Population, dialect: str) -> str:
    """How many rows there are; of kept versions, how many begin to count less those that cease to."""
    change = population.rows.source.change
    return "count(*)" if change is None else f"CAST(sum({quoted(change, dialect)}) AS bigint)"


def on_scale(sql: str, kind: ColumnType, anchor: Anchor) -> str:
    """A time as an anchor measures it: its day in the anchor's zone, or the moment itself."""
    if not isinstance(anchor, Day):
        return sql
    return f"CAST({sql} AT TIME ZONE '{anchor.zone}' AS date)" if kind.kind == "timestamptz" else f"CAST({sql} AS date)"


def _moved(sql: str, later: timedelta) -> str:
    return f"({sql} + INTERVAL '{later // timedelta(microseconds=1)} microseconds')" if later else sql
