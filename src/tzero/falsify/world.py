"""A world: one small state of the base relations. Rows keep a number of their own through every mutation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
Rows = dict[int, Row]


@dataclass(slots=True)
class World:
    """The rows of each base relation by number, in physical order."""

    rows: dict[str, Rows] = field(default_factory=dict)

    def copy(self) -> World:
        return World({name: {uid: dict(row) for uid, row in rows.items()} for name, rows in self.rows.items()})

    def number(self) -> int:
        """A number for a new row."""
        return 1 + max((uid for rows in self.rows.values() for uid in rows), default=0)

    def size(self) -> int:
        return sum(len(rows) for rows in self.rows.values())


@dataclass(frozen=True, slots=True)
class Change:
    """One row that differs between two worlds; ``before`` or ``after`` is None where it is not there."""

    relation: str
    uid: int
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def verb(self) -> str:
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


def changes(before: World, after: World) -> Iterator[Change]:
    """Every row that differs between two worlds."""
    for name in before.rows:
        old, new = before.rows[name], after.rows[name]
        for uid in dict.fromkeys((*old, *new)):
            if old.get(uid) != new.get(uid):
                yield Change(name, uid, old.get(uid), new.get(uid))
