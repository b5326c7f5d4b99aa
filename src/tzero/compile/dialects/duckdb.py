"""DuckDB."""

from __future__ import annotations

from sqlglot import exp

from tzero.compile.dialects.base import Dialect, Lists, plus_interval
from tzero.sql.build import cast, double


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _seconds_between(later: exp.Expr, earlier: exp.Expr) -> exp.Expr:
    # subtracting two TIMESTAMPTZ gives a wall clock difference of the session zone; microseconds do not
    ticks = exp.Paren(this=exp.Sub(this=_call("EPOCH_US", later), expression=_call("EPOCH_US", earlier)))
    return exp.Div(this=cast(ticks, "double"), expression=double(1e6))


DUCKDB = Dialect(
    name="duckdb",
    count_type="BIGINT",
    exact_type="HUGEINT",
    exact_of_double=lambda value: cast(value, "HUGEINT"),
    seconds_between=_seconds_between,
    days_between=lambda later, earlier: cast(exp.Paren(this=exp.Sub(this=later, expression=earlier)), "int"),
    add_days=lambda day, number: exp.Add(this=day, expression=number),
    clock=lambda value, _: value,
    moved=lambda value, _, length: plus_interval(value, length),
    clock_now="now",
    is_finite=lambda value, _: _call("ISFINITE", value),
    boolean_marks=False,
    dense_grids=False,
    as_of_joins=True,
    lists=Lists(
        of=lambda numbers: _call("list_value", *numbers),
        element=lambda numbers, place: _call("list_extract", numbers, place),
        levels=lambda numbers: _call("list_reverse_sort", _call("list_distinct", numbers)),
        place=lambda numbers, number: _call("list_position", numbers, number),
    ),
    widest_histogram=64,
    ordered_rows=False,
    value_tables=True,
)
