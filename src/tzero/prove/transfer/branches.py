"""The branches of a CASE: which of several tests was TRUE is not told where they give the same."""

from __future__ import annotations

from collections.abc import Sequence

from tzero.prove.domain.folding import without
from tzero.prove.domain.terms import FALSE, NULL, App, Term
from tzero.prove.meaning.linear import same_value
from tzero.prove.meaning.logic import both, either, negate


def merged(branches: Sequence[Term], default: Term) -> list[Term]:
    """Pairs of a test and a value: neighbours of one value share their test, and the last does not end as the default.

    >>> from tzero.prove.domain.terms import TRUE, Var
    >>> p, q = Var("p", "bool"), Var("q", "bool")
    >>> merged([p, TRUE, q, TRUE], FALSE) == [either((p, q)), TRUE], merged([p, TRUE, q, NULL], NULL) == [p, TRUE]
    (True, True)
    """
    found: list[Term] = []
    for test, value in zip(branches[::2], branches[1::2], strict=True):
        if found and same_value(found[-1], value):
            found[-2] = either((found[-2], test))
        else:
            found += [test, value]
    while found and same_value(found[-1], default):
        found = found[:-2]
    return _asked_later(found, default) if len(found) > 2 and same_value(found[1], default) else found


def _asked_later(branches: list[Term], default: Term) -> list[Term]:
    """``WHEN x IS NULL THEN d WHEN p THEN a ELSE d`` is ``WHEN p THEN a ELSE d``, if ``p`` is never TRUE of NULL."""
    first, rest = branches[0], branches[2:]
    if not (isinstance(first, App) and first.op == "is_null"):
        return branches
    tests = [
        test if without(test, first.args[0]) in (NULL, FALSE) else both((negate(first), test)) for test in rest[::2]
    ]
    return merged([part for pair in zip(tests, rest[1::2], strict=True) for part in pair], default)
