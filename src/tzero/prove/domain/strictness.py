"""Which terms are NULL when an argument is, which are NULL only then, and which are never NULL."""

from __future__ import annotations

from tzero.prove.domain.terms import App

# NULL exactly when an argument is.
EXACT = frozenset(
    {"shift", "floor", "trunc", "local", "instant", "start", "around", "retype", "version", "epoch", "seconds", "iso"}
    | {"sub_time", "plus", "minus", "times", "negative", "lt", "le", "eq", "ne", "not", "cast_exact", "present"}
)
# NULL when an argument is, and perhaps also otherwise.
STRICT = EXACT | frozenset({"divide", "modulo", "cast", "strict", "session"})
# NULL only when every argument is.
CHOSEN = frozenset({"coalesce", "least", "greatest"})
TOTAL = frozenset({"is_null", "is_true", "same"})


# A parameter of a cast that fails where it cannot answer, as CAST does between numbers, texts and booleans.
FAILING = "failing"


def needs_every_argument(term: App, *, exactly: bool = False) -> bool:
    """Whether the function answers NULL when any argument is NULL; ``exactly``: and only then."""
    return term.op in (EXACT if exactly else STRICT) or (term.op == "cast" and FAILING in term.params)


def is_total(term: App) -> bool:
    """Whether the function never answers NULL."""
    return term.op in TOTAL
