"""Make a witness small: undo changes, drop rows, then simplify values, as long as the difference stays."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from tzero.errors import EngineError
from tzero.falsify.case import Case, Runner
from tzero.falsify.compare import Difference
from tzero.falsify.constraints import holds
from tzero.falsify.tables import Table
from tzero.falsify.world import Change, World, changes

Item = TypeVar("Item")
_SIMPLE: dict[str, tuple[Any, ...]] = {
    "integer": (0, 1),
    "bigint": (0, 1),
    "decimal": (Decimal(1),),
    "double": (0.0, 1.0),
    "text": ("a",),
    "boolean": (False,),
}


def shrink(case: Case, runner: Runner, tables: Sequence[Table], deadline: float) -> tuple[Case, Difference | None]:
    """The smallest case found until the deadline, and what it shows; None where, run afresh, it shows nothing."""
    found = case.test(runner)
    if found is None:
        return case, None
    return _Shrinking(case, found, runner, tables, deadline).run()


class _Shrinking:
    def __init__(self, case: Case, found: Difference, runner: Runner, tables: Sequence[Table], deadline: float) -> None:
        self.case, self.found, self.runner, self.tables, self.deadline = case, found, runner, tables, deadline

    def run(self) -> tuple[Case, Difference]:
        size = -1
        while size != self._size() and not self._late():
            size = self._size()
            self._least(lambda: list(changes(self.case.before.world, self.case.after.world)), self._undone)
            self._least(self._shared, self._dropped)
            self._least(lambda: list(changes(self.case.before.world, self.case.after.world)), self._dropped_change)
        for candidate in self._simpler():
            if self._late():
                break
            self._accept(candidate)
        return self.case, self.found

    def _size(self) -> int:
        return self.case.before.world.size() + self.case.after.world.size()

    def _late(self) -> bool:
        return time.monotonic() > self.deadline

    def _accept(self, candidate: Case) -> bool:
        """Take a candidate that keeps the declarations and still shows a difference."""
        worlds = (candidate.before.world, candidate.after.world)
        if not all(holds(table, world.rows[table.name]) for table in self.tables for world in worlds):
            return False
        try:
            found = candidate.test(self.runner)
        except EngineError:
            return False
        if found is None:
            return False
        self.case, self.found = candidate, found
        return True

    def _least(self, items: Callable[[], list[Item]], without: Callable[[Sequence[Item]], Case | None]) -> None:
        """Leave out as many items as can be, in halves, quarters, ... and one by one."""
        size = max(1, len(items()) // 2)
        while not self._late():
            at = 0
            while at < len(left := items()) and not self._late():
                candidate = without(left[at : at + size])
                if candidate is None or not self._accept(candidate):
                    at += size
            if size == 1:
                return
            size = max(1, size // 2)

    def _undone(self, some: Sequence[Change]) -> Case:
        return self.case.over(self.case.before.world, _undone(self.case.after.world, some))

    def _shared(self) -> list[tuple[str, int]]:
        told = {(change.relation, change.uid) for change in changes(self.case.before.world, self.case.after.world)}
        rows = self.case.before.world.rows
        return [(name, uid) for name in rows for uid in rows[name] if (name, uid) not in told]

    def _dropped(self, some: Sequence[tuple[str, int]]) -> Case:
        return self.case.over(_without(self.case.before.world, some), _without(self.case.after.world, some))

    def _dropped_change(self, some: Sequence[Change]) -> Case | None:
        """A row of the future that changed is tried as one that is only there afterwards."""
        cut, tables = self.case.cut, {table.name: table for table in self.tables}
        rows = self.case.before.world.rows
        gone = [
            (change.relation, change.uid)
            for change in some
            if change.after is not None
            and change.before is not None
            and cut is not None
            and cut.is_free(tables[change.relation], change.uid, rows[change.relation][change.uid])
        ]
        return self.case.over(_without(self.case.before.world, gone), self.case.after.world) if gone else None

    def _simpler(self) -> Iterator[Case]:
        """The case with one value made plain, wherever it is not a key or a time."""
        for table in self.tables:
            fixed = {
                *table.key,
                *table.relation.late,
                *table.relation.monotone,
                *(c for u in table.relation.unique for c in u),
            }
            for column, type_ in table.kinds.items():
                for value in _SIMPLE.get(type_.kind, ()) if column not in fixed else ():
                    for uid in list(
                        {**self.case.before.world.rows[table.name], **self.case.after.world.rows[table.name]}
                    ):
                        yield self._with(table.name, uid, column, value)

    def _with(self, relation: str, uid: int, column: str, value: Any) -> Case:
        worlds = []
        for world in (self.case.before.world, self.case.after.world):
            changed = world.copy()
            row = changed.rows[relation].get(uid)
            if row is not None and row[column] is not None:
                row[column] = value
            worlds.append(changed)
        return self.case.over(*worlds)


def _without(world: World, gone: Sequence[tuple[str, int]]) -> World:
    found = World({name: dict(rows) for name, rows in world.rows.items()})
    for name, uid in gone:
        found.rows[name].pop(uid, None)
    return found


def _undone(world: World, some: Sequence[Change]) -> World:
    found = world.copy()
    for change in some:
        if change.before is None:
            del found.rows[change.relation][change.uid]
        else:
            found.rows[change.relation][change.uid] = dict(change.before)
    return found


def fewest_changes(
    before: World, after: World, found: Difference, test: Callable[[World], Difference | None], deadline: float
) -> tuple[World, Difference]:
    """Undo as many changes as can be until the deadline, where nothing but the changes may be left out."""
    size = max(1, len(list(changes(before, after))) // 2)
    while time.monotonic() < deadline:
        at = 0
        while at < len(left := list(changes(before, after))) and time.monotonic() < deadline:
            candidate = _undone(after, left[at : at + size])
            shown = test(candidate)
            if shown is None:
                at += size
            else:
                after, found = candidate, shown
        if size == 1:
            break
        size //= 2
    return after, found
