"""Arithmetic and casts."""

from __future__ import annotations

from sqlglot import exp

from tzero.prove.domain.strictness import FAILING
from tzero.prove.domain.terms import (
    INT,
    NULL,
    TIME_TYPES,
    App,
    Const,
    Term,
    app,
    const,
)
from tzero.prove.domain.types import (
    BOOL,
    DECIMAL,
    EPOCH_SPAN,
    EXACT_NUMBERS,
    FLOAT,
    INTERVAL,
    TEXT,
    UNKNOWN,
    WHOLE,
    parse_interval,
    rounds,
    type_of,
)
from tzero.prove.meaning.choices import ERASING
from tzero.prove.meaning.linear import integer
from tzero.prove.transfer import times
from tzero.prove.transfer.binding import bind, binds, holds_instant, pure
from tzero.prove.transfer.branches import merged
from tzero.prove.transfer.flags import as_flag
from tzero.prove.transfer.frame import Frame
from tzero.prove.transfer.intervals import scaled
from tzero.prove.transfer.kinds import is_whole, join_types, joined

_FAILING = frozenset({INT, DECIMAL, FLOAT, WHOLE, TEXT, BOOL, EPOCH_SPAN, "epoch"})


@binds(exp.Add)
def _plus(node: exp.Expr, frame: Frame) -> Term:
    return _sum(node, frame, 1)


@binds(exp.Sub)
def _minus(node: exp.Expr, frame: Frame) -> Term:
    return _sum(node, frame, -1)


def _sum(node: exp.Expr, frame: Frame, sign: int) -> Term:
    left, right = bind(node.this, frame), bind(node.expression, frame)
    timed = times.add(frame, left, right, sign, node)
    if timed is not None:
        return timed
    if sign < 0:
        rest = cancelled(left, right)
        if rest is not None:
            return rest
    if left.type == right.type == "epoch" and sign < 0:
        return app("minus", left, right, type_=EPOCH_SPAN)
    return app("plus" if sign > 0 else "minus", left, right, type_=join_types((left.type, right.type)))


def cancelled(left: Term, right: Term) -> Term | None:
    """``(x + y) - y`` in exact numbers is ``x``."""
    right = _unwidened(right)
    if isinstance(left, App) and left.op == "plus" and left.type in EXACT_NUMBERS and right in left.args:
        rest = [arg for arg in left.args if arg is not right]
        return rest[0] if len(rest) == 1 else None
    return None


def _unwidened(term: Term) -> Term:
    """An integer under a cast to a number that holds every integer."""
    widened = isinstance(term, App) and term.op == "cast" and term.type == DECIMAL and "(" not in str(term.params[0])
    return term.args[0] if widened and isinstance(term, App) and term.args[0].type == INT else term


@binds(exp.Mul)
def _times(node: exp.Expr, frame: Frame) -> Term:
    left, right = bind(node.this, frame), bind(node.expression, frame)
    if INTERVAL in (left.type, right.type):
        return _scaled_interval(left, right, node, frame)
    for flag, other in ((left, right), (right, left)):
        chosen = as_flag(flag)
        if chosen is not None:
            values = [_product(value, other, frame) for value in chosen.values]
            args = [part for pair in zip(chosen.tests, values, strict=False) for part in pair]
            pairs = merged(args, values[-1])
            return app("case", *pairs, values[-1], type_=joined(values)) if pairs else values[-1]
    return _product(left, right, frame)


def _product(left: Term, right: Term, frame: Frame) -> Term:
    """A product; zero times an exact number is zero, but PostgreSQL has ``NaN`` among its decimals."""
    if NULL in (left, right):
        return NULL
    type_ = join_types((left.type, right.type))
    exact = type_ == INT or (type_ == DECIMAL and frame.dialect != "postgres")
    erasing = exact and 0 in (integer(left), integer(right))
    return app("times", left, right, type_=type_, params=(ERASING,) if erasing else ())


def _scaled_interval(left: Term, right: Term, node: exp.Expr, frame: Frame) -> Term:
    span, factor = (left, right) if left.type == INTERVAL else (right, left)
    found = times.span_of(span)
    if found is not None and factor.type in EXACT_NUMBERS | {FLOAT}:
        return scaled(found, factor)
    return frame.unknown(node, "an interval that is not a literal", (left, right), INTERVAL)


@binds(exp.Div)
def _divide(node: exp.Expr, frame: Frame) -> Term:
    left, right = bind(node.this, frame), bind(node.expression, frame)
    type_ = join_types((left.type, right.type))
    if left.type in (EPOCH_SPAN, "epoch"):
        type_ = FLOAT
    if type_ == INT and frame.dialect != "postgres":
        type_ = FLOAT
    if type_ in (WHOLE, DECIMAL) and (type_ == WHOLE or frame.dialect == "duckdb"):
        type_ = FLOAT
    return app("divide", left, right, type_=type_)


@binds(exp.Mod)
def _modulo(node: exp.Expr, frame: Frame) -> Term:
    left, right = bind(node.this, frame), bind(node.expression, frame)
    return app("modulo", left, right, type_=join_types((left.type, right.type)))


@binds(exp.Neg)
def _negative(node: exp.Expr, frame: Frame) -> Term:
    value = bind(node.this, frame)
    span = times.span_of(value)
    if span is not None:
        return const(-span, INTERVAL)
    if isinstance(value, Const) and value.type == INT and value.at is not None:
        return const(-value.at, INT)
    if isinstance(value, Const) and isinstance(value.value, str) and value.type == DECIMAL:
        return const("-" + value.value, DECIMAL)
    return app("negative", value, type_=value.type)


@binds(exp.Cast, exp.TryCast)
def _cast(node: exp.Expr, frame: Frame) -> Term:
    value = bind(node.this, frame)
    to = type_of(node.args["to"], frame.dialect)
    found = cast(frame, value, to, node)
    if not rounds(node.args["to"]) or found is NULL:
        return found
    if to == INTERVAL:
        return frame.unknown(node, "an interval that is cut to a precision", (value,), INTERVAL)
    return app("strict", found, type_=found.type, params=("rounded", node.args["to"].sql()))


def cast(frame: Frame, value: Term, to: str, node: exp.Expr) -> Term:
    """A cast; to or from an instant, it may show the session's zone."""
    if value is NULL:
        return NULL
    if to == UNKNOWN:
        return frame.unknown(node, f"a cast to a type that is not understood: {node.args['to'].sql()}", (value,))
    if to in TIME_TYPES:
        return times.cast_time(frame, value, to, node)
    if to == value.type:
        return value if _keeps(value.type, node) else _converted(frame, value, to, node)
    if to == INTERVAL and isinstance(value, Const) and isinstance(value.value, str):
        span = parse_interval(value.value)
        return (
            const(span, INTERVAL) if span else frame.unknown(node, "an interval that is not understood", (), INTERVAL)
        )
    if holds_instant(value):
        return pure(frame, node, "cast", (value,), to, True, (node.args["to"].sql(),))
    if to == FLOAT and (value.type in (INT, WHOLE) or is_whole(value)):
        to = WHOLE
    if value.type == BOOL and to == INT and not isinstance(node, exp.TryCast):
        return app("cast_exact", value, type_=to, params=(node.args["to"].sql(),))
    return _converted(frame, value, to, node)


def _keeps(type_: str, node: exp.Expr) -> bool:
    """Whether a cast within a type gives back the value, or fails: one to a text of some length may cut it short."""
    to = node.args["to"]
    if isinstance(node, exp.TryCast):
        return False
    return type_ in (INT, BOOL) or (type_ == TEXT and to.is_type("text", "varchar") and not to.expressions)


def _converted(frame: Frame, value: Term, to: str, node: exp.Expr) -> Term:
    """A cast between numbers, texts and booleans: it fails or answers; TRY_CAST, and Spark's, may answer NULL."""
    fails = frame.dialect != "spark" and not isinstance(node, exp.TryCast) and {value.type, to} <= _FAILING
    return app("cast", value, type_=to, params=(node.args["to"].sql(), *((FAILING,) if fails else ())))
