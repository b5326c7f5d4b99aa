"""The likelihood of censored times under a log-normal law (accelerated failure time)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tzero.train.canonical import Doubles
from tzero.train.outcomes import Lives

_LEAST = 1e-12
_GOLDEN = (5**0.5 - 1) / 2
_STEPS = 40
_SCALES = (float(np.log(0.1)), float(np.log(5.0)))
_ENOUGH = 10_000


@dataclass(frozen=True, slots=True)
class Constant:
    """The law that fits all rows best: mean and standard deviation of the log days."""

    location: float
    scale: float


def log_likelihood(lives: Lives, location: Doubles | float, scale: float) -> Doubles:
    """Per row: log density of an exact time, log probability of an interval or of outliving the last observation.

    Times are in days; the density is that of the time itself.
    """
    cdf = _cdf()
    with np.errstate(divide="ignore"):
        low, high = np.log(lives.lower), np.log(lives.upper)
    exact = lives.lower == lives.upper
    z_low, z_high = (low - location) / scale, (high - location) / scale
    between = cdf(z_high) - cdf(z_low)
    with np.errstate(invalid="ignore"):
        density = np.exp(-0.5 * z_high**2) / (np.sqrt(2 * np.pi) * scale * lives.upper)
    found: Doubles = np.log(np.maximum(np.where(exact, density, between), _LEAST))
    return found


def probability_within(location: Doubles, scale: float, days: float) -> Doubles:
    """The chance that the event comes within so many days."""
    found: Doubles = _cdf()((np.log(days) - location) / scale)
    return found


def chance(log_odds: Doubles) -> Doubles:
    """
    >>> chance(np.array([0.0])).tolist()
    [0.5]
    """
    found: Doubles = 1.0 / (1.0 + np.exp(-log_odds))
    return found


def bernoulli(came: NDArray[np.bool_], chance: Doubles) -> Doubles:
    """Per row: the log of the chance that was given to what happened."""
    found: Doubles = np.log(np.clip(np.where(came, chance, 1.0 - chance), _LEAST, 1.0))
    return found


def fit_scale(lives: Lives, location: Doubles) -> float:
    """The standard deviation of the log days about given locations that fits best."""
    found, _ = _highest(
        lambda log_scale: float(log_likelihood(lives, location, float(np.exp(log_scale))).mean()), *_SCALES
    )
    return round(float(np.exp(found)), 6)


def fit_constant(lives: Lives) -> Constant:
    """The best law for all rows together, by two nested searches over at most 10,000 of them; it needs an event."""
    lives = lives.of(slice(None, None, max(1, len(lives.lower) // _ENOUGH)))
    times = np.where(lives.ended, lives.upper, lives.lower)
    logs = np.log(np.maximum(times, 1.0 / 1440))
    low, high = float(logs.min()) - 1.0, float(logs.max()) + 5.0

    def best_location(scale: float) -> tuple[float, float]:
        return _highest(lambda place: float(log_likelihood(lives, place, scale).mean()), low, high)

    scale, _ = _highest(lambda log_scale: best_location(float(np.exp(log_scale)))[1], *_SCALES, 24)
    return Constant(best_location(float(np.exp(scale)))[0], float(np.exp(scale)))


def _highest(of: Any, low: float, high: float, steps: int = _STEPS) -> tuple[float, float]:
    """Where a function of one hump is highest, and how high: golden section search."""
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = of(left), of(right)
    for _ in range(steps):
        if at_left >= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = of(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = of(right)
    return (left, at_left) if at_left >= at_right else (right, at_right)


@cache
def _cdf() -> Any:
    from scipy.special import ndtr

    return ndtr
