"""A symbolic row: what every row of a relation (or of one branch of it) is like."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from tzero.prove.domain.facts import Fact, fact_leaves, fact_terms
from tzero.prove.domain.label import Atom, Ledger, Located, Template, atom_terms
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import App, Term, Var

_parts = itertools.count(1)


def new_part() -> int:
    return next(_parts)


@dataclass(frozen=True, slots=True)
class Part:
    """One underlying row: of a base relation, or of a group. Each key determines its ``terms``.

    A key may be that of another row, for which this one was chosen: the latest event before it.
    """

    uid: int
    relation: str
    terms: tuple[Term, ...]
    keys: tuple[tuple[Term, ...], ...]
    key: tuple[Term, ...] = ()
    marker: Var | None = None

    def own_keys(self) -> tuple[tuple[Term, ...], ...]:
        """The keys of its relation, in its own terms: two rows that agree on one are the same row."""
        return tuple(key for key in self.keys if all(term in self.terms for term in key))


def any_part(terms: tuple[Term, ...] = ()) -> Part:
    """An underlying row that nothing identifies: of what is not understood, there may be many that look alike."""
    return Part(new_part(), "", terms, ())


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One use of a named relation. ``total``: each of its rows that meets the conditions yields a row here."""

    source: str
    columns: tuple[tuple[str, Term], ...]
    marker: Var | None = None
    total: bool = True
    conditions: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Present:
    """What the row's presence depends on; ``via`` the optional part that multiplies the row, if it is only that.

    ``tested``: a predicate asks it of the row's values, so that the row is there does not say what they are.
    """

    atom: Atom
    via: Var | None = None
    tested: bool = False


@dataclass(frozen=True, slots=True)
class Unique:
    """Where ``term`` equals ``value``, ``keys`` determine the ``parts``: a row number within a partition."""

    term: Term
    value: int
    keys: tuple[Term, ...]
    parts: frozenset[int]


@dataclass(frozen=True, slots=True)
class Row:
    """The columns of a row, the facts of it, what its presence depends on and what identifies it.

    ``witnesses`` say which rows of other relations make sure that there is such a row, whoever they are. ``single``:
    there is no other row beside it; ``always``: nor are there none, whatever the data.
    """

    columns: dict[str, Term] = field(default_factory=dict)
    store: Store = field(default_factory=Store)
    presence: tuple[Present, ...] = ()
    parts: tuple[Part, ...] = ()
    occurrences: tuple[Occurrence, ...] = ()
    unique: tuple[Unique, ...] = ()
    single: bool = False
    always: bool = False
    outer: frozenset[int] = frozenset()
    witnesses: tuple[Template, ...] = ()

    def own_uids(self) -> frozenset[int]:
        """The underlying rows of the row itself."""
        return frozenset(part.uid for part in self.parts)

    def uids(self) -> frozenset[int]:
        """The underlying rows that are fixed here: the row's own and those of enclosing queries."""
        return frozenset(part.uid for part in self.parts) | self.outer

    def located_presence(self, *, lean: bool = False, needed: frozenset[Var] = frozenset()) -> Iterator[Located]:
        """The atoms of the row's presence; ``lean`` leaves out what only multiplies it."""
        for item in self.presence:
            if item.via is None or not lean or item.via in needed:
                yield Located(item.atom, self.store)

    def located_in(self, store: Store) -> Iterator[Located]:
        """The atoms of the row's presence among the facts of a wider row."""
        for item in self.presence:
            yield Located(item.atom, store)

    def assume(self, facts: Iterable[Fact]) -> Row:
        return replace(self, store=self.store.assume(facts))

    def determined(self, given: Iterable[Term]) -> frozenset[int]:
        """The parts that some terms determine, directly or through the keys of other parts."""
        store = self.store
        known = {store.canon(part) for term in given for part in _invertible(term)}
        found: set[int] = set()
        changed = True
        while changed:
            changed = False
            for part in self.parts:
                if part.uid in found or not any(all(_computed(store, t, known) for t in key) for key in part.keys):
                    continue
                found.add(part.uid)
                known |= {store.canon(term) for term in part.terms}
                changed = True
            for unique in self.unique:
                value = store.constant(unique.term)
                if (
                    value is not None
                    and value.at == unique.value
                    and all(_computed(store, key, known) for key in unique.keys)
                ):
                    for part in self.parts:
                        if part.uid in unique.parts and part.uid not in found:
                            found.add(part.uid)
                            known |= {store.canon(term) for term in part.terms}
                            changed = True
        return frozenset(found)

    def identifies(self, given: Iterable[Term]) -> bool:
        """Whether no two rows agree on these terms."""
        return len(self.determined(given)) == len(self.parts)

    def visible(self) -> list[tuple[Term, Term]]:
        """The terms of the row, one of each class of equals, each as a survivor of itself."""
        found: dict[Term, Term] = {}
        for term in self.terms():
            if term.leaves and not (isinstance(term, Var) and term.is_bound):
                found.setdefault(self.store.canon(term), term)
        return [(term, term) for term in found.values()]

    def pruned(self, ledger: Ledger) -> Row:
        """The row without facts about bounds that no label mentions any more."""
        needed: set[Var] = set()
        queue: list[Atom] = [item.atom for item in self.presence]
        seen: set[Var] = set()
        variables = {leaf for term in self._lasting_terms() for leaf in term.leaves} | set(self.store.owner.values())
        for variable in variables:
            queue += ledger.get(variable, ())
        for atom in queue:
            for term in atom_terms(atom):
                for leaf in term.leaves:
                    if leaf not in seen:
                        seen.add(leaf)
                        needed.add(leaf)
        store = self.store.without(lambda fact: any(v.is_bound and v not in needed for v in fact_leaves(fact)))
        return replace(self, store=store)

    def _lasting_terms(self) -> Iterator[Term]:
        yield from self.columns.values()
        for part in self.parts:
            yield from part.terms
        for occurrence in self.occurrences:
            yield from (term for _, term in occurrence.columns)

    def variables(self) -> set[Var]:
        """Every variable that the row mentions."""
        found: set[Var] = set()
        for term in self.terms():
            found |= term.leaves
        found |= set(self.store.owner) | set(self.store.guarded)
        return found

    def terms(self) -> Iterator[Term]:
        """The row's own terms: columns, underlying rows, facts and labels."""
        yield from self.columns.values()
        for part in self.parts:
            yield from part.terms
        for occurrence in self.occurrences:
            yield from (term for _, term in occurrence.columns)
        for fact in itertools.chain(self.store.facts, *self.store.guarded.values()):
            yield from fact_terms(fact)
        for item in self.presence:
            yield from atom_terms(item.atom)


def _computed(store: Store, term: Term, known: set[Term]) -> bool:
    """Whether a term, or one that equals it, is made of known terms only."""
    return any(
        store.canon(same) in known or all(store.canon(leaf) in known for leaf in same.leaves)
        for same in store.members(term)
    )


def _invertible(term: Term) -> Iterator[Term]:
    """The term, and what it determines because its function is injective: a row of values determines each."""
    yield term
    if not isinstance(term, App):
        return
    if term.op in ("version", "epoch", "shift", "retype"):
        yield from _invertible(term.args[0])
    elif term.op == "row" or (term.op == "pure" and term.params in (("Tuple",), ("row",))):
        for arg in term.args:
            yield from _invertible(arg)
