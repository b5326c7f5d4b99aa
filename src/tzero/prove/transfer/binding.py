"""Binding: a tree becomes a term. A node that no file registers here becomes an unknown value, never its arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from tzero.prove import functions
from tzero.prove.domain.label import Kind
from tzero.prove.domain.terms import (
    DATE,
    INSTANT,
    WALL_TYPES,
    App,
    Term,
    app,
)
from tzero.prove.domain.types import (
    HOLDER,
    UNKNOWN,
)
from tzero.prove.transfer.collected import as_subquery
from tzero.prove.transfer.frame import Frame
from tzero.prove.transfer.wording import worded

_TOGETHER = frozenset({UNKNOWN, "row", "array", "struct", "null"})
Binder = Callable[[exp.Expr, Frame], Term]
BINDERS: dict[type[exp.Expr], Binder] = {}


def binds(*nodes: type[exp.Expr]) -> Callable[[Binder], Binder]:
    """Register the transfer function of some node classes."""

    def register(binder: Binder) -> Binder:
        for node in nodes:
            BINDERS[node] = binder
        return binder

    return register


def bind(node: exp.Expr, frame: Frame) -> Term:
    """The term of an expression in a frame."""
    for hook in frame.hooks:
        found = hook(node)
        if found is not None:
            return found
    reduced = as_subquery(node)
    if reduced is not None:
        return bind(reduced, frame)
    binder = BINDERS.get(type(node))
    if binder is not None:
        return binder(node, frame)
    name = type(node).__name__
    if name in functions.CLOCK_NODES:
        return frame.impure(Kind.CLOCK, node, f"{worded(node)} reads the clock", (), _clock_type(name))
    if name in functions.VOLATILE_NODES:
        return frame.impure(Kind.VOLATILE, node, f"{worded(node)} changes from call to call")
    if name in functions.SESSION_NODES:
        return frame.impure(Kind.SESSION, node, f"{worded(node)} depends on the session")
    if name in functions.PURE_NODES:
        return _pure(node, frame, functions.PURE_NODES[name], name in functions.STRICT_NODES)
    return frame.unknown(node, f"{name} is not understood", _inner_columns(node, frame))


def bind_all(nodes: list[exp.Expr], frame: Frame) -> tuple[Term, ...]:
    return tuple(bind(node, frame) for node in nodes)


def _clock_type(name: str) -> str:
    return DATE if name == "CurrentDate" else INSTANT if "Timestamp" in name else UNKNOWN


def _inner_columns(node: exp.Expr, frame: Frame) -> tuple[Term, ...]:
    """What the columns inside an expression that is not understood stand for."""
    found = (frame.resolve(column.name, column.table) for column in node.find_all(exp.Column))
    return tuple(term for term in found if term is not None)


def arguments(node: exp.Expr) -> list[exp.Expr]:
    """The argument expressions of a function node, in order."""
    found: list[exp.Expr] = []
    for value in node.args.values():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, exp.Expr) and not isinstance(item, (exp.Var, exp.DataType)):
                found.append(item)
    return found


def _pure(node: exp.Expr, frame: Frame, type_: str, strict: bool) -> Term:
    args = bind_all(arguments(node), frame)
    literals = tuple(str(v) for v in node.args.values() if not isinstance(v, (exp.Expr, list)) and v is not None)
    variables = tuple(v.name for v in node.args.values() if isinstance(v, exp.Var))
    name = type(node).__name__
    return pure(frame, node, name, args, type_, strict, (*literals, *variables))


def holds_instant(term: Term) -> bool:
    """Whether a value is an instant or has one in it."""
    if term.type in (INSTANT, HOLDER):
        return True
    if isinstance(term, App):
        return term.type in _TOGETHER and any(map(holds_instant, term.args))
    return term.type == "row"


def holds_wall(term: Term) -> bool:
    """Whether a value is a wall reading or has one in it."""
    if term.type in WALL_TYPES:
        return True
    return isinstance(term, App) and term.type in _TOGETHER and any(map(holds_wall, term.args))


def mixture(frame: Frame, terms: Sequence[Term], node: exp.Expr) -> tuple[Term, ...]:
    """What a value of one type depends on, too, where instants stand beside wall readings: the session's clock."""
    if frame.interpreter.zone or not (any(map(holds_instant, terms)) and any(map(holds_wall, terms))):
        return ()
    return (frame.impure(Kind.SESSION, node, "instants beside wall readings, which are read in the session's zone"),)


def _only_looks(name: str, args: tuple[Term, ...]) -> bool:
    """Whether a function of arrays shows none of their elements as text."""
    return name in functions.OF_ARRAYS and args[0].type != INSTANT


def pure(
    frame: Frame,
    node: exp.Expr,
    name: str,
    args: tuple[Term, ...],
    type_: str,
    strict: bool,
    params: tuple[str, ...] = (),
) -> Term:
    """A pure function; of an instant, it shows a wall reading and so depends on the session's zone."""
    if type_ == "first":
        type_ = args[0].type if args else UNKNOWN
    extra: tuple[Term, ...] = ()
    shows = name not in functions.ZONELESS and any(map(holds_instant, args))
    if name in functions.KEEPS_TOGETHER and any(map(holds_instant, args)):
        type_ = HOLDER
    if shows and not frame.interpreter.zone and not _only_looks(name, args):
        extra = (frame.impure(Kind.SESSION, node, "an instant shown in the session's time zone"),)
    elif name in functions.OF_ONE_TYPE:
        extra = mixture(frame, args, node)
    return app("strict" if strict else "pure", *args, *extra, type_=type_, params=(name, *params))
