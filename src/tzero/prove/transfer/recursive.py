"""Recursive CTEs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from tzero.prove.domain.row import Row
from tzero.prove.transfer.frame import Frame

if TYPE_CHECKING:
    from tzero.prove.transfer.interpreter import Interpreter, Named


def recursive_rows(
    interpreter: Interpreter, cte: exp.CTE, name: str, names: dict[str, Named], outer: Frame | None
) -> list[Row]:
    """The rows of a recursive CTE, when an invariant of them is found; otherwise a relation that nothing is known of."""
    return [interpreter.opaque(cte, "a recursive CTE without an inductive invariant", [])]
