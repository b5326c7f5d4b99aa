"""The value of a statistic at one key of its relation, from the tallies of the events that its anchor sees."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tzero.certify.recount.reading import Line
from tzero.certify.recount.tallies import (
    Distribution,
    Extremes,
    Key,
    Numbers,
    Pick,
    Segment,
    Sums,
    Tally,
    Times,
    picker,
)
from tzero.features.statistics import Kind, Statistic
from tzero.features.types import ColumnType
from tzero.timeline import Day

Value = Callable[[Line], Any]
"""The value for one line of the statistics relation: its anchor, then its keys."""
_NOTHING = Segment()
_LEAST_SHARE = 1e-12
TIME, NUMBER = 0, 1
"""Places in an event: its time, how many rows it stands for; its columns follow."""


class Values:
    """Makes tallies for the statistics of one stream of events, and values from them.

    ``events`` and ``keys`` say where the columns of an event and of a line stand; ``leave`` is how long after its time
    an event ceases to be seen.
    """

    def __init__(
        self, events: dict[str, int], types: dict[str, ColumnType], keys: dict[str, int], leave: int | None
    ) -> None:
        self.events, self.types, self.keys, self.leave = events, types, keys, leave
        self.tallies: dict[tuple[object, ...], Tally] = {}
        self._segments: dict[tuple[object, ...], Callable[[Line], tuple[Segment, Key]]] = {}

    def of(self, statistic: Statistic) -> Value:
        match statistic.kind:
            case Kind.COUNT:
                return self._count(statistic)
            case Kind.SUM | Kind.MEAN | Kind.STD:
                return self._sums(statistic)
            case Kind.MIN | Kind.MAX:
                return self._extreme(statistic)
            case Kind.FIRST_SEEN | Kind.TIME_SINCE_LAST:
                return self._times(statistic)
            case _:
                return self._of_categories(statistic)

    def _count(self, statistic: Statistic) -> Value:
        tally = self._tally(Numbers, statistic.segment, self._event_key(statistic.segment), NUMBER)
        own = self._own(statistic.segment)
        return lambda line: tally.of.get(own(line), 0)

    def _of_categories(self, statistic: Statistic) -> Value:
        names = (*statistic.segment, "of", *statistic.category)
        pickers = self._event_key(statistic.segment), self._event_key(statistic.category)
        tally = self._tally(Distribution, names, *pickers, NUMBER)
        own = self._segments.setdefault(names, self._own_segment(tally, statistic))
        measure = _MEASURES[statistic.kind](statistic)
        return lambda line: measure(*own(line))

    def _own_segment(self, tally: Distribution, statistic: Statistic) -> Callable[[Line], tuple[Segment, Key]]:
        """The segment and the category of a line, looked up once for all statistics that ask for them."""
        segment, category = self._own(statistic.segment), self._own_if_there(statistic.category)
        last: Line | None = None
        found: tuple[Segment, Key] = (_NOTHING, None)

        def own(line: Line) -> tuple[Segment, Key]:
            nonlocal last, found
            if line is not last:
                last, found = line, (tally.of.get(segment(line), _NOTHING), category(line))
            return found

        return own

    def _sums(self, statistic: Statistic) -> Value:
        place, kind = self._value(statistic)
        scale = _scale(statistic, kind)
        tally = self._tally(
            Sums, (*statistic.segment, "sums", statistic.value, scale), self._event_key(statistic.segment),
            place, scale, NUMBER,
        )  # fmt: skip
        own = self._own(statistic.segment)
        whole = kind.kind in ("integer", "bigint", "boolean")
        return lambda line: _of_sums(statistic.kind, tally.of.get(own(line), (0, 0, 0)), scale, whole)

    def _extreme(self, statistic: Statistic) -> Value:
        place, _ = self._value(statistic)
        sign = 1 if statistic.kind is Kind.MIN else -1
        tally = self._tally(
            Extremes, (*statistic.segment, statistic.kind, statistic.value), self._event_key(statistic.segment),
            place, sign, stay=self.leave is None,
        )  # fmt: skip
        own = self._own(statistic.segment)
        return lambda line: tally.at(own(line))

    def _times(self, statistic: Statistic) -> Value:
        tally = self._tally(Times, (*statistic.segment, "times"), self._event_key(statistic.segment), TIME)
        own = self._own(statistic.segment)
        if statistic.kind is Kind.FIRST_SEEN:
            return lambda line: tally.first.get(own(line))
        days = isinstance(statistic.population.anchor, Day)

        def since(line: Line) -> Any:
            last = tally.last.get(own(line))
            if last is None or (self.leave is not None and last + self.leave < line[0]):
                return None
            return line[0] - last if days else (line[0] - last) / 1e6

        return since

    def _tally(self, kind: Callable[..., Any], names: tuple[object, ...], *given: Any, **more: Any) -> Any:
        """The tally of a kind and names; statistics that ask the same share one."""
        return self.tallies.setdefault((kind, *names), kind(*given, **more))

    def _event_key(self, names: tuple[str, ...]) -> Pick:
        return picker(tuple(self.events[name] for name in names))

    def _own(self, names: tuple[str, ...]) -> Pick:
        return picker(tuple(self.keys[name] for name in names))

    def _own_if_there(self, names: tuple[str, ...]) -> Pick:
        """The own category; a statistic of the whole distribution needs none."""
        return self._own(names) if set(names) <= set(self.keys) else lambda _: None

    def _value(self, statistic: Statistic) -> tuple[int, ColumnType]:
        assert statistic.value is not None
        return self.events[statistic.value], self.types[statistic.value]


def _scale(statistic: Statistic, kind: ColumnType) -> int:
    if kind.kind == "decimal" and kind.scale is not None:
        return kind.scale
    return statistic.scale if kind.kind in ("double", "decimal") else 0


def _of_sums(kind: Kind, sums: tuple[int, int, int], scale: int, whole: bool) -> Any:
    number, total, squares = sums
    unit = 10**scale
    if number < (2 if kind is Kind.STD else 1):
        return None
    if kind is Kind.SUM:
        return total if whole else total / unit
    if kind is Kind.MEAN:
        return total / (number * unit)
    return math.sqrt((number * squares - total * total) / (number * (number - 1))) / unit


Measure = Callable[[Segment, Key], Any]


def _share(statistic: Statistic) -> Measure:
    size, alpha = statistic.domain_size, statistic.alpha

    def share(segment: Segment, own: Key) -> float | None:
        below = segment.total + alpha * (size or max(len(segment.counts), 1))
        return (segment.counts.get(own, 0) + alpha) / below if below else None

    return share


def _rarity(statistic: Statistic) -> Measure:
    share_of = _share(statistic)

    def rarity(segment: Segment, own: Key) -> float | None:
        share = share_of(segment, own)
        return None if share is None else -math.log(max(share, _LEAST_SHARE))

    return rarity


def _top_share(segment: Segment) -> float | None:
    return max(segment.counts.values()) / segment.total if segment.total else None


def _share_of(statistic: Statistic, segment: Segment) -> float:
    return segment.counts.get(statistic.constant, 0) / segment.total if segment.total else 0.0


_MEASURES: dict[Kind, Callable[[Statistic], Measure]] = {
    Kind.SHARE: _share,
    Kind.RARITY: _rarity,
    Kind.RANK: lambda _: Segment.rank,
    Kind.N_DISTINCT: lambda _: lambda segment, __: len(segment.counts),
    Kind.ENTROPY: lambda _: lambda segment, __: segment.entropy(),
    Kind.TOP_SHARE: lambda _: lambda segment, __: _top_share(segment),
    Kind.SHARE_OF: lambda statistic: lambda segment, __: _share_of(statistic, segment),
}
