"""The map of digests: one row per column, one place per day, drift marked."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tzero.report.numbers import in_order

_LABELS, _WIDE, _TALL, _TICK = 190, 720, 9, 36
STATES = {"s": "same", "n": "new", "t": "settling", "d": "drift", "g": "gone"}


@dataclass(frozen=True, slots=True)
class Run:
    """Days in a row of one state: where they begin and how wide they are."""

    state: str
    x: float
    width: float
    title: str


@dataclass(frozen=True, slots=True)
class MapRow:
    column: str
    y: int
    drifted: bool
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class DayMap:
    rows: tuple[MapRow, ...]
    ticks: tuple[tuple[float, str], ...]
    states: tuple[str, ...]
    width: int
    height: int
    labels: int = _LABELS
    row_height: int = _TALL - 1


def map_of(evidence: Mapping[str, Any] | None, order: Sequence[str] = ()) -> DayMap | None:
    """The map of what gate C2 compared: ``days``, and ``cells`` with one letter per day for every column.

    The letters are s (same), n (new), t (settling), d (drift), g (gone). ``order`` is that of the relation's columns.
    """
    if not evidence or not evidence.get("days"):
        return None
    days = [day or "no day" for day in evidence["days"]]
    cells = in_order(evidence["cells"], order)
    step = _WIDE / len(days)
    rows = tuple(
        MapRow(name, at * _TALL, "d" in letters or "g" in letters, _runs(letters, days, step))
        for at, (name, letters) in enumerate(cells.items())
    )
    seen = tuple(STATES[letter] for letter in STATES if any(letter in letters for letters in cells.values()))
    return DayMap(rows, _ticks(days, step), seen, _LABELS + _WIDE, len(rows) * _TALL + 16)


def _runs(letters: str, days: list[str], step: float) -> tuple[Run, ...]:
    found, at = [], 0
    for letter, group in itertools.groupby(letters):
        length = len(list(group))
        last = days[at + length - 1]
        span = days[at] if length == 1 else f"{days[at]} to {last}"
        # a single bad day among many stays wide enough to be seen
        wide = max(length * step, 2.0) if letter in "dg" else length * step
        x = min(_LABELS + at * step, _LABELS + _WIDE - wide)
        found.append(Run(STATES.get(letter, "same"), round(x, 2), round(wide, 2), f"{STATES.get(letter)}, {span}"))
        at += length
    return tuple(sorted(found, key=lambda run: run.state in ("drift", "gone")))


def _ticks(days: list[str], step: float) -> tuple[tuple[float, str], ...]:
    months = [(at, day[:7]) for at, day in enumerate(days) if at == 0 or day[:7] != days[at - 1][:7]]
    every = max(1, -(-len(months) // 9))
    shown = ((round(_LABELS + at * step, 1), month) for at, month in months[::every])
    return tuple((x, month) for x, month in shown if x <= _LABELS + _WIDE - _TICK)
