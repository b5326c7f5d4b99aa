"""Classes of equal terms, each with one term that represents it; functions of equal arguments are equal too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from tzero.prove.domain.facts import RowOf, Same
from tzero.prove.domain.folding import rejoined
from tzero.prove.domain.terms import NULL, App, Const, Term, Var, app, rebuild

_ROUNDS = 16


class Classes:
    """What equals what in one store, which says what is never NULL there.

    ``equalities`` and ``rows`` are what was learned; :meth:`merge` draws the conclusions. ``impossible``: two literals
    that differ would be equal.
    """

    def __init__(self, not_null: Callable[[Term], bool]) -> None:
        self.not_null = not_null
        self.equalities: list[Same] = []
        self.rows: list[RowOf] = []
        self.impossible = False
        self._parent: dict[Term, Term] = {}
        self._canon: dict[Term, Term] = {}
        self._touched: set[Var] = set()
        self._stale: set[Var] = set()

    def copy(self, not_null: Callable[[Term], bool]) -> Classes:
        """The same classes, of a store that will know more."""
        new = Classes(not_null)
        new.equalities = list(self.equalities)
        new.rows = list(self.rows)
        new._parent = dict(self._parent)
        new._canon = dict(self._canon)
        new._touched = set(self._touched)
        return new

    def outdate(self, variables: Iterable[Var]) -> None:
        """More is known of some variables: what represents terms over them is to be found anew."""
        self._stale.update(variables)

    def parent(self, variable: Var) -> Term | None:
        """What a variable was united with."""
        return self._parent.get(variable)

    def canon(self, term: Term) -> Term:
        """The representative of everything that equals a term."""
        if not term.chooses and self._touched.isdisjoint(term.leaves):
            return term
        found = self._canon.get(term)
        if found is not None:
            return found
        self._canon[term] = term
        new: Term = term
        if isinstance(term, App) and term.op == "case" and (whole := rejoined(term)) is not term:
            new = self.canon(whole)
        elif isinstance(term, App):
            args = tuple(self.canon(arg) for arg in term.args)
            if any(a is not b for a, b in zip(args, term.args, strict=True)):
                new = rebuild(term, args)
            new = self._simplify(new)
        new = self._root(new)
        if new is not term and isinstance(new, App):
            new = self.canon(new)
        self._canon[term] = new
        return new

    def _simplify(self, term: Term) -> Term:
        if isinstance(term, App) and term.op == "present" and self.not_null(term.args[0]):
            return self.canon(term.args[1])
        if isinstance(term, App) and term.op == "case":
            return rejoined(term)
        if isinstance(term, App) and term.op in ("coalesce", "least", "greatest"):
            if term.op == "coalesce" and self.not_null(term.args[0]):
                return self.canon(term.args[0])
            if NULL in term.args[:-1]:  # what is not there is passed over
                rest = [arg for arg in term.args[:-1] if arg is not NULL]
                return self.canon(app(term.op, *rest, term.args[-1], type_=term.type))
            if len(term.args) == 1:
                return self.canon(term.args[0])
        return term

    def members(self, term: Term) -> tuple[Term, ...]:
        """The term and what is known to equal it."""
        canon = self.canon(term)
        found = {term: None, canon: None}
        for same in self.equalities:
            for side in (same.left, same.right):
                if self.canon(side) is canon:
                    found[side] = None
        return tuple(found)

    def equal(self, left: Term, right: Term) -> bool:
        """Whether both are always equal, or NULL together."""
        return left is right or self.canon(left) is self.canon(right)

    def merge(self) -> None:
        """Unite what is equal, until functions of equal arguments are equal too."""
        for _ in range(_ROUNDS):
            self.forget()
            changed = self._merge_rows()
            for same in self.equalities:
                left, right = self._root(self.canon(same.left)), self._root(self.canon(same.right))
                if left is not right:
                    changed |= self._unite(left, right)
            if not changed:
                return

    def forget(self) -> None:
        """Drop the representatives of terms that speak of what has become equal or not NULL since."""
        if not self._stale:
            return
        stale, self._stale = self._stale, set()
        self._canon = {
            term: found
            for term, found in self._canon.items()
            if stale.isdisjoint(term.leaves) and stale.isdisjoint(found.leaves)
        }

    def _root(self, term: Term) -> Term:
        """What a representative has been united with since it was found."""
        seen = {term}
        while term in self._parent and self._parent[term] not in seen:
            term = self._parent[term]
            seen.add(term)
        return term

    def _merge_rows(self) -> bool:
        """Rows of one relation with an equal key are the same row."""
        news = False
        for i, first in enumerate(self.rows):
            for second in self.rows[i + 1 :]:
                if first.relation != second.relation or len(first.terms) != len(second.terms):
                    continue
                if not any(self._key_equal(a, b) for a, b in zip(first.keys, second.keys, strict=False)):
                    continue
                for one, other in zip(first.terms, second.terms, strict=True):
                    if not self.equal(one, other):
                        self.equalities.append(Same(one, other))
                        news = True
        return news

    def _key_equal(self, first: tuple[Term, ...], second: tuple[Term, ...]) -> bool:
        return all(
            self.equal(a, b) and self.not_null(a) and self.not_null(b) for a, b in zip(first, second, strict=True)
        )

    def _unite(self, left: Term, right: Term) -> bool:
        """Let one of two equal terms represent the other; whether it can."""
        if isinstance(left, Const) and isinstance(right, Const):
            differ = left.value != right.value if left.at is None or right.at is None else left.at != right.at
            if differ and left.type == right.type:
                self.impossible = True
        keep, drop = (left, right) if _rank(left) <= _rank(right) else (right, left)
        if _is_inside(keep, drop):
            keep, drop = drop, keep
        if _is_inside(drop, keep):
            return False
        self._parent[drop] = keep
        self._touched |= drop.leaves
        self._stale |= drop.leaves | keep.leaves
        return True


def _rank(term: Term) -> tuple[int, int]:
    """Literals represent their class first, then variables (the oldest), then functions."""
    if isinstance(term, Const):
        return (0, 0)
    return (1, term.uid) if isinstance(term, Var) else (2, len(term.leaves))


def _is_inside(inner: Term, outer: Term) -> bool:
    """Whether a term is a proper part of another."""
    return isinstance(outer, App) and inner.leaves <= outer.leaves and inner in _parts(outer)


@lru_cache(maxsize=1024)
def _parts(term: App) -> frozenset[Term]:
    """Every proper part of a term, each once: a long CASE shares its tests many times over."""
    found: set[Term] = set()
    waiting: list[Term] = [term]
    while waiting:
        part = waiting.pop()
        new = [arg for arg in part.args if arg not in found] if isinstance(part, App) else []
        found.update(new)
        waiting += new
    return frozenset(found)
