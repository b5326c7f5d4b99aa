"""Choosing cuts in a database, and which own rows stay as they are while their neighbours change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tzero.falsify.bench import Output
from tzero.falsify.compare import Shape
from tzero.falsify.cut import Cut
from tzero.falsify.tables import Table
from tzero.falsify.times import Times
from tzero.falsify.values import Values
from tzero.falsify.world import World
from tzero.prove.declarations import EVERY_RELATION, Query

_CUTS = 6
_DAY = timedelta(hours=25)
_FIRST, _LAST = datetime(1000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def tolerances(query: Query, tables: tuple[Table, ...]) -> dict[str, timedelta]:
    """How long after T0 rows of each relation may have become known, where that is declared."""
    every = EVERY_RELATION in query.tolerance
    return {t.name: query.tolerance_of(t.name) for t in tables if every or t.name in query.tolerance}


@dataclass(frozen=True)
class Cuts:
    """Cuts in one database, whose output at rest is ``base``."""

    tables: tuple[Table, ...]
    query: Query
    times: Times
    values: Values
    world: World
    base: Output
    shape: Shape

    def moments(self) -> list[datetime]:
        """Half of them where several rows have their T0, some at other times of the data."""
        found = (self.shape.moment(row, self.times) for row in self.base.rows)
        # no row can come after a time without end: there is nothing to cut
        anchors = Counter(moment for moment in found if moment is not None and _FIRST < moment < _LAST)
        shared = sorted(moment for moment, n in anchors.items() if n > 1)
        single, other = sorted(anchors), self._others()
        if single and all(moment == self.times.day_start(moment) for moment in single):
            other = sorted({self.times.day_start(moment) for moment in other})
        pools = [shared if at % 2 == 0 and shared else single if at % 3 and single else other for at in range(_CUTS)]
        return [self.values.random.choice(pool) for pool in pools]

    def at(self, moment: datetime) -> Cut:
        """A cut with a random part of the own rows at it kept."""
        cut = Cut(moment, self.times, frozenset(), tolerances(self.query, self.tables))
        own = next((table for table in self.tables if table.own), None)
        if own is None:
            return cut
        rows = self.world.rows[own.name]
        if not self.shape.key:
            # own rows cannot be told apart in the output: all that may be at the cut stay
            return replace(cut, kept=frozenset(uid for uid, row in rows.items() if self._near(own, row, moment)))
        keys = {self.shape.key_of(row) for row in self.base.rows if self.shape.moment(row, self.times) == moment}
        there = [uid for uid, row in rows.items() if tuple(row[column] for column in own.key) in keys]
        return replace(cut, kept=frozenset(self._some(there)))

    def _others(self) -> list[datetime]:
        found = [self.values.moment()]
        for table in self.tables:
            for row in self.world.rows[table.name].values():
                known = table.known_at(row, self.times)
                if known is not None:
                    found.append(known)
        return sorted(set(found))

    def _near(self, own: Table, row: Mapping[str, Any], moment: datetime) -> bool:
        known = own.known_at(dict(row), self.times)
        return known is not None and moment <= known < moment + _DAY

    def _some(self, uids: list[int]) -> list[int]:
        """What is not kept is a neighbour at the same instant that may change."""
        draw = self.values.random.random()
        if not uids or draw < 0.1:
            return []
        if draw < 0.2:
            return uids
        if draw < 0.55:
            return [self.values.random.choice(uids)]
        return [uid for uid in uids if self.values.random.random() < 0.5]
