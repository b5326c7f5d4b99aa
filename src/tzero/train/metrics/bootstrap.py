"""How much a measure would move on other days: the bootstrap over days of T0, whose rows are not independent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tzero.train.canonical import DAY_US, Moments
from tzero.train.outcomes import Rows

Measure = Callable[[Rows], float | None]
_TAIL = 2.5
_FEWER = 4


@dataclass(frozen=True, slots=True)
class Interval:
    """A measure and its 95 % interval; None where it cannot be told."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def interval(measure: Measure, t0: Moments, draws: int, seed: int, most: int = 10_000) -> Interval:
    """The measure over all rows, and its interval from samples of whole days, with replacement.

    ``measure`` takes positions of rows. Of samples of more than ``most`` rows only as many are looked at: what days
    differ by is seen as before, what rows differ by is overstated. Smaller samples tell the two apart, and the interval
    is drawn in by the second alone.
    """
    value = measure(np.arange(len(t0)))
    if value is None or draws <= 0:
        return Interval(value)
    days, picks = _days(t0), np.random.default_rng(seed)
    found = _again(measure, days, draws, most, picks)
    if len(found) < draws / 2:
        return Interval(value)
    low, high = np.percentile(found, [_TAIL, 100 - _TAIL])
    drawn_in = 1.0
    if len(t0) > most:
        fewer = _again(measure, days, draws, most // _FEWER, picks)
        drawn_in = _drawn_in(float(np.var(found)), float(np.var(fewer)), most / len(t0))
    return Interval(value, float(value + (low - value) * drawn_in), float(value + (high - value) * drawn_in))


def _drawn_in(variance: float, of_fewer: float, part: float) -> float:
    """By how much an interval of a ``part`` of the rows is too wide, from its variance and that of samples `_FEWER`
    times smaller.

    >>> _drawn_in(1.0, 4.0, 0.25), _drawn_in(1.0, 1.0, 0.25)
    (0.5, 1.0)
    """
    if variance <= 0:
        return 1.0
    of_rows = min(max((of_fewer - variance) / (_FEWER - 1), 0.0), variance)
    return float(((variance - of_rows * (1.0 - part)) / variance) ** 0.5)


def _again(
    measure: Measure, days: list[NDArray[np.int64]], draws: int, most: int, picks: np.random.Generator
) -> list[float]:
    samples = (_sample([days[at] for at in picks.integers(0, len(days), len(days))], most, picks) for _ in range(draws))
    return [again for rows in samples if (again := measure(rows)) is not None]


def _sample(days: list[NDArray[np.int64]], most: int, picks: np.random.Generator) -> NDArray[np.int64]:
    """All rows of some days, or as many as ``most`` of them, which alone are looked up."""
    ends = np.cumsum([len(day) for day in days])
    if ends[-1] <= most:
        return np.concatenate(days)
    places = np.sort(picks.choice(int(ends[-1]), most, replace=False))
    day = np.searchsorted(ends, places, side="right")
    starts = np.array([day_rows[0] for day_rows in days])
    # the rows of a day lie side by side
    found: NDArray[np.int64] = starts[day] + places - (ends[day] - np.array([len(rows) for rows in days])[day])
    return found


def _days(t0: Moments) -> list[NDArray[np.int64]]:
    """Positions by day of T0; single rows where there are too few days to draw from."""
    day = t0 // DAY_US
    starts = np.flatnonzero(np.diff(day, prepend=day[0] - 1))
    if len(starts) < 10:
        return list(np.arange(len(t0))[:, None])
    return np.split(np.arange(len(t0)), starts[1:])
