"""One form for one value: what a model sees, and what a digest is taken of.

A feature becomes the nearest single precision number, which is what the model holds anyway. Two engines whose doubles
differ in the last bits then give the same value, unless it lies within those bits of the middle between two single
precision numbers: about three in 10^9 for a logarithm. NULL and NaN are one missing value, minus zero is zero. A time
becomes the days by which it lies before T0, so that it says the same at every T0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tzero.errors import FindingError

Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]
Moments = NDArray[np.int64]

NEVER = np.iinfo(np.int64).min
"""The moment that stands for NULL."""
DAY_US = 86_400_000_000


def singles(column: pa.Array, name: str, t0: Moments) -> Singles:
    """A feature as the model sees it. Raises FindingError for an infinity.

    >>> singles(pa.array([True, None]), "x", np.zeros(2, np.int64)).tolist()
    [1.0, nan]
    """
    kind = column.type
    if pa.types.is_temporal(kind):
        moment = moments(column)
        found = np.where(moment == NEVER, np.nan, (t0 - moment) / DAY_US)
    else:
        found = numbers(column)
    with np.errstate(over="ignore"):
        single: Singles = found.astype(np.float32) + np.float32(0.0)
    single[np.isnan(single)] = np.nan
    if np.isinf(single).any():
        raise FindingError(
            f"the feature {name!r} holds {found[np.isinf(single)][0]}, which no model can take",
            fix="bound it in the declaration, or leave it out with --exclude",
        )
    return single


def numbers(column: pa.Array) -> Doubles:
    """Numbers and booleans as doubles, NULL as NaN."""
    if pa.types.is_boolean(column.type):
        column = pc.cast(column, pa.int8())
    found: Doubles = pc.cast(column, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return found


def moments(column: pa.Array) -> Moments:
    """Times as microseconds since 1970 in UTC, NULL as `NEVER`.

    >>> import datetime as dt
    >>> moments(pa.array([dt.date(1970, 1, 2), None])).tolist()[0]
    86400000000
    """
    zone = getattr(column.type, "tz", None)
    instant = pc.cast(column, pa.timestamp("us", zone))
    filled: Any = pc.fill_null(pc.cast(instant, pa.int64()), NEVER)
    found: Moments = filled.to_numpy(zero_copy_only=False)
    return found
