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

    ``measure`` takes positions of rows. Samples of more than ``most`` rows are cut to as many, and the interval is
    drawn in by the root of their ratio (m out of n).
    """
    value = measure(np.arange(len(t0)))
    if value is None or draws <= 0:
        return Interval(value)
    days = _days(t0)
    picks = np.random.default_rng(seed)
    found = []
    size = len(t0)
    for _ in range(draws):
        rows = np.concatenate([days[at] for at in picks.integers(0, len(days), len(days))])
        if len(rows) > most:
            rows = picks.choice(rows, most, replace=False)
        again = measure(rows)
        if again is not None:
            found.append(again)
    if len(found) < draws / 2:
        return Interval(value)
    low, high = np.percentile(found, [_TAIL, 100 - _TAIL])
    shrink = min(1.0, most / size) ** 0.5
    return Interval(value, float(value + (low - value) * shrink), float(value + (high - value) * shrink))


def _days(t0: Moments) -> list[NDArray[np.int64]]:
    """Positions by day of T0; single rows where there are too few days to draw from."""
    day = t0 // DAY_US
    starts = np.flatnonzero(np.diff(day, prepend=day[0] - 1))
    if len(starts) < 10:
        return list(np.arange(len(t0))[:, None])
    return np.split(np.arange(len(t0)), starts[1:])
