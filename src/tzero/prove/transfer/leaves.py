"""Leaves of expressions: columns, literals, intervals, and nodes that only wrap another."""

from __future__ import annotations

from sqlglot import exp

from tzero.prove import functions
from tzero.prove.domain.label import Kind
from tzero.prove.domain.terms import (
    FALSE,
    INT,
    NULL,
    TRUE,
    Const,
    Term,
    app,
    const,
)
from tzero.prove.domain.types import (
    DECIMAL,
    EXACT_NUMBERS,
    FLOAT,
    INTERVAL,
    TEXT,
    parse_interval,
)
from tzero.prove.transfer.binding import bind, binds
from tzero.prove.transfer.frame import Frame
from tzero.prove.transfer.intervals import of_unit
from tzero.prove.transfer.wording import worded


@binds(exp.Column)
def _column(node: exp.Expr, frame: Frame) -> Term:
    assert isinstance(node, exp.Column)
    if isinstance(node.this, exp.Star):
        return _whole_row(node, frame, node.table)
    found = frame.resolve(node.name, node.table)
    if found is not None:
        return found
    if not node.table and node.name.lower() in frame.aliases and node.name.lower() not in frame.open_aliases:
        name = node.name.lower()
        frame.open_aliases.add(name)
        term = bind(frame.aliases[name], frame)
        frame.open_aliases.discard(name)
        return term
    if not node.table and frame.whole(node.name) is not None:
        return _whole_row(node, frame, node.name)
    if not node.table and node.name.lower() in functions.CLOCK_NAMES:
        return frame.impure(Kind.CLOCK, node, f"{node.name} reads the clock")
    if node.name.lower() in ("rowid", "ctid", "xmin", "oid", "tableoid"):
        return frame.impure(Kind.ORDER, node, f"{node.name} is a physical position")
    return frame.unknown(node, f"no such column: {worded(node)}")


@binds(exp.TableColumn)
def _table_column(node: exp.Expr, frame: Frame) -> Term:
    return _whole_row(node, frame, node.name)


def _whole_row(node: exp.Expr, frame: Frame, name: str) -> Term:
    columns = frame.whole(name)
    if columns is None:
        return frame.unknown(node, f"no such relation: {name}")
    return app("row", *columns.values(), type_="row")


@binds(exp.Literal)
def _literal(node: exp.Expr, frame: Frame) -> Term:
    assert isinstance(node, exp.Literal)
    if node.is_string:
        return const(node.name, TEXT)
    text = node.name
    if text.isdigit():
        return const(int(text), INT)
    exact = DECIMAL if frame.dialect != "spark" or "e" not in text.lower() else FLOAT
    return const(text, exact)


@binds(exp.JSONPath)
def _json_path(node: exp.Expr, frame: Frame) -> Term:
    """The path of ``a -> 'b'``, ``a ->> 0``: a literal, as long as it is made of names and numbers."""
    if all(isinstance(part, (exp.JSONPathRoot, exp.JSONPathKey, exp.JSONPathSubscript)) for part in node.expressions):
        steps = [part.this for part in node.expressions if not isinstance(part, exp.JSONPathRoot)]
        if all(isinstance(step, (str, int)) for step in steps):
            return const(repr(steps), TEXT)
    return frame.unknown(node, "a JSON path with wildcards, filters or slices")


@binds(exp.Boolean)
def _boolean(node: exp.Expr, _: Frame) -> Term:
    return TRUE if node.this else FALSE


@binds(exp.Null)
def _null(_node: exp.Expr, _: Frame) -> Term:
    return NULL


@binds(exp.Interval)
def _interval(node: exp.Expr, frame: Frame) -> Term:
    amount, unit = node.this, node.args.get("unit")
    inner = bind(amount, frame) if isinstance(amount, exp.Expr) else NULL
    if isinstance(inner, Const) and inner.value is not None:
        span = parse_interval(str(inner.value), unit.name if isinstance(unit, exp.Expr) else "")
        if span is not None:
            return const(span, INTERVAL)
    elif inner.type in EXACT_NUMBERS and isinstance(unit, exp.Expr):
        found = of_unit(unit.name, inner)
        if found is not None:
            return found
    return frame.unknown(node, "an interval that is not a literal", (inner,), INTERVAL)


@binds(exp.Paren)
def _paren(node: exp.Expr, frame: Frame) -> Term:
    return bind(node.this, frame)


@binds(exp.Alias)
def _alias(node: exp.Expr, frame: Frame) -> Term:
    return bind(node.this, frame)


@binds(exp.PropertyEQ)
def _named_field(node: exp.Expr, frame: Frame) -> Term:
    return bind(node.expression, frame)


@binds(exp.Collate)
def _collate(node: exp.Expr, frame: Frame) -> Term:
    return app("strict", bind(node.this, frame), type_=TEXT, params=("collate", node.expression.sql()))
