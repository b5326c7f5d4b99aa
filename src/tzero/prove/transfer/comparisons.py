"""Logic and comparisons, also of rows, lists and ranges."""

from __future__ import annotations

from sqlglot import exp

from tzero.prove.domain.label import Kind
from tzero.prove.domain.terms import NULL, TIME_TYPES, App, Term, app
from tzero.prove.domain.types import BOOL, HOLDER, UNKNOWN
from tzero.prove.meaning.logic import both, either, is_null, is_true, negate
from tzero.prove.transfer import times
from tzero.prove.transfer.ages import compared, difference_signs
from tzero.prove.transfer.binding import bind, bind_all, binds, holds_instant, mixture
from tzero.prove.transfer.frame import Frame
from tzero.prove.transfer.literal_arrays import elements_of


@binds(exp.And)
def _and(node: exp.Expr, frame: Frame) -> Term:
    return both(bind(part, frame) for part in node.flatten())


@binds(exp.Or)
def _or(node: exp.Expr, frame: Frame) -> Term:
    return either(bind(part, frame) for part in node.flatten())


@binds(exp.Not)
def _not(node: exp.Expr, frame: Frame) -> Term:
    return negate(bind(node.this, frame))


_COMPARISONS: dict[type[exp.Expr], tuple[str, bool]] = {
    exp.LT: ("lt", False), exp.LTE: ("le", False), exp.GT: ("lt", True), exp.GTE: ("le", True),
    exp.EQ: ("eq", False), exp.NEQ: ("ne", False),
}  # fmt: skip


@binds(*_COMPARISONS)
def _comparison(node: exp.Expr, frame: Frame) -> Term:
    op, swapped = _COMPARISONS[type(node)]
    left, right = node.this, node.expression
    if isinstance(right, exp.Any) or _is_all(right):
        return _quantified(node, frame, op, swapped)
    left, right = _unparen(left), _unparen(right)
    if _is_row(left, frame) and _is_row(right, frame):
        return _rows(op, swapped, bind_all(left.expressions, frame), bind_all(right.expressions, frame), node, frame)
    return compare(frame, op, swapped, bind(left, frame), bind(right, frame), node)


def _is_row(node: exp.Expr, frame: Frame) -> bool:
    """``(a, b)``, or what PostgreSQL makes of it, ``ROW(a, b)``; to DuckDB that is a struct, of an order of its own."""
    named = isinstance(node, exp.Anonymous) and node.name.upper() == "ROW" and frame.dialect == "postgres"
    return named or isinstance(node, exp.Tuple)


def _unparen(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def compare(frame: Frame, op: str, swapped: bool, left: Term, right: Term, node: exp.Expr) -> Term:
    """A comparison; ``swapped`` exchanges the sides."""
    if NULL in (left, right):
        return NULL
    pair = times.align(frame, left, right, node)
    if pair is None:
        return _opaquely(frame, op, swapped, left, right, node)
    left, right = difference_signs(*pair)
    if op in ("lt", "le"):
        left, right = times.open_ended(frame, left), times.open_ended(frame, right)
    if times.is_moved(left) or times.is_moved(right):
        frame.interpreter.use(times.FINITE)
    small, large = (right, left) if swapped else (left, right)
    found = compared(op, small, large)
    if found.op == "and":
        frame.interpreter.use(times.FINITE)
    return found


def _opaquely(frame: Frame, op: str, swapped: bool, left: Term, right: Term, node: exp.Expr) -> Term:
    """A comparison with a value of no known type: it depends on both, and where times may be, on whose clock."""
    if not {left.type, right.type} & {UNKNOWN, HOLDER} or times.reads_clock(left) or times.reads_clock(right):
        return frame.unknown(node, f"a comparison of {left.type} with {right.type}", (left, right), BOOL)
    extra = _clock_of(left, frame, node) or _clock_of(right, frame, node)
    return app("pure", left, right, *extra, type_=BOOL, params=("compared", op, swapped))


def _rows(
    op: str, swapped: bool, left: tuple[Term, ...], right: tuple[Term, ...], node: exp.Expr, frame: Frame
) -> Term:
    """A comparison of rows, component by component."""
    if len(left) != len(right):
        return frame.unknown(node, "rows of different lengths", (*left, *right), BOOL)
    if frame.dialect != "postgres" and not all(map(frame.row.store.not_null, (*left, *right))):
        # structures elsewhere, of which NULL is a value like any other, and the last in DuckDB's order
        return app("pure", *left, *right, type_=BOOL, params=("rows", op, swapped))
    if swapped:
        left, right = right, left
    if op in ("eq", "ne"):
        same = both(compare(frame, "eq", False, a, b, node) for a, b in zip(left, right, strict=True))
        return same if op == "eq" else negate(same)
    branches = []
    for i in range(len(left)):
        last = op if i == len(left) - 1 else "lt"
        equal = [compare(frame, "eq", False, left[j], right[j], node) for j in range(i)]
        branches.append(both([*equal, compare(frame, last, False, left[i], right[i], node)]))
    return either(branches)


@binds(exp.Between)
def _between(node: exp.Expr, frame: Frame) -> Term:
    value = bind(node.this, frame)
    low, high = bind(node.args["low"], frame), bind(node.args["high"], frame)
    return both([compare(frame, "le", False, low, value, node), compare(frame, "le", False, value, high, node)])


@binds(exp.NullSafeEQ, exp.NullSafeNEQ)
def _null_safe(node: exp.Expr, frame: Frame) -> Term:
    left, right = times.on_one_clock(frame, (bind(node.this, frame), bind(node.expression, frame)), node)
    extra = mixture(frame, (left, right), node)
    found = app("same", left, right, type_=BOOL)
    if extra:
        found = app("pure", found, *extra, type_=BOOL, params=("mixture",))
    return found if isinstance(node, exp.NullSafeEQ) else negate(found)


@binds(exp.Is)
def _is(node: exp.Expr, frame: Frame) -> Term:
    found = _is_what(bind(node.this, frame), node.expression, frame, node)
    return negate(found) if node.args.get("negate") else found


def _is_what(value: Term, what: exp.Expr, frame: Frame, node: exp.Expr) -> Term:
    if isinstance(what, exp.Null):
        return _row_is_null(value) if value.type == "row" else is_null(value)
    if isinstance(what, exp.Boolean):
        return is_true(value if what.this else negate(value))
    if isinstance(what, exp.Not):
        return negate(_is_what(value, what.this, frame, node))
    return frame.unknown(node, "an IS test that is not understood", (value,), BOOL)


def _row_is_null(value: Term) -> Term:
    assert isinstance(value, App)
    return app("pure", *value.args, type_=BOOL, params=("row is null",))


@binds(exp.In)
def _in(node: exp.Expr, frame: Frame) -> Term:
    query = node.args.get("query")
    if query is not None:
        return frame.interpreter.membership(node, query, frame)
    if node.args.get("unnest") is not None or node.args.get("field") is not None:
        return frame.unknown(node, "IN over an expression", (bind(node.this, frame),), BOOL)
    subject = _unparen(node.this)
    if isinstance(subject, exp.Tuple):
        return frame.unknown(node, "IN over rows", bind_all(subject.expressions, frame), BOOL)
    value = bind(subject, frame)
    return either(compare(frame, "eq", False, value, bind(item, frame), node) for item in node.expressions)


@binds(exp.Any, exp.All)
def _any_of(node: exp.Expr, frame: Frame) -> Term:
    """The array whose elements ``LIKE ANY`` asks; nothing more is known of what it answers than what it reads."""
    inner = _unparen(node.this)
    if isinstance(inner, (exp.Query, exp.Subquery)):
        return frame.unknown(node, "LIKE ANY of a query")
    return bind(inner, frame)


def _is_all(node: exp.Expr) -> bool:
    return isinstance(node, exp.All) or (isinstance(node, exp.Anonymous) and node.name.lower() == "all")


def _quantified(node: exp.Expr, frame: Frame, op: str, swapped: bool) -> Term:
    """``x = ANY (ARRAY[..])`` and ``x <> ALL (ARRAY[..])``."""
    right = node.expression
    inner = right.expressions[0] if isinstance(right, exp.Anonymous) else right.this
    elements = elements_of(inner)
    while isinstance(inner, (exp.Paren, exp.Cast)):
        inner = inner.this
    value = bind(node.this, frame)
    query = inner if isinstance(inner, exp.Query) else inner.this if isinstance(inner, exp.Subquery) else None
    if isinstance(query, exp.Query):
        if op == "eq" and isinstance(right, exp.Any):
            return frame.interpreter.membership(node, query, frame)
        return frame.interpreter.quantified(node, query, value, frame)
    if elements is None:
        asked = (value, bind(inner, frame), *_clock_of(value, frame, node))
        return app("pure", *asked, type_=BOOL, params=("quantified", op, swapped, type(right).__name__))
    parts = [compare(frame, op, swapped, value, bind(item, frame), node) for item in elements]
    return either(parts) if isinstance(right, exp.Any) else both(parts)


def _clock_of(value: Term, frame: Frame, node: exp.Expr) -> tuple[Term, ...]:
    """On whose clock a time is compared with elements of a type that is not known."""
    if frame.interpreter.zone or not (value.type in TIME_TYPES or holds_instant(value)):
        return ()
    return (frame.impure(Kind.SESSION, node, "times of other types are compared on the clock of the session's zone"),)
