"""What a model has to beat: one constant, and the rate of the row's own segment, both as known at the cutoff."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from tzero.errors import FindingError
from tzero.train.canonical import Doubles, Singles
from tzero.train.outcomes import Rows

_PRIOR = 20.0
"""So many rows of the overall rate are added to every segment: a segment of three rows has no rate of its own."""
_FEW = 100
_BASE = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class SegmentRates:
    """The mean outcome per segment: rows with equal values of some features. ``keys`` are in order."""

    keys: NDArray[np.uint64]
    rates: Doubles
    overall: float
    places: tuple[int, ...]

    def of(self, features: Singles, rows: Rows) -> Doubles:
        """The rate of each row's segment, the overall one where the segment is new."""
        wanted = _keys(features, rows, self.places)
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        found: Doubles = np.where(self.keys[at] == wanted, self.rates[at], self.overall)
        return found


def segment_places(names: list[str], patterns: tuple[str, ...]) -> tuple[int, ...]:
    """The features that a segment is made of. Raises FindingError for a pattern that fits none."""
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise FindingError(f"no feature is called {pattern!r}", fix="correct --segment")
    return tuple(at for at, name in enumerate(names) if any(fnmatchcase(name, pattern) for pattern in patterns))


def segment_rates(features: Singles, rows: Rows, y: Doubles, places: tuple[int, ...]) -> SegmentRates:
    """Fit on rows of the training window, of which there is at least one, and their outcomes.

    Raises FindingError where hardly two rows are of one segment.
    """
    overall = float(y.mean())
    keys, place = np.unique(_keys(features, rows, places), return_inverse=True)
    if len(keys) > max(_FEW, len(rows) / 2):
        raise FindingError(
            f"{len(rows):,} rows are of {len(keys):,} segments: there is no rate of one row",
            fix="name features of few values with --segment; * may stand for more than was meant",
        )
    total, number = np.bincount(place, weights=y), np.bincount(place)
    return SegmentRates(keys, (total + _PRIOR * overall) / (number + _PRIOR), overall, places)


def _keys(features: Singles, rows: Rows, places: tuple[int, ...]) -> NDArray[np.uint64]:
    """One number per combination of values: a polynomial of their bits, modulo 2^64."""
    found = np.zeros(len(rows), np.uint64)
    for place in places:
        found = found * _BASE + np.ascontiguousarray(features[rows, place]).view(np.uint32)
    return found
