"""Subqueries as expressions: EXISTS, IN, and a query as a value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlglot import exp

from tzero.prove.domain.closing import Closing
from tzero.prove.domain.facts import NotNull
from tzero.prove.domain.label import Atom
from tzero.prove.domain.row import Row
from tzero.prove.domain.terms import TIME_TYPES, TRUE, Term, Var, app
from tzero.prove.domain.types import BOOL, UNKNOWN
from tzero.prove.transfer.binding import bind, bind_all, binds, pure
from tzero.prove.transfer.comparisons import compare
from tzero.prove.transfer.filter import aliases, called, filter_row
from tzero.prove.transfer.frame import Frame
from tzero.prove.transfer.join import OuterJoin

MOST_ROWS = 10**9
"""A limit that says nothing, for a query whose order is all that is asked."""


@binds(exp.Exists)
def _exists(node: exp.Expr, frame: Frame) -> Term:
    return _observed(node, frame.query(node.this), frame, "exists")


def membership(node: exp.Expr, query: exp.Expr, frame: Frame) -> Term:
    """``x IN (query)``."""
    value = bind(node.this, frame)
    rows = frame.query(query)
    if not _never_null(value, rows, frame):
        members = [column for row in rows if (column := _first(row)) is not None]
        term = _observed(node, rows, frame, "in", members, nullable=True)
        return app("pure", term, value, type_=BOOL, params=("in",))
    equal = [kept for row in rows if (kept := _equal_row(row, value, node, frame)) is not None]
    members = [column for row in equal if (column := _first(row)) is not None]
    return app("in_set", _observed(node, equal, frame, "in", members), value, type_=BOOL)


def quantified(node: exp.Expr, query: exp.Expr, value: Term, frame: Frame) -> Term:
    """``x > ALL (query)``, ``x < ANY (query)``: a function of the value and of the set that the query gives.

    The comparison is made of each member, so a member of another type may be converted in the session's zone.
    """
    rows = frame.query(query)
    members = [column for row in rows if (column := _first(row)) is not None]
    found = _observed(node, rows, frame, "quantified", members, nullable=True)
    if len(members) < len(rows) or any(TIME_TYPES & {value.type, m.type} and m.type != value.type for m in members):
        return frame.unknown(node, "ANY or ALL over values of another type", (value, found), BOOL)
    return app("pure", found, value, type_=BOOL, params=("quantified",))


@binds(exp.Array)
def _array(node: exp.Expr, frame: Frame) -> Term:
    """``ARRAY(query)`` as a value: rows in an order, as LIMIT takes them, however many; else the elements."""
    query = node.expressions[0] if len(node.expressions) == 1 else None
    while isinstance(query, (exp.Paren, exp.Subquery)):
        query = query.this
    if not isinstance(query, exp.Query):
        return pure(frame, node, "Array", bind_all(node.expressions, frame), UNKNOWN, False)
    query = query.copy()
    if query.args.get("limit") is None:
        query.set("limit", exp.Limit(expression=exp.Literal.number(MOST_ROWS)))
    rows = frame.query(query)
    members = [column for row in rows if (column := _first(row)) is not None]
    return app("pure", _observed(node, rows, frame, "array", members, nullable=True), params=("array",))


def _never_null(value: Term, rows: list[Row], frame: Frame) -> bool:
    """Whether neither the value nor anything that it is looked for among may be NULL: then IN is never NULL."""
    columns = [(_first(row), row) for row in rows]
    return frame.row.store.not_null(value) and all(c is not None and row.store.not_null(c) for c, row in columns)


def _equal_row(row: Row, value: Term, node: exp.Expr, frame: Frame) -> Row | None:
    """A row of the query that the value equals."""
    column = _first(row)
    assert column is not None
    probe = Frame(frame.interpreter, row, outer=frame)
    on = compare(probe, "eq", False, value, column, node)
    return filter_row(frame.interpreter, probe.row, on)


@binds(exp.Subquery)
def _scalar(node: exp.Expr, frame: Frame) -> Term:
    """``(query)`` as a value."""
    rows = frame.query(node.this)
    columns = [column for row in rows if (column := _first(row)) is not None]
    if not rows:
        return frame.unknown(node, "a subquery without rows")
    if len(rows) > 1:
        value = _observed(node, rows, frame, "subquery", columns, nullable=True)
        return frame.unknown(node, "a scalar subquery over a union", (value,))
    if not columns:
        return frame.unknown(node, "a subquery without columns")
    row = rows[0]
    if row.always and not row.parts:
        frame.row = replace(frame.row, store=frame.row.store.joined(row.store))
        return columns[0]
    join = OuterJoin(frame.interpreter, frame.row, row, TRUE, node)
    one = join.at_most_one()
    frame.row = replace(join.row(), columns=frame.row.columns)
    column = next(iter(join.columns().values()))
    return column if one else frame.unknown(node, "a scalar subquery that may give more than one row", (column,))


def _first(row: Row) -> Term | None:
    return next(iter(row.columns.values()), None)


def _observed(
    node: exp.Expr, rows: list[Row], frame: Frame, name: str, values: Iterable[Term] = (), *, nullable: bool = False
) -> Term:
    """A value that says whether a query has rows, or which values they have."""
    result = Var(name, BOOL)
    left, labels = frame.row, frame.interpreter.labels
    closing = Closing(left.visible(), left.store, left.uids(), origin=frame.origin(node))
    atoms: dict[Atom, None] = {}
    for row in rows:
        located = [*row.located_presence()]
        for term in values:
            if term in row.columns.values():
                located += labels.value(term, row.store)
        same = aliases(left.parts, row.parts, row.store)
        atoms |= dict.fromkeys(closing.close(called(item, same) for item in located))
    frame.interpreter.ledger[result] = tuple(atoms)
    frame.row = frame.row.assume([*closing.facts, *(() if nullable else (NotNull(result),))])
    return result
