"""Making one row: its key, what it refers to, its times, its values."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Any

from tzero.falsify.links import Link
from tzero.falsify.tables import Table
from tzero.falsify.values import Values, hours
from tzero.falsify.world import Row, World

_SEEN_AFTER = (0, 0, 6, 12, 24, 48, -6)
_LATE_AFTER = (6, 12, 24, 36, 48, 72, 96)
_LATE_BEFORE = (6, 12, 24, 48)
_NEAR = (0.5, 6, 12, 18)
_BESIDE = 0.4
_WHOLE = ("integer", "bigint")


class RowMaker:
    """Makes rows of one table for one world."""

    def __init__(self, values: Values, tables: tuple[Table, ...], world: World) -> None:
        self.values = values
        self.tables = {table.name: table for table in tables}
        self.world = world

    @property
    def random(self) -> Random:
        return self.values.random

    def make(
        self,
        table: Table,
        *,
        after: datetime | None = None,
        at: datetime | None = None,
        near: Row | None = None,
        below: bool = False,
    ) -> Row | None:
        """A row; known not before ``after``, or exactly at ``at``; like the row ``near`` where columns are shared.

        ``below`` gives it a key smaller than all others.

        None where every key that the row could refer to is taken.
        """
        new = after is not None or at is not None
        near = near or (None if new else self._own_row())
        row: Row = {column: self.values.value(table, column, new=new) for column in table.kinds}
        self._share(table, row, near)
        about = [self._refer(row, other, match, near) for other, match in table.refers_to.items()]
        linked = {} if below else self._linked(table, near)
        row |= linked
        if not self._key(table, row, new, below, keep=table.fresh in linked):
            return None
        at = at or (self._before(near) if near is not None and not new else None)
        self._times(table, row, at or self._moment(table, after, [moment for moment in about if moment]))
        self.date_late_values(table, row)
        return row

    def _own_row(self) -> Row | None:
        """Now and then an own row that is there already: what a row of the past is about, as a whole."""
        own = next((table for table in self.tables.values() if table.own), None)
        rows = list(self.world.rows.get(own.name, {}).values()) if own else []
        return self.random.choice(rows) if rows and self.random.random() < _BESIDE else None

    def _before(self, row: Row) -> datetime | None:
        """Shortly before an own row, or as long before it as the query says; None now and then."""
        own = next(table for table in self.tables.values() if table.own)
        known: datetime | None = own.known_at(row, self.values.times)
        if known is None or self.random.random() < 0.3:
            return None
        gap = self.values.gap() or hours(self.random.choice(_NEAR))
        return known - gap / self.random.choice((1, 1, 2))

    def _share(self, table: Table, row: Row, near: Row | None) -> None:
        """Take values that other rows have in joined columns of the same type."""
        for column, group in table.groups.items():
            if near is not None and self._is_shared(table, column, near) and self.random.random() < 0.8:
                row[column] = near[column]
                continue
            others = [
                (name, other)
                for name, joined in self.tables.items()
                for other, theirs in joined.groups.items()
                if theirs == group and (name, other) != (table.name, column) and self.world.rows.get(name)
                if _alike(joined.kinds[other].kind, table.kinds[column].kind)
            ]
            if others and self.random.random() < 0.7:
                name, other = self.random.choice(others)
                value = self.random.choice(list(self.world.rows[name].values()))[other]
                if value is not None or table.nullable(column):
                    row[column] = value

    def _is_shared(self, table: Table, column: str, near: Row) -> bool:
        """Whether an own row has a value that can be that of a column here."""
        own = next((other for other in self.tables.values() if other.own), table)
        if column not in near or column == table.fresh or column not in own.kinds:
            return False
        return _alike(own.kinds[column].kind, table.kinds[column].kind) and (
            near[column] is not None or table.nullable(column)
        )

    def _refer(self, row: Row, other: str, match: dict[str, str], near: Row | None) -> datetime | None:
        """Let the row be about one of another relation. When that one became known, if the relation says."""
        there = list(self.world.rows.get(other, {}).values())
        if not there or self.random.random() < 0.1:
            return None
        if near is not None and all(column in near for column in match) and self.random.random() < 0.9:
            chosen = near
        else:
            chosen = there[0] if self.values.crowded() else self.random.choice(there)
        for theirs, ours in match.items():
            row[ours] = chosen[theirs]
        known = self.tables[other].known
        return self.values.times.known(chosen[known]) if known in chosen else None

    def _linked(self, table: Table, near: Row | None) -> Row:
        """Whole numbers at the distance from those of another row at which the query joins them."""
        found: Row = {}
        for column in table.kinds:
            links = self.values.literals.links.get(column)
            if not links or table.kinds[column].kind not in _WHOLE or self.random.random() < 0.3:
                continue
            link = self.random.choice(links)
            rows = (
                [near] if near is not None and link.right in near and self.random.random() < 0.8 else self._with(link)
            )
            value = self.random.choice(rows)[link.right] if rows else None
            number = link.value(value) if isinstance(value, int) else None
            if number is not None:
                found[column] = number
        return found

    def _with(self, link: Link) -> list[Row]:
        """The rows of all relations that have the column which a link starts from."""
        names = [name for name, table in self.tables.items() if link.right in table.kinds]
        return [row for name in names for row in self.world.rows.get(name, {}).values()]

    def _key(self, table: Table, row: Row, new: bool, below: bool, *, keep: bool) -> bool:
        """Give the row a key that is free: its own, another relation's, or the one there, to ``keep``."""
        if not table.key:
            return True
        taken = {tuple(other[c] for c in table.key) for other in self.world.rows.get(table.name, {}).values()}
        for match in table.refers_to.values():
            if set(table.key) <= set(match.values()):
                return tuple(row[c] for c in table.key) not in taken
        column = table.fresh
        if column is None or (keep and tuple(row[c] for c in table.key) not in taken):
            return True
        for attempt in range(50):
            place = len(taken) + (attempt if new else 0)
            row[column] = self.values.key(column, table.kinds[column].kind, place, new=new, below=below)
            if tuple(row[c] for c in table.key) not in taken:
                return True
        return False

    def _moment(self, table: Table, after: datetime | None, about: list[datetime]) -> datetime:
        """When a row becomes known: now and then as long before or after another one as the query says.

        ``about`` says when the rows became known that it refers to: it is near them, now and then.
        """
        gap = self.values.gap() if self.random.random() < 0.4 else None
        if gap is None and about and self.random.random() < 0.2:
            gap = hours(self.random.choice(_NEAR))
        rows = list(self.world.rows.get(table.name, {}).values()) if gap else []
        known = table.known_at(self.random.choice(rows), self.values.times) if rows else None
        others = [*about, known] if known else about
        if gap is None or not others:
            return self.values.moment(after)
        found = self.random.choice(others) + self.random.choice((gap, -gap))
        return found if after is None or found >= after else self.values.moment(after)

    def _times(self, table: Table, row: Row, known: datetime) -> None:
        """The times of a row that became known at an instant: its own first, the others about it."""
        for column, type_ in table.kinds.items():
            if not type_.is_time or column in table.late_times or column in table.relation.late:
                continue
            gap = hours(0) if column == table.known else hours(self.random.choice(_SEEN_AFTER))
            if row[column] is not None or not table.nullable(column) or column in (table.known, table.relation.time):
                row[column] = self.values.times.written(type_.kind, known - gap)
        if table.known and not table.own and table.nullable(table.known) and self.random.random() < 0.04:
            row[table.known] = None

    def date_late_values(self, table: Table, row: Row) -> None:
        """Let the row's late values become known some time before or after the row itself, or never."""
        base = self.values.times.instant(row[table.relation.time or table.known or ""] if table.known else None)
        for column in table.late_times:
            draw = self.random.random()
            moment = base or self.values.moment()
            if draw < 0.6 or column in table.relation.after:
                moment = moment + (self.values.gap() or hours(self.random.choice(_LATE_AFTER)))
            else:
                moment = moment - hours(self.random.choice(_LATE_BEFORE))
            late: Any = self.values.times.written(table.kinds[column].kind, moment)
            if table.nullable(column) and self.random.random() < 0.3:
                late = None
            set_late(table, row, column, late, self.values)


def _alike(one: str, other: str) -> bool:
    return one == other or (one in _WHOLE and other in _WHOLE)


def set_late(table: Table, row: Row, time: str, moment: Any, values: Values) -> None:
    """Let the late values that a column dates become known at a time, or never (None)."""
    row[time] = moment
    for column in table.late_times[time]:
        if column != time:
            row[column] = None if moment is None else values.value(table, column, new=True)
