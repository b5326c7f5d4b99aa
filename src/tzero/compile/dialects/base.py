"""The shape of a dialect: types and the few constructs that engines spell or mean differently."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

Binary = Callable[[exp.Expr, exp.Expr], exp.Expr]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One engine's way.

    ``count_type`` holds a count of one anchor, ``exact_type`` an exact sum; ``seconds_between(a, b)`` is ``a - b`` of two
    times of the same type as double seconds, ``days_between(a, b)`` of two dates as an integer; ``add_days(d, n)`` a date;
    ``is_finite(x)`` is FALSE for NaN and infinities of a double or a time. ``value_tables`` says that even views compute
    text columns over distinct values.
    """

    name: str
    count_type: str
    exact_type: str
    seconds_between: Binary
    days_between: Binary
    add_days: Binary
    is_finite: Callable[[exp.Expr], exp.Expr]
    value_tables: bool
