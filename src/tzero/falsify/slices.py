"""Part of a large store: the rows about a moment, and a few of all others.

What may not see the future may not see it in any part of the data either: a witness there is a witness. So a world of
a large store takes no longer to try than one of a small store, and many are tried where few would be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from tzero.engines.base import Engine
from tzero.falsify.rewrite import from_item, literal
from tzero.falsify.tables import Table
from tzero.falsify.times import Times
from tzero.sql.names import RelationName
from tzero.sql.render import quoted

_BUCKETS = {
    "duckdb": "hash({}) % {}",
    "postgres": "(pg_catalog.hashtext(pg_catalog.concat_ws('|', {})) & 2147483647) % {}",
}


@dataclass
class Slices:
    """A table of ``most`` rows is taken whole; of a larger one as many about each moment, and some of all times."""

    engine: Engine
    tables: Sequence[Table]
    types: Mapping[str, Mapping[str, str]]
    times: Times
    most: int

    @property
    def others(self) -> int:
        """How many rows are taken of all times."""
        return max(self.most // 16, 10)

    @cached_property
    def large(self) -> dict[str, int]:
        """The tables that are cut down, with their number of rows."""
        counts = {table.name: self._number(table) for table in self.tables}
        return {name: number for name, number in counts.items() if number > self.most}

    def about(self, moment: datetime) -> dict[str, str]:
        """A condition on the rows of each large table that says when its rows become known."""
        found = {t.name: self._near(t, moment) for t in self.tables if t.name in self.large and t.dated}
        own = next((table for table in self.tables if table.own and table.name in found), None)
        for table in self.tables:
            if own is not None and table.name in self.large and not table.dated and own.name in table.refers_to:
                found[table.name] = self._referring(table, own, found[own.name])
        return found

    def moments(self, own: Table, number: int, *, days: bool) -> list[datetime]:
        """Times of own rows, spread over all of them."""
        time = self._quoted(own.relation.time or own.known or "")
        each = max(self.large[own.name] // number, 1)
        ranked = f"SELECT {time} AS t, row_number() OVER (ORDER BY {time}) AS at_ FROM {self._from(own)}"
        rows = self.engine.rows(f"SELECT t FROM ({ranked} WHERE {time} IS NOT NULL) AS s WHERE at_ % {each} = 0")
        found = {instant for row in rows if (instant := self.times.instant(row[0])) is not None}
        return sorted({self.times.day_start(instant) for instant in found} if days else found)

    def _near(self, table: Table, moment: datetime) -> str:
        """The rows known last before a moment and first from it on, and every so many-th of all by its key."""
        known = self._quoted(table.known or "")
        kind = self.types[table.name][table.known or ""]
        at = f"CAST({literal(self.times.written(table.kinds[table.known or ''].kind, moment))} AS {kind})"
        half = self.most // 2
        before = f"SELECT {known} AS k FROM {self._from(table)} WHERE {known} < {at} ORDER BY 1 DESC LIMIT {half}"
        after = f"SELECT {known} AS k FROM {self._from(table)} WHERE {known} >= {at} ORDER BY 1 LIMIT {half}"
        low, high = self.engine.rows(
            f"SELECT coalesce((SELECT min(k) FROM ({before}) AS b), {at}), "
            f"coalesce((SELECT max(k) FROM ({after}) AS a), {at})"
        )[0]
        near = f"{known} >= CAST({literal(low)} AS {kind}) AND {known} <= CAST({literal(high)} AS {kind})"
        bucket = _BUCKETS.get(self.engine.dialect)
        if bucket is None:
            return f"({near})"
        keys = ", ".join(map(self._quoted, table.key))
        return f"({near} OR {bucket.format(keys, -(-self.large[table.name] // self.others))} = 0)"

    def _referring(self, table: Table, own: Table, condition: str) -> str:
        pairs = table.refers_to[own.name]
        here = ", ".join(self._quoted(column) for column in pairs.values())
        there = ", ".join(self._quoted(column) for column in pairs)
        return f"({here}) IN (SELECT {there} FROM {self._from(own)} WHERE {condition})"

    def _number(self, table: Table) -> int:
        return int(self.engine.rows(f"SELECT count(*) FROM {self._from(table)}")[0][0])

    def _from(self, table: Table) -> str:
        return from_item(self.engine, RelationName.parse(table.name))

    def _quoted(self, name: str) -> str:
        return quoted(name, self.engine.dialect)
