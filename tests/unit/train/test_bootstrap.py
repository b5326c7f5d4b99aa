"""The bootstrap over days: all rows of the days that are drawn, or as many of them as are asked for."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tzero.train.canonical import DAY_US
from tzero.train.metrics.bootstrap import interval


def width(day_effect: float, most: int) -> float:
    drawn = np.random.default_rng(5)
    t0 = np.sort(drawn.integers(0, 60 * DAY_US, 30_000))
    values = day_effect * drawn.normal(size=60)[t0 // DAY_US] + drawn.normal(size=len(t0))
    found = interval(lambda rows: float(values[rows].mean()), t0, 400, 1, most)
    assert found.value is not None and found.low is not None and found.high is not None
    assert found.low < found.value < found.high
    return found.high - found.low


@pytest.mark.parametrize("day_effect", [0.0, 0.03, 1.0])
def test_an_interval_of_few_rows_is_as_wide_as_one_of_all(day_effect: float) -> None:
    assert width(day_effect, 2_000) == pytest.approx(width(day_effect, 30_000), rel=0.3)


def test_rows_that_are_picked_are_of_the_days_that_are_drawn() -> None:
    t0 = np.repeat(np.arange(40), 50) * DAY_US
    seen: list[int] = []

    def measure(rows: NDArray[np.int64]) -> float:
        seen.append(len(rows))
        assert rows.min() >= 0 and rows.max() < len(t0)
        return float(len(np.unique(t0[rows])))

    found = interval(measure, t0, 20, 1, most=500)
    assert found.value == 40.0
    assert seen[1:] == [500] * 20 + [125] * 20
