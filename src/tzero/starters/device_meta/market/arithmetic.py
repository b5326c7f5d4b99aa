"""Exponential and logarithm from +, -, ×, ÷ alone, hence the same bits on every machine.

IEEE 754 rounds those four exactly; the libraries' own exp and log differ in the last bit between processors.
"""

from __future__ import annotations

import numpy as np

from tzero.starters.device_meta.market.hashing import Floats

# ln 2 in two parts; the first has trailing zeros, so that a small multiple of it is exact
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_EXP_TERMS = 14
_LOG_TERMS = 12


def exponential(x: Floats) -> Floats:
    """e^x within 4 units in the last place, for |x| < 700.

    >>> exponential(np.array([0.0, 1.0])).round(12).tolist()
    [1.0, 2.718281828459]
    """
    power = np.rint(x / (_LN2_HIGH + _LN2_LOW))
    rest = (x - power * _LN2_HIGH) - power * _LN2_LOW
    series = np.ones_like(rest)
    for n in range(_EXP_TERMS, 0, -1):
        series = 1.0 + series * rest / n
    return np.ldexp(series, power.astype(np.int64))


def logarithm(x: Floats) -> Floats:
    """Natural logarithm within 4 units in the last place (absolute 1e-16 near 1), for x > 0.

    >>> logarithm(np.array([1.0, 2.0])).round(12).tolist()
    [0.0, 0.69314718056]
    """
    mantissa, power = np.frexp(x)
    low = mantissa < 0.7071067811865476
    mantissa = np.where(low, mantissa * 2.0, mantissa)
    power = np.where(low, power - 1, power).astype(np.float64)
    ratio = (mantissa - 1.0) / (mantissa + 1.0)
    square = ratio * ratio
    series = np.zeros_like(ratio)
    for n in range(_LOG_TERMS, -1, -1):
        series = series * square + 1.0 / (2 * n + 1)
    return power * _LN2_HIGH + (2.0 * ratio * series + power * _LN2_LOW)


def running_total(values: Floats) -> Floats:
    """Cumulative sum along the last axis, one addition after another: a fixed order, thus fixed bits."""
    return np.cumsum(values, axis=-1)
