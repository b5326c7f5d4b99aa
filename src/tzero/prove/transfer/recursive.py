"""Recursive CTEs: refused. Their rows are a fixpoint, and no inductive invariant of it is looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from tzero.prove.domain.row import Row

if TYPE_CHECKING:
    from tzero.prove.transfer.interpreter import Interpreter


def recursive_row(interpreter: Interpreter, cte: exp.CTE) -> Row:
    """A relation of which nothing is known."""
    return interpreter.opaque(cte, "a recursive CTE without an inductive invariant", [])
