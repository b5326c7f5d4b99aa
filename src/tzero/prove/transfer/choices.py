"""CASE, COALESCE, NULLIF, LEAST and GREATEST."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import (
    FALSE,
    INSTANT,
    NULL,
    TIME_TYPES,
    TRUE,
    App,
    Term,
    app,
)
from tzero.prove.domain.types import (
    BOOL,
    UNKNOWN,
)
from tzero.prove.meaning.logic import both, either, is_true, negate
from tzero.prove.transfer import times
from tzero.prove.transfer.binding import bind, bind_all, binds, mixture
from tzero.prove.transfer.branches import merged
from tzero.prove.transfer.comparisons import compare
from tzero.prove.transfer.frame import Frame
from tzero.prove.transfer.kinds import join_types, joined


@binds(exp.Case)
def _case(node: exp.Expr, frame: Frame) -> Term:
    subject = bind(node.this, frame) if node.this is not None else None
    args: list[Term] = []
    for branch in node.args["ifs"]:
        test = bind(branch.this, frame)
        args += [
            test if subject is None else compare(frame, "eq", False, subject, test, node),
            bind(branch.args["true"], frame),
        ]
    default = node.args.get("default")
    return _chosen(args, bind(default, frame) if default is not None else NULL, frame, node)


def _chosen(branches: list[Term], default: Term, frame: Frame, node: exp.Expr) -> Term:
    """The value of a branch, as the type that all of them become."""
    *values, default = times.on_one_clock(frame, [*branches[1::2], default], node)
    found = case([part for pair in zip(branches[::2], values, strict=True) for part in pair], default)
    return _settled(found, [*values, default], frame, node)


def _settled(found: Term, values: Sequence[Term], frame: Frame, node: exp.Expr) -> Term:
    extra = mixture(frame, values, node)
    return app("pure", found, *extra, type_=UNKNOWN, params=("mixture",)) if extra else found


def case(branches: list[Term], default: Term) -> Term:
    """``CASE`` over pairs of a test and a value; between a predicate and a literal, it is their AND or OR."""
    test, value = branches[:2]
    rest = case(branches[2:], default) if len(branches) > 2 else default
    if value.type == rest.type == BOOL and {value, rest} & {TRUE, FALSE}:
        return _logical(is_true(test), value, rest)
    type_ = joined([*branches[1::2], default])
    pairs = merged(branches, default)
    return app("case", *pairs, default, type_=type_) if pairs else default


def _logical(test: Term, value: Term, rest: Term) -> Term:
    """``CASE WHEN test THEN value ELSE rest END`` where the test is never NULL and a side is a literal."""
    if value is TRUE:
        return either((test, rest))
    if value is FALSE:
        return both((negate(test), rest))
    return both((test, value)) if rest is FALSE else either((negate(test), value))


@binds(exp.If)
def _if(node: exp.Expr, frame: Frame) -> Term:
    other = node.args.get("false")
    test, value = bind(node.this, frame), bind(node.args["true"], frame)
    return _chosen([test, value], bind(other, frame) if other is not None else NULL, frame, node)


@binds(exp.Coalesce)
def _coalesce(node: exp.Expr, frame: Frame) -> Term:
    args = [bind(node.this, frame), *bind_all(node.expressions, frame)]
    args = list(times.on_one_clock(frame, args, node))
    found = args[-1]
    for arg in reversed(args[:-1]):
        found = app("coalesce", arg, found, type_=joined((arg, found)))
    return _settled(found, args, frame, node)


@binds(exp.Nullif)
def _nullif(node: exp.Expr, frame: Frame) -> Term:
    value, other = bind(node.this, frame), bind(node.expression, frame)
    if value.type == BOOL and other in (TRUE, FALSE):  # which asks no more than whether it is the other one
        kept = FALSE if other is TRUE else TRUE
        return app("case", value if kept is TRUE else negate(value), kept, NULL, type_=BOOL)
    return case([compare(frame, "eq", False, value, other, node), NULL], value)


@binds(exp.Least, exp.Greatest)
def _extreme(node: exp.Expr, frame: Frame) -> Term:
    args = [bind(node.this, frame), *bind_all(node.expressions, frame)]
    args = [times.literal_like(frame, arg, args[0], node) for arg in args]
    op = "least" if isinstance(node, exp.Least) else "greatest"
    if len({arg.type == INSTANT for arg in args if arg.type in TIME_TYPES}) > 1:
        return frame.unknown(node, "instants mixed with wall times", args, UNKNOWN)
    args = [_without_default(arg, args) for arg in args]
    for kept, other in (args, args[::-1]) if len(args) == 2 else ():
        if _is_extreme(op, kept, other, frame.row.store):
            return kept
    return app(op, *args, type_=join_types(arg.type for arg in args))


def _is_extreme(op: str, kept: Term, other: Term, store: Store) -> bool:
    """Whether a time is the least or the greatest of both wherever the other one is there at all."""
    if not (kept.type == other.type and kept.is_time and store.not_null(kept)):
        return False
    apart = store.upper(kept, other) if op == "least" else store.upper(other, kept)
    return apart is not None and apart <= 0


def _without_default(arg: Term, beside: list[Term]) -> Term:
    """``LEAST(COALESCE(x, t), t)`` is ``LEAST(x, t)``: the default stands beside it, and NULLs are passed over."""
    if isinstance(arg, App) and arg.op == "coalesce" and arg.args[1] in beside:
        return arg.args[0]
    return arg
