"""PostgreSQL, 14 and newer."""

from __future__ import annotations

from datetime import timedelta

from sqlglot import exp

from tzero.compile.dialects.base import Dialect, Lists, plus_interval
from tzero.features.types import ColumnType
from tzero.sql.build import case_when, cast, double, integer, quoted_column, text

_HALF = 2**32
_WHOLE = 2.0**63


def _exact_of_double(value: exp.Expr) -> exp.Expr:
    # a cast of a double to numeric keeps 15 digits; to bigint it is exact, and a double beyond that splits exactly
    high = exp.Floor(this=exp.Div(this=value, expression=double(float(_HALF))))
    low = exp.Sub(this=value.copy(), expression=exp.Mul(this=high.copy(), expression=double(float(_HALF))))
    split = exp.Add(
        this=exp.Mul(this=_numeric(high), expression=integer(_HALF)), expression=_numeric(exp.Paren(this=low))
    )
    fits = exp.LT(this=exp.Abs(this=value.copy()), expression=double(_WHOLE))
    return case_when(fits, _numeric(value.copy()), split)


def _numeric(value: exp.Expr) -> exp.Expr:
    return cast(cast(value, "bigint"), "numeric")


def _seconds_between(later: exp.Expr, earlier: exp.Expr) -> exp.Expr:
    length = exp.Paren(this=exp.Sub(this=later, expression=earlier))
    return cast(exp.Extract(this=exp.var("EPOCH"), expression=length), "double")


def _clock(value: exp.Expr, kind: ColumnType) -> exp.Expr:
    if kind.kind != "timestamptz":
        return value
    return exp.AtTimeZone(this=value if isinstance(value, exp.Column) else exp.Paren(this=value), zone=text("UTC"))


def _moved(value: exp.Expr, kind: ColumnType, length: timedelta) -> exp.Expr:
    if kind.kind != "timestamptz":
        return plus_interval(value, length)
    # timestamptz + interval is STABLE, it may count days in the session's zone; the clock of UTC is IMMUTABLE
    shifted = plus_interval(exp.Paren(this=_clock(value, kind)), length)
    return exp.AtTimeZone(this=exp.Paren(this=shifted), zone=text("UTC"))


def _is_finite(value: exp.Expr, kind: ColumnType) -> exp.Expr:
    if kind.is_time:
        return exp.Anonymous(this="ISFINITE", expressions=[value])
    # NaN is greater than any number
    above = exp.GT(this=value, expression=cast(text("-Infinity"), "double"))
    below = exp.LT(this=value.copy(), expression=cast(text("Infinity"), "double"))
    return exp.Paren(this=exp.And(this=above, expression=below))


def _levels(numbers: exp.Expr) -> exp.Expr:
    level = quoted_column("level")
    greatest_first = exp.Order(
        this=exp.Distinct(expressions=[level]),
        expressions=[exp.Ordered(this=level.copy(), desc=True, nulls_first=True)],
    )
    names = exp.TableAlias(
        this=exp.to_identifier("each", quoted=True), columns=[exp.to_identifier("level", quoted=True)]
    )
    return (
        exp.select(exp.ArrayAgg(this=greatest_first)).from_(exp.Unnest(expressions=[numbers], alias=names)).subquery()
    )


POSTGRES = Dialect(
    name="postgres",
    count_type="INT",
    exact_type="NUMERIC",
    exact_of_double=_exact_of_double,
    seconds_between=_seconds_between,
    days_between=lambda later, earlier: exp.Paren(this=exp.Sub(this=later, expression=earlier)),
    add_days=lambda day, number: exp.Add(this=day, expression=number),
    clock=_clock,
    moved=_moved,
    clock_now="clock_timestamp",
    is_finite=_is_finite,
    boolean_marks=True,
    dense_grids=True,
    as_of_joins=False,
    lists=Lists(
        of=lambda numbers: exp.Array(expressions=list(numbers)),
        element=lambda numbers, place: exp.Bracket(this=numbers, expressions=[place]),
        levels=_levels,
        place=lambda numbers, number: exp.Anonymous(this="ARRAY_POSITION", expressions=[numbers, number]),
    ),
    widest_histogram=64,
    ordered_rows=True,
    value_tables=False,
)
