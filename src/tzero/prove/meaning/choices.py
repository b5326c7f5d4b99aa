"""Terms that choose between their arguments by a test: what they are is not settled by what the arguments are alone."""

from __future__ import annotations

from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import App, Term, walk
from tzero.prove.meaning.logic import observed

ERASING = "erasing"
BOOLEAN = frozenset({"lt", "le", "eq", "ne", "and", "or", "not"})
_CHOICES = BOOLEAN | {"case", "is_true", "is_null", "same"}


def chooses(term: Term, store: Store) -> bool:
    """Whether a term itself tests something; the least of two values does where one of them may be NULL."""
    if not isinstance(term, App):
        return False
    if term.op in ("least", "greatest"):
        return not all(store.not_null(arg) for arg in term.args)
    return term.op in _CHOICES or observed(term, store) is not None or erases(term)


def erases(term: App) -> bool:
    """Whether a term is zero times a number that is neither infinite nor none, so that only its being NULL shows."""
    return term.op == "times" and term.params == (ERASING,)


def holds_choice(term: App, store: Store) -> bool:
    """Whether something in the arguments of a term chooses."""
    return any(chooses(inner, store) for arg in term.args for inner in walk(arg))
