"""Functions that only their name tells."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from tzero.prove import functions
from tzero.prove.domain.label import Atom, Kind
from tzero.prove.domain.row import Present
from tzero.prove.domain.terms import (
    INT,
    TIME_TYPES,
    App,
    Const,
    Term,
    app,
    const,
)
from tzero.prove.domain.types import EXACT_NUMBERS, INTERVAL, UNKNOWN, parse_interval
from tzero.prove.transfer import ages, clocks, times
from tzero.prove.transfer.binding import bind, bind_all, binds, pure
from tzero.prove.transfer.frame import Frame
from tzero.prove.transfer.intervals import of_unit


@binds(exp.Anonymous)
def _anonymous(node: exp.Expr, frame: Frame) -> Term:
    name = node.name.lower()
    args = bind_all(list(node.expressions), frame)
    if name in frame.interpreter.declarations.pure_functions:
        frame.interpreter.use(f"function {name} is pure")
        return pure(frame, node, name, args, UNKNOWN, False)
    if name in _INTERVALS and len(args) == 1:
        return _interval_of(node, frame, _INTERVALS[name], args[0])
    if name in ("date_part", "datepart") and len(args) == 2 and isinstance(args[0], Const):
        return clocks.part_of(frame, str(args[0].value).lower(), args[1], node)
    if name == "timezone" and len(args) == 2:
        return times.at_zone(frame, args[1], args[0], node)
    if name in ("epoch_us", "epoch_ms", "epoch_ns") and len(args) == 1 and args[0].type in TIME_TYPES:
        if name == "epoch_us":
            return app("retype", args[0], type_=INT)
        return app("strict", args[0], type_=INT, params=(name,))
    if name == "age" and len(args) == 2:
        return ages.age(frame, args[0], args[1], node)
    if name in functions.CLOCK_NAMES or name == "age":
        return frame.impure(Kind.CLOCK, node, f"{name}() reads the clock", args)
    if name in functions.VOLATILE_NAMES:
        return frame.impure(Kind.VOLATILE, node, f"{name}() changes from call to call", args)
    if name in functions.SESSION_NAMES:
        return frame.impure(Kind.SESSION, node, f"{name}() depends on the session", args)
    if name in functions.PURE_NAMES:
        return pure(frame, node, name, args, functions.PURE_NAMES[name], False)
    if name in functions.AGGREGATE_NAMES:
        return frame.unknown(node, f"{name}() outside a grouped query", args)
    return _strange(node, frame, name, args)


def _strange(node: exp.Expr, frame: Frame, name: str, args: tuple[Term, ...]) -> Term:
    """What is not known may also give several rows, or none, where it stands in a list."""
    note = f"{name}() is not a known function: it may read tables or the clock"
    atom = Atom(Kind.UNKNOWN, origin=frame.origin(node, f"{name}() is not a known function: it may give several rows"))
    frame.row = replace(frame.row, presence=(*frame.row.presence, Present(atom)))
    return frame.unknown(node, note, args)


# DuckDB's functions of a number that make an interval -> their unit.
_INTERVALS = {
    "to_microseconds": "microsecond", "to_milliseconds": "millisecond", "to_seconds": "second", "to_minutes": "minute",
    "to_hours": "hour", "to_days": "day", "to_weeks": "week", "to_months": "month", "to_quarters": "quarter",
    "to_years": "year",
}  # fmt: skip


def _interval_of(node: exp.Expr, frame: Frame, unit: str, amount: Term) -> Term:
    """An interval from a literal number, whatever it is cast to."""
    inner = amount
    while isinstance(inner, App) and inner.op in ("cast", "cast_exact"):
        inner = inner.args[0]
    text = str(inner.value) if isinstance(inner, Const) else ""
    whole = text.lstrip("-").isdigit()
    span = parse_interval(text, unit) if whole or (text and inner is amount) else None
    if span is not None:
        return const(span, INTERVAL)
    computed = of_unit(unit, amount) if amount.leaves and amount.type in EXACT_NUMBERS else None
    if computed is not None:
        return computed
    return frame.unknown(node, "an interval that is not a literal", (amount,), INTERVAL)


@binds(exp.ToDays)
def _to_days(node: exp.Expr, frame: Frame) -> Term:
    return _interval_of(node, frame, "day", bind(node.this, frame))
