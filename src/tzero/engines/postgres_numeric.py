"""Decimals as PostgreSQL's numeric: digits to the base 10,000, as many for every value as the widest needs.

The server takes leading zeros off itself (``make_result`` of its ``numeric.c``), so all values of a column can be of
one width.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

Values = np.ndarray[Any, Any]
_BASE, _PER_DIGIT, _NEGATIVE = 10_000, 4, 0x4000
_LIMB = 32


def numeric_of(array: pa.Array) -> Values:
    """Rows of 16-bit numbers: how many digits, the place of the first, sign, decimals shown, and the digits.

    >>> from decimal import Decimal
    >>> numeric_of(pa.array([Decimal("-12345.6")], pa.decimal128(9, 1))).tolist()
    [[3, 1, 16384, 1, 1, 2345, 6000]]
    """
    scale = array.type.scale
    padding = -scale % _PER_DIGIT
    limbs, negative = _absolute(array, padding)
    number = -(-(array.type.precision + padding) // _PER_DIGIT)
    rows = np.empty((len(array), 4 + number), np.int16)
    for at in range(number - 1, -1, -1):
        rows[:, 4 + at] = _divided(limbs)
    rows[:, 0], rows[:, 1], rows[:, 3] = number, number - 1 - (scale + padding) // _PER_DIGIT, max(scale, 0)
    rows[:, 2] = np.where(negative, _NEGATIVE, 0)
    return rows


def _absolute(array: pa.Array, padding: int) -> tuple[list[Values], Values]:
    """The values without their sign, times ten to the padding, as limbs of 32 bits, lowest first; and which had one."""
    width = array.type.bit_width // 8
    data = np.frombuffer(array.buffers()[1], "<u4")
    words = data.reshape(-1, width // 4)[array.offset : array.offset + len(array)].astype(np.int64)
    if array.null_count:
        words[np.asarray(array.is_null())] = 0
    negative: Values = words[:, -1] >= 1 << (_LIMB - 1)
    words[negative] ^= (1 << _LIMB) - 1
    limbs: list[Values] = []
    carry: Values = negative.astype(np.int64)
    needed = -(-(array.type.precision + padding) * 107 // 1024)
    for at in range(needed):
        word: Values = (words[:, at] if at < words.shape[1] else 0) + carry
        limbs.append(word & ((1 << _LIMB) - 1))
        carry = word >> _LIMB
    return _times(limbs, 10**padding), negative


def _times(limbs: list[Values], factor: int) -> list[Values]:
    found: list[Values] = []
    carry: Values = np.zeros_like(limbs[0])
    for limb in limbs:
        product = limb * factor + carry
        found.append(product & ((1 << _LIMB) - 1))
        carry = product >> _LIMB
    return found


def _divided(limbs: list[Values]) -> Values:
    """The lowest digit; the limbs are divided by the base in place."""
    rest: Values = np.zeros_like(limbs[0])
    for at in range(len(limbs) - 1, -1, -1):
        limbs[at], rest = np.divmod((rest << _LIMB) + limbs[at], _BASE)
    return rest
