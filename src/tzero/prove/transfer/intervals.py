"""Intervals that are computed: a literal one, a number of times. Nothing is known of how long they are."""

from __future__ import annotations

from sqlglot import exp

from tzero.prove.domain.label import Kind
from tzero.prove.domain.terms import DATE, INSTANT, INT, NAIVE, App, Const, Term, app, const
from tzero.prove.domain.types import INTERVAL, Span, parse_interval
from tzero.prove.transfer.binding import bind, binds
from tzero.prove.transfer.frame import Frame


def scaled(span: Span, factor: Term) -> Term:
    """An interval a number of times."""
    if isinstance(factor, Const) and factor.type == INT and factor.at is not None:
        n = factor.at
        return const(Span(span.months * n, span.days * n, span.micros * n), INTERVAL)
    return app("strict", factor, type_=INTERVAL, params=("scaled", span.months, span.days, span.micros))


def of_unit(unit: str, factor: Term) -> Term | None:
    """So many hours; None for a unit that is not known."""
    span = parse_interval("1", unit)
    return None if span is None else scaled(span, factor)


def moved(frame: Frame, time: Term, interval: Term, sign: int, node: exp.Expr) -> Term:
    """A time moved by a computed interval: a function of both.

    An instant that is moved by days or months lands where the session's zone says, so only an interval of hours and
    less leaves it alone.
    """
    extra: tuple[Term, ...] = ()
    exact = _is_fixed(interval) and frame.dialect != "spark"
    if time.type == INSTANT and not exact and not frame.interpreter.zone:
        extra = (frame.impure(Kind.SESSION, node, "a calendar interval depends on the session's zone"),)
    to = NAIVE if time.type == DATE else time.type
    return app("strict", time, interval, *extra, type_=to, params=("moved", sign))


def _is_fixed(term: Term) -> bool:
    """Whether an interval has no days or months, whatever its number."""
    if isinstance(term, Const):
        return isinstance(term.value, Span) and not term.value.months and not term.value.days
    if not isinstance(term, App) or term.type != INTERVAL:
        return False
    if term.op == "strict":
        return term.params[:3] == ("scaled", 0, 0)
    return term.op in ("plus", "minus", "negative") and all(map(_is_fixed, term.args))


@binds(exp.MakeInterval)
def _make_interval(node: exp.Expr, frame: Frame) -> Term:
    """``make_interval(days => 2, hours => n)``."""
    found: Term | None = None
    for unit, argument in node.args.items():
        if argument is None:
            continue
        if not isinstance(argument, exp.Kwarg):
            return frame.unknown(node, "an interval whose parts have no names", (bind(argument, frame),), INTERVAL)
        part = of_unit(unit, bind(argument.expression, frame))
        if part is None:
            return frame.unknown(node, "an interval that is not understood", (), INTERVAL)
        found = part if found is None else _sum(found, part)
    return found if found is not None else const(Span(), INTERVAL)


def _sum(left: Term, right: Term) -> Term:
    if isinstance(left, Const) and isinstance(right, Const):
        assert isinstance(left.value, Span) and isinstance(right.value, Span)
        return const(left.value + right.value, INTERVAL)
    return app("plus", left, right, type_=INTERVAL)
