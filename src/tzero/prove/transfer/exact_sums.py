"""Whether adding numbers gives the same in any order, and what that assumes."""

from __future__ import annotations

from collections.abc import Iterator

from tzero.prove import functions
from tzero.prove.domain.terms import INT
from tzero.prove.domain.types import DECIMAL, EPOCH_SPAN, EXACT_NUMBERS, WHOLE


def adds_exactly(name: str, type_: str, dialect: str) -> bool:
    """Whether an aggregate over numbers of a type does not depend on the order of its rows.

    >>> adds_exactly("Sum", "decimal", "duckdb"), adds_exactly("Sum", "float", "duckdb")
    (True, False)
    """
    if name not in functions.FLOAT_SENSITIVE:
        return True
    if name in ("Sum", "Avg"):
        return type_ in EXACT_NUMBERS or type_ == "null"
    return type_ in (INT, DECIMAL) and name not in ("Corr", "CovarPop", "CovarSamp") and dialect == "postgres"


def assumptions(name: str, type_: str, dialect: str) -> Iterator[str]:
    """What must hold of the data for the sum of such numbers to be exact."""
    if name not in ("Sum", "Avg"):
        return
    if type_ == EPOCH_SPAN and dialect != "postgres":
        yield "sums of epoch seconds stay below 2**31, where they are exact"
    if type_ == WHOLE or (type_ == INT and name == "Avg" and dialect == "spark"):
        yield "sums of whole numbers as doubles stay below 2**53, where they are exact"
