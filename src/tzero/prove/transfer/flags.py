"""Numbers that a test chooses: ``p::int``, ``CASE WHEN p THEN 1 ELSE 0 END``, with a default in place of NULL."""

from __future__ import annotations

from dataclasses import dataclass

from tzero.prove.domain.terms import INT, NULL, App, Const, Term, const
from tzero.prove.domain.types import DECIMAL
from tzero.prove.meaning.logic import negate, tested


@dataclass(frozen=True)
class Flag:
    """A literal for each test, that of the first one that is TRUE, and one for when none is."""

    tests: tuple[Term, ...]
    values: tuple[Term, ...]


def as_flag(term: Term) -> Flag | None:
    """The tests and literals that a term chooses by; None where it is no such choice.

    >>> from tzero.prove.domain.terms import Var, app
    >>> p = Var("p", "bool")
    >>> as_flag(app("cast_exact", app("is_true", p, type_="bool"), type_=INT)).values
    (1, 0)
    """
    if not isinstance(term, App):
        return None
    if term.op == "case" and all(isinstance(v, Const) and v.type in (INT, "null") for v in term.args[1::2]):
        default = term.args[-1]
        if isinstance(default, Const) and default.type in (INT, "null"):
            return Flag(term.args[:-1:2], (*term.args[1::2], default))
    if term.op == "cast_exact":
        test = term.args[0]
        one, zero = const(1, INT), const(0, INT)
        if tested(test) is not None:
            return Flag((test,), (one, zero))
        return Flag((test, negate(test)), (one, zero, NULL))
    if term.op == "cast" and term.type == DECIMAL and "(" not in str(term.params[0]):
        return as_flag(term.args[0])  # a number without digits behind its point, as the integer is
    if term.op == "coalesce" and isinstance(term.args[1], Const) and term.args[1].type == INT:
        inner = as_flag(term.args[0])
        if inner is not None:
            return Flag(inner.tests, tuple(term.args[1] if value is NULL else value for value in inner.values))
    return None
