"""Small curves of features over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tzero.report.numbers import in_order, shown

_WIDE, _TALL = 280, 64


@dataclass(frozen=True, slots=True)
class Curve:
    """One line: its points as SVG takes them, its least and greatest value, and its first and last day."""

    name: str
    paths: tuple[str, ...]
    low: str
    high: str
    first: str
    last: str
    width: int = _WIDE
    height: int = _TALL


def curves_of(found: Mapping[str, Any] | None, order: Sequence[str] = ()) -> tuple[Curve, ...]:
    """The rows per day, and the medians of some features."""
    if not found or "why_not" in found or len(found["days"]) < 2:
        return ()
    named = {"rows per day": found["rows"], **in_order(found["features"], order)}
    return tuple(curve for name, values in named.items() if (curve := _curve(name, values, found["days"])))


def _curve(name: str, values: Sequence[float | None], days: Sequence[str]) -> Curve | None:
    there = [value for value in values if value is not None]
    if not there:
        return None
    low, high = min(there), max(there)
    over, step = (high - low) or 1.0, _WIDE / (len(values) - 1)
    paths: list[str] = []
    pen = "M"
    for at, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        point = f"{at * step:.1f} {_TALL - 2 - (value - low) / over * (_TALL - 4):.1f}"
        if pen == "M":
            paths.append("M" + point)
        else:
            paths[-1] += "L" + point
        pen = "L"
    return Curve(name, tuple(paths), shown(low), shown(high), days[0], days[-1])
