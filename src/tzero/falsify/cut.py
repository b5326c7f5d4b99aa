"""A cut: the instant before which nothing may depend on what comes at it or later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tzero.falsify.tables import Table
from tzero.falsify.times import TICK, Times
from tzero.falsify.world import Row

_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Cut:
    """``moment`` is the T0 that is protected; ``kept`` are the own rows at it that stay as they are."""

    moment: datetime
    times: Times
    kept: frozenset[int] = frozenset()
    tolerance: Mapping[str, timedelta] = field(default_factory=dict)

    def floor(self, table: Table) -> datetime:
        """The first instant at which new knowledge of a relation may not reach T0."""
        allowed = self.tolerance.get(table.name, _NONE)
        return self.moment + allowed + (TICK if allowed else _NONE)

    def is_future(self, table: Table, row: Row) -> bool:
        """Whether a row became known too late for T0, or never did."""
        known = table.known_at(row, self.times)
        return known is None or known >= self.floor(table)

    def is_late(self, table: Table, row: Row, time: str) -> bool:
        """Whether values that ``time`` dates were still unknown at T0."""
        known = self.times.known(row[time])
        return known is None or known >= self.floor(table)

    def is_free(self, table: Table, uid: int, row: Row) -> bool:
        """Whether a mutation may touch a row: it is of the future, and not kept."""
        return table.dated and uid not in self.kept and self.is_future(table, row)
