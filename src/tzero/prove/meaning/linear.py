"""Sums of multiples in exact numbers: terms that are written apart and have the same value."""

from __future__ import annotations

from collections import Counter

from tzero.prove.domain.terms import INT, App, Const, Term
from tzero.prove.domain.types import DECIMAL

_EXACT = frozenset({INT, DECIMAL})
Multiples = dict[tuple[Term | None, bool], int]


def same_value(left: Term, right: Term) -> bool:
    """Whether two terms always have the same value, or are NULL together.

    >>> from tzero.prove.domain.terms import Var, app, const
    >>> x, two = Var("x", INT), const(2, INT)
    >>> same_value(app("times", x, two, type_=INT), app("plus", x, x, type_=INT))
    True
    """
    if left is right:
        return True
    if not {left.type, right.type} <= _EXACT or not left.leaves or not right.leaves:
        return False
    return multiples(left) == multiples(right)


def multiples(term: Term) -> Multiples:
    """How many times a term adds each other term, and how many times it takes it away; None: one.

    Both are told apart, as PostgreSQL has an infinite number, of which nothing cancels. Only integers are multiplied
    by: a literal with digits behind its point adds to those that are shown.
    """
    found: Counter[tuple[Term | None, bool]] = Counter()
    _collect(term, 1, found)
    return dict(found)


def _collect(term: Term, times: int, found: Counter[tuple[Term | None, bool]]) -> None:
    number = integer(term)
    if number is not None:
        found[None, True] += times * number
        return
    if isinstance(term, App) and term.type in _EXACT and all(arg.type in _EXACT for arg in term.args):
        if term.op in ("plus", "minus"):
            _collect(term.args[0], times, found)
            _collect(term.args[1], times if term.op == "plus" else -times, found)
            return
        if term.op == "negative":
            _collect(term.args[0], -times, found)
            return
        for one, other in (term.args, term.args[::-1]) if term.op == "times" else ():
            factor = integer(one)
            if factor:
                _collect(other, times * factor, found)
                return
    found[term, times > 0] += times


def integer(term: Term) -> int | None:
    """The integer that a literal is, also as a decimal without digits behind its point."""
    while isinstance(term, App) and term.op == "cast" and term.type == DECIMAL and "(" not in str(term.params[0]):
        term = term.args[0]
    return term.at if isinstance(term, Const) and term.type == INT else None
