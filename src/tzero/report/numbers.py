"""Numbers, moments and orders as a page shows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any


def shown(value: Any) -> str:
    """
    >>> shown(1234567), shown(0.0479246790869), shown(None), shown(True)
    ('1,234,567', '0.0479247', 'NULL', 'true')
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def in_order(named: Mapping[str, Any], order: Sequence[str]) -> dict[str, Any]:
    """What bears names, in an order of names; what is not in it comes last.

    >>> in_order({"a": 1, "b": 2, "c": 3}, ["b", "a"])
    {'b': 2, 'a': 1, 'c': 3}
    """
    return {name: named[name] for name in (*(name for name in order if name in named), *named)}


def apart(before: Any, after: Any) -> tuple[str, str]:
    """Two values with as many digits as tell them apart.

    >>> apart(0.047924679086958695, 0.047922285485965437)
    ('0.0479247', '0.0479223')
    >>> apart(0.30000000000000004, 0.3)
    ('0.30000000000000004', '0.3')
    """
    one, other = shown(before), shown(after)
    return (one, other) if one != other else (repr(before), repr(after))


def day_of(text: Any) -> dt.date | None:
    """The day of a moment in ISO form; None of anything else.

    >>> day_of("2024-07-20 00:00:00"), day_of("soon")
    (datetime.date(2024, 7, 20), None)
    """
    try:
        return dt.datetime.fromisoformat(str(text)).date()
    except ValueError:
        return None
