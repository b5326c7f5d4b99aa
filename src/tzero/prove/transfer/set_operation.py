"""UNION, INTERSECT and EXCEPT: rows of both sides, or left rows that look for an equal one on the right."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from tzero.prove.domain.row import Row
from tzero.prove.domain.terms import app
from tzero.prove.domain.types import BOOL
from tzero.prove.meaning.logic import both
from tzero.prove.transfer import times
from tzero.prove.transfer.frame import Frame
from tzero.prove.transfer.join import OuterJoin
from tzero.prove.transfer.select import distinct_row

if TYPE_CHECKING:
    from tzero.prove.transfer.interpreter import Interpreter


def set_operation(
    interpreter: Interpreter, node: exp.SetOperation, left: list[Row], right: list[Row], outer: Frame | None
) -> list[Row]:
    """The rows of a set operation over the rows of both sides."""
    if any(node.args.get(key) for key in ("by_name", "side", "kind", "on", "limit", "offset")):
        return [interpreter.opaque(node, "this form of set operation is not understood", left + right)]
    if not left or not right:
        return left + right if isinstance(node, exp.Union) else left
    right = [replace(r, columns=dict(zip(left[0].columns, r.columns.values(), strict=False))) for r in right]
    left, right = _on_one_clock(interpreter, left, right, node)
    distinct = bool(node.args.get("distinct"))
    if isinstance(node, exp.Union):
        rows = [_uncovering(row) for row in left + right]
        return [distinct_row(interpreter, rows, node, outer)] if distinct else rows
    if not distinct:
        return [interpreter.opaque(node, "INTERSECT ALL and EXCEPT ALL are not understood", left + right)]
    compared = [_compared(interpreter, row, right, node) for row in left]
    return [distinct_row(interpreter, compared, node, outer)]


def _on_one_clock(
    interpreter: Interpreter, left: list[Row], right: list[Row], node: exp.Expr
) -> tuple[list[Row], list[Row]]:
    """Both sides, where each column has the type that it becomes."""
    rows = [*left, *right]
    for name in left[0].columns:
        terms = [row.columns.get(name) for row in rows]
        known = [term for term in terms if term is not None]
        if len(known) != len(rows):
            continue
        made = times.on_one_clock(Frame(interpreter), known, node)
        rows = [replace(row, columns={**row.columns, name: term}) for row, term in zip(rows, made, strict=True)]
    return rows[: len(left)], rows[len(left) :]


def _compared(interpreter: Interpreter, row: Row, right: list[Row], node: exp.Expr) -> Row:
    """A left row whose presence depends on whether an equal right row is there."""
    for other in right:
        pairs = zip(row.columns.values(), other.columns.values(), strict=False)
        on = both(app("same", mine, theirs, type_=BOOL) for mine, theirs in pairs)
        row = OuterJoin(interpreter, row, other, on, node).unmatched()
    return row


def _uncovering(row: Row) -> Row:
    return replace(row, occurrences=tuple(replace(o, total=False) for o in row.occurrences))
