"""How much later one time is than another, compared with a literal: a comparison of the two times."""

from __future__ import annotations

from sqlglot import exp

from tzero.prove.domain.label import Kind
from tzero.prove.domain.terms import DAY, INSTANT, INT, App, Const, Term, app, shift
from tzero.prove.domain.types import BOOL, DECIMAL, FLOAT, INTERVAL, WHOLE, Span
from tzero.prove.transfer import times
from tzero.prove.transfer.frame import Frame
from tzero.prove.transfer.monotone import told_apart, without_sign


def difference_signs(left: Term, right: Term) -> tuple[Term, Term]:
    """``a - b`` against a literal is a comparison of the two times."""
    for one, other, flip in ((left, _literal(right), False), (right, _literal(left), True)):
        moved = _offset_of(other)
        inner = one
        if isinstance(inner, App) and inner.op == "seconds":
            inner = inner.args[0]
        if moved is not None and isinstance(inner, App) and inner.op == "sub_time":
            scale = DAY if inner.params == ("days",) else 1_000_000 if inner is not one else 1
            after, before = inner.args
            if inner.params == ("days",) or isinstance(other, Const):
                pair = (after, shift(before, moved * scale))
                return (pair[1], pair[0]) if flip else pair
    return left, right


def _offset_of(term: Term) -> int | None:
    if isinstance(term, Const) and term.type == INT:
        return term.at
    span = times.span_of(term)
    if span is not None and not span.months and not span.days:
        return span.micros
    return None


def age(frame: Frame, left: Term, right: Term, node: exp.Expr) -> Term:
    """``age(a, b)`` counts years, months, days and the rest of wall readings: 47 hours may be two days of it."""
    zoned = INSTANT in (left.type, right.type) and not frame.interpreter.zone
    note = "the age of an instant is counted on the wall clock of the session's zone"
    extra = (frame.impure(Kind.SESSION, node, note),) if zoned else ()
    return app("strict", left, right, *extra, type_=INTERVAL, params=("age",))


def compared(op: str, small: Term, large: Term) -> App:
    """A comparison, which may be one of a difference of times with zero, or imply one of the two times."""
    op, small, large = without_sign(op, small, large)
    if op not in ("lt", "le"):
        return app(op, small, large, type_=BOOL)
    limit, difference = (small, large) if isinstance(_literal(small), Const) else (large, small)
    sign = _sign(limit)
    wall = _wall_difference(difference)
    if wall is not None and sign == 0:
        after, before = wall
        return app(op, *((before, after) if difference is large else (after, before)), type_=BOOL)
    found = app(op, small, large, type_=BOOL)
    if op == "lt" and (apart := told_apart(small, large)) is not None:
        return app("and", found, app("lt", *apart, type_=BOOL), type_=BOOL)
    pair = wall or _epochs(difference)
    if sign is None or pair is None or pair[0].type != pair[1].type:
        return found
    after, before = pair
    if difference is large and (sign > 0 or (sign == 0 and op == "lt")):
        return app("and", found, app("lt", before, after, type_=BOOL), type_=BOOL)
    if difference is small and (sign < 0 or (sign == 0 and op == "lt")):
        return app("and", found, app("lt", after, before, type_=BOOL), type_=BOOL)
    return found


def _wall_difference(term: Term) -> tuple[Term, Term] | None:
    """The instants that DuckDB subtracts: by its calendar, so perhaps an hour off, but never of another sign."""
    inner = term.args[0] if isinstance(term, App) and term.op == "seconds" else term
    if isinstance(inner, App) and inner.op == "strict" and inner.params == ("difference", "duckdb"):
        first, second = inner.args[:2]
        return (first, second) if first.type == second.type == INSTANT else None
    return None


def _epochs(difference: Term) -> tuple[Term, Term] | None:
    """The times whose epochs are subtracted, perhaps divided by a number above zero.

    All of it may be rounded, but rounding keeps order and sign: a quotient above zero comes of a difference above zero,
    and that of a later time. It is NULL where a time is, so a comparison stays what it is with that beside it.
    """
    while isinstance(difference, App) and difference.op == "divide" and (_number(difference.args[1]) or 0) > 0:
        difference = difference.args[0]
    if not (isinstance(difference, App) and difference.op == "minus"):
        return None
    first, second = difference.args
    if isinstance(first, App) and isinstance(second, App) and first.op == second.op == "epoch":
        return first.args[0], second.args[0]
    return None


def _sign(limit: Term) -> float | None:
    """A literal's number, or one of the sign of a literal interval."""
    span = times.span_of(limit)
    if span is None:
        return _number(limit)
    if span == Span():
        return 0
    return 1 if span.positive else -1 if (-span).positive else None


def _literal(term: Term) -> Term:
    """A whole number under casts to numbers that hold every one: PostgreSQL writes ``(1)::numeric``."""
    while isinstance(term, App) and term.op == "cast" and term.type in (DECIMAL, WHOLE):
        if "(" in str(term.params[0]):
            break
        term = term.args[0]
    return term


def _number(term: Term) -> float | None:
    term = _literal(term)
    if not isinstance(term, Const) or term.type not in (INT, DECIMAL, FLOAT):
        return None
    try:
        return float(str(term.value))
    except ValueError:
        return None
