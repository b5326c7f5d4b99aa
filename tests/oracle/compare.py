"""What differs between the oracle's rows and a database's."""

from __future__ import annotations

import math
from typing import Any

from tests.oracle.database import in_utc
from tests.oracle.description import Row

TOLERANCE = 1e-12
"""Relative, or absolute below 1."""


def differences(expected: list[Row], found: list[Row], key: tuple[str, ...]) -> list[str]:
    """Everything in which the two differ, one line each; nothing if they are equal."""
    left, right = _by_key(expected, key), _by_key(found, key)
    lines = [f"{len(found)} rows, {len(right)} keys"] if len(right) != len(found) else []
    lines += [f"{place}: missing" for place in left if place not in right]
    lines += [f"{place}: unexpected" for place in right if place not in left]
    for place, row in left.items():
        other = right.get(place, row)
        if list(other) != list(row):
            lines.append(f"{place}: columns {list(other)}, not {list(row)}")
        lines += [
            f"{place}.{name}: {other.get(name)!r}, not {value!r}"
            for name, value in row.items()
            if not same(value, other.get(name))
        ]
    return lines


def same(expected: Any, found: Any) -> bool:
    """Equal and of the same type; doubles within the tolerance."""
    if isinstance(expected, float):
        if not isinstance(found, float):
            return False
        if not math.isfinite(expected):
            return expected == found or (math.isnan(expected) and math.isnan(found))
        return abs(expected - found) <= TOLERANCE * max(1.0, abs(expected))
    return type(expected) is type(found) and bool(expected == found)


def _by_key(rows: list[Row], key: tuple[str, ...]) -> dict[tuple[Any, ...], Row]:
    rows = [{name: in_utc(value) for name, value in row.items()} for row in rows]
    return {tuple(row[name] for name in key): row for row in rows}
