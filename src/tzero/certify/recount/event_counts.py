"""The values of statistics for many lines together: counts, and what is made of counts of categories."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tzero.certify.recount.balance import Balance
from tzero.certify.recount.events import Events
from tzero.certify.recount.keys import NONE, Keys, Whole
from tzero.certify.recount.spread import Pairs, Spread
from tzero.features.statistics import OF_CATEGORIES, Kind, Statistic
from tzero.timeline import Anchor, Trail

_LEAST_SHARE = 1e-12
_MOST_CATEGORIES = 256
"""Of segments with more categories the distribution is followed event by event instead."""
Found = TypeVar("Found")
Values = tuple[npt.NDArray[np.int64] | npt.NDArray[np.float64], npt.NDArray[np.bool_]]
"""A value for each line, and whether there is one."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Some lines of a statistics relation: their anchors as whole numbers, their keys, and what was made of both."""

    anchors: Whole
    keys: dict[str, pa.Array]
    made: dict[Hashable, Any] = field(default_factory=dict)

    def once(self, what: Hashable, make: Callable[[], Found]) -> Found:
        """What several statistics ask for is made once."""
        if what not in self.made:
            self.made[what] = make()
        found: Found = self.made[what]
        return found

    def columns(self, names: Sequence[str]) -> list[pa.Array]:
        return [self.keys[name] for name in names]


class EventCounts:
    """The events of one trail, ready to be counted for any line."""

    def __init__(self, events: Events, trail: Trail, anchor: Anchor) -> None:
        self._table, self._enter, self._leave = events.in_sight(trail, anchor)
        self._columns = {name: f"c{at}" for at, name in enumerate(events.columns)}
        self.keys = cache(self._keys)
        self.pairs = cache(self._pairs)
        self._balance = cache(self._balance_of)

    def can(self, statistic: Statistic) -> bool:
        """Whether its values are made of counts, by keys that can be numbered, of few enough categories."""
        if statistic.kind is not Kind.COUNT and statistic.kind not in OF_CATEGORIES:
            return False
        if any(pa.types.is_floating(self._column(name).type) for name in statistic.keys):
            return False
        return (
            statistic.kind is Kind.COUNT or self.pairs(statistic.segment, statistic.category).most <= _MOST_CATEGORIES
        )

    def values(self, statistic: Statistic, lines: Lines) -> Values:
        if statistic.kind is Kind.COUNT:
            found = self._number(statistic.segment, (), lines)
            return found, np.ones(len(found), np.bool_)
        return _MEASURES[statistic.kind](self, statistic, lines)

    def total(self, statistic: Statistic, lines: Lines) -> Whole:
        """The events of each line's segment that have a category."""
        return self._number(statistic.segment, statistic.category, lines)

    def own(self, statistic: Statistic, lines: Lines) -> Whole:
        """The events of each line's segment and own category."""
        return self._number(statistic.keys, (), lines)

    def of_constant(self, statistic: Statistic, lines: Lines) -> Whole:
        """The events of each line's segment whose category is the statistic's constant."""
        (category,) = statistic.category
        kind = self._column(category).type
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
            return np.zeros(len(lines.anchors), np.int64)
        constant = pa.array([statistic.constant] * len(lines.anchors), kind)
        keys = self.keys(statistic.keys).of([*lines.columns(statistic.segment), constant], len(lines.anchors))
        return self._balance(statistic.keys, ()).at(keys, lines.anchors)

    def spread(self, statistic: Statistic, lines: Lines) -> Spread:
        names = statistic.segment, statistic.category
        return lines.once((self, "spread", *names), lambda: Spread(
            self.pairs(*names), self._balance(statistic.keys, ()), self._of_lines(statistic.segment, lines),
            lines.anchors,
        ))  # fmt: skip

    def _number(self, names: tuple[str, ...], also: tuple[str, ...], lines: Lines) -> Whole:
        return lines.once((self, "number", names, also), lambda: self._balance(names, also).at(
            self._of_lines(names, lines), lines.anchors
        ))  # fmt: skip

    def _of_lines(self, names: tuple[str, ...], lines: Lines) -> Whole:
        return lines.once((self, "keys", names), lambda: self.keys(names).of(lines.columns(names), len(lines.anchors)))

    def _keys(self, names: tuple[str, ...]) -> Keys:
        return Keys([self._column(name) for name in names], self._table.num_rows)

    def _pairs(self, segment: tuple[str, ...], category: tuple[str, ...]) -> Pairs:
        segments, both = self.keys(segment), self.keys((*segment, *category))
        return Pairs.of(segments.of_events, both.of_events, segments.number, both.number)

    def _balance_of(self, names: tuple[str, ...], also: tuple[str, ...]) -> Balance:
        """Of the events by their key; ``also`` are columns that they must have a value of."""
        keys = self.keys(names).of_events
        if also:
            keys = np.where(self.keys(also).of_events == NONE, NONE, keys)
        numbers = pc.cast(self._table["number_"], pa.int64()).to_numpy()
        return Balance(keys, self._enter, self._leave, numbers)

    def _column(self, name: str) -> pa.Array:
        found = self._table[self._columns[name]]
        return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _share(counted: EventCounts, statistic: Statistic, lines: Lines) -> Values:
    size: int | Whole | None = statistic.domain_size
    if size is None:
        size = np.maximum(counted.spread(statistic, lines).different, 1)
    below = counted.total(statistic, lines) + statistic.alpha * size
    there = below != 0
    above = counted.own(statistic, lines) + statistic.alpha
    return np.divide(above, below, out=np.zeros(len(below)), where=there), there


def _rarity(counted: EventCounts, statistic: Statistic, lines: Lines) -> Values:
    share, there = _share(counted, statistic, lines)
    return -np.log(np.maximum(share, _LEAST_SHARE)), there


def _all(found: npt.NDArray[np.int64] | npt.NDArray[np.float64]) -> Values:
    return found, np.ones(len(found), np.bool_)


def _part(above: Whole, total: Whole) -> npt.NDArray[np.float64]:
    return np.divide(above, total, out=np.zeros(len(total)), where=total != 0)


def _top_share(counted: EventCounts, statistic: Statistic, lines: Lines) -> Values:
    total = counted.total(statistic, lines)
    return _part(counted.spread(statistic, lines).greatest, total), total != 0


_MEASURES: dict[Kind, Callable[[EventCounts, Statistic, Lines], Values]] = {
    Kind.SHARE: _share,
    Kind.RARITY: _rarity,
    Kind.RANK: lambda counted, statistic, lines: _all(
        counted.spread(statistic, lines).rank(counted.own(statistic, lines))
    ),
    Kind.N_DISTINCT: lambda counted, statistic, lines: _all(counted.spread(statistic, lines).different),
    Kind.ENTROPY: lambda counted, statistic, lines: _all(counted.spread(statistic, lines).entropy()),
    Kind.TOP_SHARE: _top_share,
    Kind.SHARE_OF: lambda counted, statistic, lines: _all(
        _part(counted.of_constant(statistic, lines), counted.total(statistic, lines))
    ),
}
