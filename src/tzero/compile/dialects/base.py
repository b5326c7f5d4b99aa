"""The shape of a dialect: types and the few constructs that engines spell or mean differently."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlglot import exp

from tzero.features.types import ColumnType
from tzero.sql.build import interval

Unary = Callable[[exp.Expr], exp.Expr]
Binary = Callable[[exp.Expr, exp.Expr], exp.Expr]


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists of numbers, counted from 1.

    - ``of(numbers)``: the list; ``element(list, place)``: what stands there
    - ``levels(list)``: its different numbers, the greatest first; ``place(list, number)``: where a number stands
    """

    of: Callable[[Sequence[exp.Expr]], exp.Expr]
    element: Binary
    levels: Unary
    place: Binary


@dataclass(frozen=True, slots=True)
class Dialect:
    """One engine's way.

    - ``count_type`` holds a count of one moment, ``exact_type`` an exact sum
    - ``exact_of_double(x)``: a double without fraction, as ``exact_type``
    - ``seconds_between(a, b)``: ``a - b`` of two times of one type with a clock, as double seconds
    - ``days_between(a, b)``: ``a - b`` of two dates, an integer; ``add_days(d, n)``: a date
    - ``moved(t, kind, length)``: a time moved later by a fixed length, earlier where that is negative
    - ``clock(t, kind)``: the time in a type whose order and distances depend on no setting of the session
    - ``clock_now``: the function that tells the time now, not before what a statement sees of the tables is fixed
    - ``is_finite(x, kind)``: FALSE for NaN and infinities of a double or a time
    - ``boolean_marks``: anchors and changes of a timeline are told apart by a boolean, else by 0 and 1; PostgreSQL
      expects half of the rows of a boolean and one in 200 of a number, and plans by that
    - ``dense_grids``: where a grid needs the count of every cell, zeros are counted along, else joined in afterwards
    - ``as_of_joins``: running totals are taken by as-of joins, else from one timeline of changes and anchors
    - ``widest_histogram``: how many values a vocabulary may have for its counts to stand side by side in a list
    - ``ordered_rows``: statistics are stored in the order of their keys' bytes; PostgreSQL's concurrent refresh sorts
      whole rows so, which is one pass over rows that are
    - ``value_tables``: even views compute text columns over distinct values; without, each step of a derivation is a
      lateral subquery, which computes it once per row and lets conditions on the rows through
    """

    name: str
    count_type: str
    exact_type: str
    exact_of_double: Unary
    seconds_between: Binary
    days_between: Binary
    add_days: Binary
    clock: Callable[[exp.Expr, ColumnType], exp.Expr]
    moved: Callable[[exp.Expr, ColumnType, timedelta], exp.Expr]
    clock_now: str
    is_finite: Callable[[exp.Expr, ColumnType], exp.Expr]
    boolean_marks: bool
    dense_grids: bool
    as_of_joins: bool
    lists: Lists
    widest_histogram: int
    ordered_rows: bool
    value_tables: bool


def plus_interval(value: exp.Expr, length: timedelta) -> exp.Expr:
    """A time moved by an interval, earlier where the length is negative."""
    if length < timedelta(0):
        return exp.Sub(this=value, expression=interval(-length))
    return exp.Add(this=value, expression=interval(length))
