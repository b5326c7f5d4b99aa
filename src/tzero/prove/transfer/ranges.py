"""Ranges of times that are made and asked in one expression: ``x <@ tstzrange(a, b)`` is ``a <= x AND x < b``."""

from __future__ import annotations

from sqlglot import exp

from tzero.prove.domain.terms import NULL, Const, Term
from tzero.prove.domain.types import BOOL, UNKNOWN
from tzero.prove.meaning.logic import both
from tzero.prove.transfer.binding import bind, bind_all, binds, pure
from tzero.prove.transfer.comparisons import compare
from tzero.prove.transfer.frame import Frame

_RANGES = frozenset({"tstzrange", "tsrange", "daterange"})
_BOUNDS = frozenset({"[)", "[]", "(]", "()"})


@binds(exp.ArrayContainedBy)
def _contained(node: exp.Expr, frame: Frame) -> Term:
    return _element_of(node, node.this, node.expression, frame)


@binds(exp.ArrayContainsAll)
def _contains(node: exp.Expr, frame: Frame) -> Term:
    if _is_range(node.expression) or not _is_range(node.this):
        return pure(frame, node, "ArrayContainsAll", bind_all([node.this, node.expression], frame), BOOL, True)
    return _element_of(node, node.expression, node.this, frame)


def _is_range(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() in _RANGES


def _element_of(node: exp.Expr, element: exp.Expr, range_: exp.Expr, frame: Frame) -> Term:
    """Whether a time lies in a range. A literal NULL is no bound; one that may turn out NULL is not understood."""
    value = bind(element, frame)
    args = bind_all(range_.expressions, frame) if _is_range(range_) else ()
    kind = args[2].value if len(args) == 3 and isinstance(args[2], Const) else "[)" if len(args) == 2 else None
    store = frame.row.store
    known = kind in _BOUNDS and all(arg is NULL or store.not_null(arg) for arg in args[:2])
    if not known or args[:2] == (NULL, NULL):
        return frame.unknown(node, f"{type(node).__name__} is not understood", (value, *args), UNKNOWN)
    low, high = args[:2]
    parts = []
    if low is not NULL:
        parts.append(compare(frame, "le" if str(kind)[0] == "[" else "lt", False, low, value, node))
    if high is not NULL:
        parts.append(compare(frame, "le" if str(kind)[1] == "]" else "lt", False, value, high, node))
    return both(parts)
