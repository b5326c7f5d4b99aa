"""A witness: the rows that changed at or after T0, and the row before it that they reached."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tzero.falsify.compare import Difference
from tzero.falsify.world import Change
from tzero.prove.proof import PRESENCE

_WIDE, _MANY = 8, 8


@dataclass(frozen=True, slots=True)
class Witness:
    """A concrete leak. ``changes`` are the rows that differ, ``difference`` the output row that moved with them.

    ``cut`` is the T0 that was protected, None for a change of the session, the clock or the physical order, which
    ``circumstance`` describes. ``rows`` are the other rows that have to be there.
    """

    mutation: str
    says: str
    difference: Difference
    engine: str
    cut: datetime | None = None
    anchor: str = "t0"
    changes: tuple[Change, ...] = ()
    rows: Mapping[str, tuple[Mapping[str, Any], ...]] | None = None
    circumstance: str = ""

    @property
    def column(self) -> str:
        return self.difference.column

    def of_each_column(self) -> Iterator[Witness]:
        """The same rows as a witness of each column that they move."""
        for column in (self.column, *self.difference.also):
            yield replace(self, difference=replace(self.difference, column=column, also=()))

    def to_json(self) -> dict[str, Any]:
        """For programs; every value is a text, a number, a boolean or null."""
        return {
            "mutation": self.mutation,
            "says": self.says,
            "engine": self.engine,
            "cut": self.cut.isoformat() if self.cut else None,
            "circumstance": self.circumstance,
            "changes": [
                {"relation": c.relation, "verb": c.verb, "before": _plain(c.before), "after": _plain(c.after)}
                for c in self.changes
            ],
            "rows": {name: [_plain(row) for row in rows] for name, rows in (self.rows or {}).items()},
            "column": self.column,
            "before": _plain(self.difference.before),
            "after": _plain(self.difference.after),
        }

    def __str__(self) -> str:
        return "\n".join([self._headline(), *self._cause(), *self._effect()])

    def _headline(self) -> str:
        if self.cut is None:
            return f"the answer depends on {self.circumstance}"
        return f"{self.says}, and the past changes (T0 {show(self.cut)})"

    def _cause(self) -> list[str]:
        lines = []
        for change in self.changes:
            lines.append(f"  {change.verb} in {change.relation}: {_row(change.before or change.after)}")
            if change.verb == "changed":
                lines.append(f"  {'':>{len(change.verb)}} to{'':>{len(change.relation)}} {_moved(change)}")
        beside = [(name, row) for name, rows in (self.rows or {}).items() for row in rows]
        lines += [f"  beside it in {name}: {_row(row)}" for name, row in beside[:_MANY]]
        if len(beside) > _MANY:
            lines.append(f"  and {len(beside) - _MANY} more rows beside it")
        return lines

    def _effect(self) -> list[str]:
        before, after = self.difference.before, self.difference.after
        if self.column == PRESENCE or before is None or after is None:
            verb = "appears" if before is None else "disappears"
            return [f"  the row {_row(self._told(before or after or {}))} {verb}"]
        same = {name: value for name, value in before.items() if value == after[name]}
        return [
            f"  the row {_row(self._told(same))}",
            f"    {self.column}: {show(before[self.column])} -> {show(after[self.column])}",
        ]

    def _told(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """A wide row by what tells it apart, a narrow one whole."""
        return {name: row[name] for name in self.difference.key if name in row} if len(row) > _WIDE else row


def show(value: Any) -> str:
    """A value as SQL would have it, short.

    >>> show(datetime(2024, 1, 2, 6)), show("red"), show(None)
    ('2024-01-02 06:00:00', "'red'", 'NULL')
    """
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, str):
        return repr(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(show(item) for item in value) + "]"
    return str(value)


def _row(row: Mapping[str, Any] | None) -> str:
    return ", ".join(f"{name} {show(value)}" for name, value in (row or {}).items())


def _moved(change: Change) -> str:
    assert change.before is not None
    assert change.after is not None
    return _row({name: value for name, value in change.after.items() if change.before[name] != value})


def _plain(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if row is None else {name: _scalar(value) for name, value in row.items()}


def _scalar(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Decimal) or (isinstance(value, float) and not math.isfinite(value)):
        return str(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return show(value)
