"""One pass over a statistics relation in the order of its anchors, beside the events that they see."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tzero.certify.recount.events import Events
from tzero.certify.recount.reading import Line, length
from tzero.certify.recount.tallies import Tally
from tzero.certify.recount.values import Value, Values
from tzero.features.populations import Population
from tzero.features.statistics import Statistic
from tzero.features.types import ColumnType
from tzero.timeline import Trail

TOLERANCE = 1e-12
EXAMPLES = 3


class Stream:
    """The events of one trail, entering and leaving as the anchor moves on."""

    def __init__(self, events: Events, trail: Trail, population: Population, values: Values) -> None:
        self.values = values
        self._enter = _Queue(events.entering(trail, population.anchor))
        self._leave = _Queue(events.leaving(trail, population.anchor))

    def move_to(self, anchor: int) -> None:
        """Let in what this anchor sees, and out what it does not see any more."""
        tallies = tuple(self.values.tallies.values())
        self._enter.until(anchor, tallies, lambda tally: tally.enters)
        self._leave.until(anchor, tallies, lambda tally: tally.leaves)


class _Queue:
    def __init__(self, events: Iterator[tuple[int, Line]]) -> None:
        self._events = events
        self._next = next(events, None)

    def until(self, anchor: int, tallies: tuple[Tally, ...], change: Callable[[Tally], Callable[[Line], None]]) -> None:
        changes = [change(tally) for tally in tallies]
        while self._next is not None and self._next[0] < anchor:
            for told in changes:
                told(self._next[1])
            self._next = next(self._events, None)


def streams_of(
    population: Population,
    statistics: dict[str, Statistic],
    events: Callable[[str | None], Events],
    types: dict[str, ColumnType],
    keys: dict[str, int],
) -> tuple[list[Stream], dict[str, Value]]:
    """The streams that some statistics need, and each one's value."""
    streams: dict[tuple[str | None, Trail], Stream] = {}
    values: dict[str, Value] = {}
    for name, statistic in statistics.items():
        told = (statistic.known_at, statistic.trail)
        if told not in streams:
            found = events(statistic.known_at)
            after = statistic.trail.leaves_after
            leave = None if after is None else length(after, population.anchor)
            made = Values(found.places, types, keys, leave)
            streams[told] = Stream(found, statistic.trail, population, made)
        values[name] = streams[told].values.of(statistic)
    return list(streams.values()), values


@dataclass(slots=True)
class Recounted:
    """What became of one column: values that were compared, those that differ, and examples of (line, found, own).

    ``found`` are the different values of rows that should all have one.
    """

    compared: int = 0
    differing: int = 0
    examples: list[tuple[Line, tuple[Any, ...], Any]] = field(default_factory=list)

    def differs(self, line: Line, found: tuple[Any, ...], own: Any, rows: int) -> None:
        self.differing += rows
        if len(self.examples) < EXAMPLES:
            self.examples.append((line, found, own))


class Schedule:
    """How far a recount may have come by now: anchors are left out, evenly, where it would take too long.

    ``least`` values of each pass are compared even where no time is left.
    """

    def __init__(
        self, seconds: float, cells: int, clock: Callable[[], float] = time.monotonic, *, least: int = 0
    ) -> None:
        self.seconds, self.cells, self.clock, self.least = seconds, max(cells, 1), clock, least
        self.done = self.compared = 0
        self.comparing = 0.0
        self.started = clock()

    @property
    def elapsed(self) -> float:
        return self.clock() - self.started

    @property
    def is_behind(self) -> bool:
        """Whether more of the time is gone than of the work; reading events, at first, takes a fifth of it."""
        return self.elapsed > self.seconds * (0.2 + 0.8 * self.done / self.cells)

    @property
    def is_over(self) -> bool:
        """Whether all of the time is gone, and a tenth of it more."""
        return self.elapsed > 1.1 * self.seconds

    @property
    def full(self) -> float:
        """Seconds that all would take, as far as can be told from what was compared."""
        return self.elapsed + self.comparing * (self.cells - self.compared) / max(self.compared, 1)


Check = tuple[int, Value, Recounted]


def sweep(
    lines: Iterator[Line],
    keys: int,
    streams: list[Stream],
    values: dict[str, Value],
    schedule: Schedule,
    *,
    grouped: bool,
) -> dict[str, Recounted]:
    """Compare every value, line by line in the order of their anchors: a line begins with ``keys`` columns, the anchor
    first. Then come the values in order; where lines are ``grouped``, instead the number of rows that agree in the keys
    and, for each value, the least, the greatest and the number of it.
    """
    found = {name: Recounted() for name in values}
    first, step = (keys + 1, 3) if grouped else (keys, 1)
    checks = [(first + step * at, value, found[name]) for at, (name, value) in enumerate(values.items())]
    anchor: int | None = None
    skipping = True
    compared, began = 0, 0.0
    for line in lines:
        if line[0] != anchor:
            anchor = line[0]
            schedule.comparing += 0.0 if skipping else schedule.elapsed - began
            enough = compared * len(checks) >= schedule.least
            if enough and schedule.is_over:
                break
            skipping = enough and schedule.is_behind
            for stream in streams:
                stream.move_to(anchor)
            began = schedule.elapsed
        rows = line[keys] if grouped else 1
        schedule.done += rows * len(checks)
        if skipping:
            continue
        compared += rows
        if grouped:
            _compare_group(line, rows, checks)
            continue
        for place, value, column in checks:
            own = value(line)
            if line[place] != own and not _close(line[place], own):
                column.differs(line, (line[place],), own, 1)
    schedule.compared += compared * len(checks)
    for column in found.values():
        column.compared = compared
    return found


def _compare_group(line: Line, rows: int, checks: list[Check]) -> None:
    for place, value, column in checks:
        least, greatest, number = line[place : place + 3]
        own = value(line)
        agree = least == greatest and number in (0, rows)
        if not agree or (least != own and not _close(least, own)):
            other = greatest if number == rows else None
            column.differs(line, (least,) if agree else (least, other), own, rows)


def _close(found: Any, own: Any) -> bool:
    if found is None or own is None or not (isinstance(found, float) or isinstance(own, float)):
        return False
    return bool(abs(found - own) <= TOLERANCE * max(1.0, abs(own)))
