"""Rows of a group that only multiply its other rows: what does not count repetitions does not see how many they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tzero.prove.domain.closing import Closing
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import App, Term, Var
from tzero.prove.transfer.surviving import Branch


def multiplying(closing: Closing, branch: Branch, store: Store, observed: Iterable[Term]) -> frozenset[int]:
    """The underlying rows of which a group sees the keys alone.

    A group has pairs of such a row and of others. Where every predicate and every observed term knows it by keys of the
    group only, each of them has the same others beside it; so the set of what is observed is that of any one of them,
    and there is one, as there is the group. What a predicate asks through a subquery, a window or a group is not seen
    here, so with one of these nothing is said; and what a CASE or a FILTER compares with a literal is no key by that.
    """
    terms = [*store.holds, *observed]
    every = branch.row.store
    unseen = {leaf for term in terms for leaf in _unseen(term, closing, every)}
    parts = {part.uid: _leaves(part.terms) for part in branch.row.parts if part.relation}
    if not unseen <= frozenset().union(*parts.values()):
        return frozenset()
    return frozenset(uid for uid, leaves in parts.items() if uid not in closing.parts and not leaves & unseen)


def _unseen(term: Term, closing: Closing, store: Store) -> Iterator[Var]:
    """The variables of a term that stand in it by themselves, not inside a key."""
    if not term.leaves or closing.outer(term, store) is not None:
        return
    if isinstance(term, Var):
        yield term
    elif isinstance(term, App):
        for arg in term.args:
            yield from _unseen(arg, closing, store)


def _leaves(terms: Iterable[Term]) -> frozenset[Var]:
    return frozenset().union(*(term.leaves for term in terms))
