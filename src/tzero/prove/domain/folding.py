"""Folding NULLs: what a term is when some of its variables are NULL."""

from __future__ import annotations

from tzero.prove.domain.strictness import needs_every_argument
from tzero.prove.domain.terms import FALSE, NULL, TRUE, App, Const, Term, app, rebuild, substitute, walk


def without(term: Term, missing: Term) -> Term:
    """The term where a part of it is NULL.

    >>> from tzero.prove.domain.terms import Var
    >>> x = Var("x", "text")
    >>> without(app("coalesce", x, TRUE, type_="bool"), x) is TRUE
    True
    """
    return folded(substitute(term, lambda inner: NULL if inner is missing else None))


def folded(term: Term) -> Term:
    """The term with what follows from its NULLs."""
    if not isinstance(term, App):
        return term
    args = tuple(folded(arg) for arg in term.args)
    if term.op == "case":
        return _case(term, args)
    if term.op == "coalesce":
        rest = tuple(arg for arg in args if arg is not NULL)
        return NULL if not rest else rest[0] if len(rest) == 1 else app("coalesce", *rest, type_=term.type)
    if term.op in ("and", "or"):
        return _junction(term, args)
    if term.op == "is_null" and isinstance(args[0], Const):
        return TRUE if args[0] is NULL else FALSE
    if term.op == "is_true" and isinstance(args[0], Const):
        return TRUE if args[0] is TRUE else FALSE
    if NULL in args and needs_every_argument(term):
        return NULL
    return rebuild(term, args)


def rejoined(term: App) -> Term:
    """``CASE WHEN x IS NULL THEN f(NULL) ELSE f(x) END`` is ``f(x)``."""
    test = term.args[0]
    if len(term.args) != 3 or not (isinstance(test, App) and test.op == "is_null"):
        return term
    missing, otherwise = test.args[0], term.args[2]
    if isinstance(otherwise, App) and otherwise.op == "present" and otherwise.args[0] is missing:
        otherwise = otherwise.args[1]
    if missing in walk(otherwise) and without(otherwise, missing) is folded(term.args[1]):
        return otherwise
    return term


def _case(term: App, args: tuple[Term, ...]) -> Term:
    kept: list[Term] = []
    for test, value in zip(args[:-1:2], args[1::2], strict=True):
        if test is TRUE:
            return app("case", *kept, value, type_=term.type) if kept else value
        if test not in (FALSE, NULL):
            kept += [test, value]
    return app("case", *kept, args[-1], type_=term.type) if kept else args[-1]


def _junction(term: App, args: tuple[Term, ...]) -> Term:
    absorbing, neutral = (FALSE, TRUE) if term.op == "and" else (TRUE, FALSE)
    if absorbing in args:
        return absorbing
    rest = tuple(arg for arg in args if arg is not neutral)
    if not rest:
        return neutral
    return rest[0] if len(rest) == 1 else app(term.op, *rest, type_=term.type)
