"""Whether what was given a chance of one in three came one time in three."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tzero.train.canonical import Doubles
from tzero.train.outcomes import Lives

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows of similar prediction: how many, the mean prediction, and what was observed."""

    rows: int
    predicted: float
    observed: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def calibration(predicted: Doubles, observed: Doubles | Lives, days: float = 0.0) -> tuple[Bin, ...]:
    """Tenths of the rows by prediction. Of lives, the observed share within ``days`` is Kaplan and Meier's, so that
    rows censored before count for as long as they were seen."""
    order = np.argsort(predicted, kind="stable")
    made = []
    for rows in np.array_split(order, min(BINS, max(1, len(order) // 5))):
        made_of = observed.of(rows) if isinstance(observed, Lives) else observed[rows]
        share = share_within(made_of, days) if isinstance(made_of, Lives) else float(made_of.mean())
        made.append(Bin(len(rows), float(predicted[rows].mean()), share))
    return tuple(made)


def miscalibration(bins: tuple[Bin, ...]) -> float:
    """The mean distance between predicted and observed, weighted by the rows."""
    total = sum(found.rows for found in bins)
    return sum(found.rows * abs(found.predicted - found.observed) for found in bins) / total if total else 0.0


def share_within(lives: Lives, days: float) -> float:
    """The share of lives that end within so many days (Kaplan and Meier; an interval counts at its end).

    >>> share_within(Lives(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, np.inf, 3.0, np.inf])), 3.0)
    0.625
    """
    time = np.where(lives.ended, lives.upper, lives.lower)
    moments = np.unique(time[lives.ended & (time <= days)])
    ordered, ends = np.sort(time), np.sort(time[lives.ended])
    at_risk = len(time) - np.searchsorted(ordered, moments, side="left")
    ending = np.searchsorted(ends, moments, side="right") - np.searchsorted(ends, moments, side="left")
    return float(1.0 - np.prod(1.0 - ending / at_risk))
