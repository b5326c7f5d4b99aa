"""What is kept of the events that an anchor sees: one tally for each kind of question, changed event by event."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from operator import itemgetter
from typing import Any, Protocol

from tzero.certify.recount.reading import Line

Key = Any
Pick = Callable[[Line], Key]


class Tally(Protocol):
    """``enters`` and ``leaves`` are told of an event when anchors begin and cease to see it."""

    def enters(self, event: Line) -> None: ...

    def leaves(self, event: Line) -> None: ...


def picker(places: tuple[int, ...]) -> Pick:
    """The values at some places of a line: a tuple, or the value itself of one place; None where one is NULL."""
    if not places:
        return lambda _: ()
    chosen = itemgetter(*places)
    if len(places) == 1:
        return chosen

    def pick(line: Line) -> Key:
        found = chosen(line)
        return None if None in found else found

    return pick


class Numbers:
    """How many events each key has."""

    def __init__(self, key: Pick, number: int) -> None:
        self.key, self.number = key, number
        self.of: dict[Key, int] = {}

    def enters(self, event: Line) -> None:
        if (key := self.key(event)) is not None:
            self.of[key] = self.of.get(key, 0) + event[self.number]

    def leaves(self, event: Line) -> None:
        if (key := self.key(event)) is not None:
            self.of[key] -= event[self.number]


class Segment:
    """The categories of one segment, each with its number of events."""

    __slots__ = ("_entropy", "_ranks", "counts", "total")

    def __init__(self) -> None:
        self.counts: dict[Key, int] = {}
        self.total = 0
        self.forget()

    def forget(self) -> None:
        self._ranks: dict[int, int] | None = None
        self._entropy: float | None = None

    def change(self, category: Key, number: int) -> None:
        count = self.counts.get(category, 0) + number
        if count:
            self.counts[category] = count
        else:
            self.counts.pop(category, None)  # a change may cancel another of the same moment, and come before it
        self.total += number
        self.forget()

    def rank(self, category: Key) -> int:
        if self._ranks is None:
            levels = sorted(set(self.counts.values()), reverse=True)
            self._ranks = {count: at for at, count in enumerate(levels, 1)}
        return self._ranks.get(self.counts.get(category, 0), len(self._ranks) + 1)

    def entropy(self) -> float:
        if self._entropy is None:
            shares = [count / self.total for count in self.counts.values()]
            self._entropy = -math.fsum(share * math.log(share) for share in shares)
        return self._entropy


class Distribution:
    """How the events of each segment fall into categories."""

    def __init__(self, segment: Pick, category: Pick, number: int) -> None:
        self.segment, self.category, self.number = segment, category, number
        self.of: dict[Key, Segment] = {}

    def enters(self, event: Line) -> None:
        self._change(event, event[self.number])

    def leaves(self, event: Line) -> None:
        self._change(event, -event[self.number])

    def _change(self, event: Line, number: int) -> None:
        segment, category = self.segment(event), self.category(event)
        if segment is None or category is None:
            return
        found = self.of.get(segment)
        if found is None:
            found = self.of[segment] = Segment()
        found.change(category, number)


class Sums:
    """Number, sum and sum of squares of the values of each key, exact: in units of 10^-scale."""

    def __init__(self, key: Pick, value: int, scale: int, number: int) -> None:
        self.key, self.value, self.scale, self.number = key, value, scale, number
        self.of: dict[Key, tuple[int, int, int]] = {}

    def enters(self, event: Line) -> None:
        self._change(event, event[self.number])

    def leaves(self, event: Line) -> None:
        self._change(event, -event[self.number])

    def _change(self, event: Line, number: int) -> None:
        key, value = self.key(event), event[self.value]
        if key is None or is_no_value(value):
            return
        exact = _exact(value, self.scale)
        count, total, squares = self.of.get(key, (0, 0, 0))
        self.of[key] = (count + number, total + number * exact, squares + number * exact * exact)


class Extremes:
    """The least value of each key that has not left yet; the greatest, where ``sign`` is -1.

    Where events never leave (``stay``), the least is all that need be kept.
    """

    def __init__(self, key: Pick, value: int, sign: int, *, stay: bool) -> None:
        self.key, self.value, self.sign, self.stay = key, value, sign, stay
        self.heaps: dict[Key, list[Any]] = {}
        self.left: dict[Key, Counter[Any]] = {}

    def enters(self, event: Line) -> None:
        key, value = self.key(event), event[self.value]
        if key is None or is_no_value(value):
            return
        heap = self.heaps.setdefault(key, [])
        if self.stay and heap:
            heap[0] = min(heap[0], self.sign * value)
        else:
            heapq.heappush(heap, self.sign * value)

    def leaves(self, event: Line) -> None:
        key, value = self.key(event), event[self.value]
        if key is not None and not is_no_value(value):
            self.left.setdefault(key, Counter())[self.sign * value] += 1

    def at(self, key: Key) -> Any:
        heap, left = self.heaps.get(key), self.left.get(key)
        while heap and left and left[heap[0]]:
            left[heap[0]] -= 1
            heapq.heappop(heap)
        return self.sign * heap[0] if heap else None


class Times:
    """The first and the last time of each key. Who asks knows when the last one has left."""

    def __init__(self, key: Pick, time: int) -> None:
        self.key, self.time = key, time
        self.first: dict[Key, int] = {}
        self.last: dict[Key, int] = {}

    def enters(self, event: Line) -> None:
        key, time = self.key(event), event[self.time]
        if key is not None:
            self.first[key] = min(time, self.first.get(key, time))
            self.last[key] = max(time, self.last.get(key, time))

    def leaves(self, event: Line) -> None:
        pass


def is_no_value(value: Any) -> bool:
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def _exact(value: Any, scale: int) -> int:
    if isinstance(value, float):
        return math.floor(value * 10.0**scale + 0.5)
    if isinstance(value, Decimal):
        return int(value.scaleb(scale))
    return int(value)
