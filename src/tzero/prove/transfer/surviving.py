"""What survives the grouping of rows: keys, the underlying rows that the keys determine, and the facts of both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tzero.prove.domain.facts import IDENTICAL_WHEN_EQUAL, Fact, Le, NotNull, fact_leaves
from tzero.prove.domain.label import atom_terms
from tzero.prove.domain.row import Part, Row
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import App, Const, Term, Var, substitute

if TYPE_CHECKING:
    from tzero.prove.domain.label import Ledger


@dataclass(eq=False)
class Branch:
    """One kind of row that a group gathers: the row, its key terms, and what stands for them outside."""

    row: Row
    keys: tuple[Term, ...]
    survivors: list[tuple[Term, Term]] = field(default_factory=list)


class Surviving:
    """The survivors of some branches: ``kept`` rows, the ``keys`` outside, and the ``store`` of what is known."""

    def __init__(self, ledger: Ledger, branches: list[Branch], outer: Row | None) -> None:
        self.ledger = ledger
        self.branches = branches
        self.outer = outer
        self.shared = self._shared_row()
        self.kept = self._kept_parts()
        self.keys = self._outer_keys()
        self.store = self._store()

    def _shared_row(self) -> Row:
        """What all branches have in common: underlying rows, and the facts that hold whichever branch a row is of."""
        first, *others = (branch.row for branch in self.branches)
        if not others:
            return first
        store = first.store
        for other in others:
            store = store.shared(other.store)
        parts = tuple(part for part in first.parts if all(part in other.parts for other in others))
        return Row(store=store, parts=parts)

    def _shared_keys(self) -> list[Term]:
        """The keys that are the same term in every branch."""
        columns = zip(*(branch.keys for branch in self.branches), strict=True)
        return [first for first, *others in columns if all(other is first for other in others)]

    def _kept_parts(self) -> tuple[Part, ...]:
        """Underlying rows that the keys determine, and whose labels speak of such rows only."""
        known = self.shared.determined(self._shared_keys())
        kept = [part for part in self.shared.parts if part.uid in known]
        while True:
            variables = _variables(kept) | (self.outer.variables() if self.outer else frozenset())
            uids = {part.uid for part in kept} | (self.outer.uids() if self.outer else frozenset())
            closed = [part for part in kept if self._is_closed(part, variables, uids)]
            if len(closed) == len(kept):
                return tuple(kept)
            kept = closed

    def _is_closed(self, part: Part, variables: frozenset[Var], uids: set[int]) -> bool:
        for variable in _variables([part]):
            for atom in self.ledger.get(variable, ()):
                if atom.part and atom.part not in uids:
                    return False
                leaves = {leaf for term in atom_terms(atom) for leaf in term.leaves}
                if not all(leaf.is_bound or leaf in variables for leaf in leaves):
                    return False
        return True

    def variables(self) -> frozenset[Var]:
        return _variables(self.kept) | (frozenset(self.outer.variables()) if self.outer else frozenset())

    def _outer_keys(self) -> tuple[Term, ...]:
        kept = self.variables()
        shared = self._shared_keys()
        found: dict[int, Term] = {}
        columns: dict[Var, Term] = {}
        for position, key in sorted(enumerate(self.branches[0].keys), key=lambda item: not isinstance(item[1], Var)):
            found[position] = self._outer_key(position, key, kept, columns, is_shared=key in shared)
            if isinstance(key, Var) and key in shared and key.type in IDENTICAL_WHEN_EQUAL:
                columns[key] = found[position]
        keys = tuple(found[position] for position in range(len(found)))
        for branch in self.branches:
            branch.survivors = list(zip(branch.keys, keys, strict=True))
            branch.survivors += [(t, t) for part in self.kept for t in part.terms]
            branch.survivors += self.outer.visible() if self.outer else []
        return keys

    def _outer_key(
        self, position: int, key: Term, kept: frozenset[Var], columns: dict[Var, Term], *, is_shared: bool
    ) -> Term:
        """What stands for a key outside: a literal, what survives, a function of other keys, or a new variable."""
        constants = {branch.row.store.canon(branch.keys[position]) for branch in self.branches}
        only = constants.pop() if len(constants) == 1 else None
        if isinstance(only, Const):
            return only
        if is_shared and (lasting := self._lasting(key, kept)) is not None:
            return lasting
        if is_shared and isinstance(key, App) and key.leaves and key.leaves <= columns.keys():
            return substitute(key, lambda term: columns.get(term) if isinstance(term, Var) else None)
        node = self.shared.store.differences.node(key)[0] if key.is_time else key
        grain = node.grain if isinstance(node, Var) and is_shared else 0
        return Var(_name(key), key.type, grain)

    def _lasting(self, key: Term, kept: frozenset[Var]) -> Term | None:
        """The key, or what equals it, in terms of the underlying rows that survive."""
        if key.leaves <= kept:
            return key
        return next((same for same in self.shared.store.members(key) if same.leaves <= kept), None)

    def _store(self) -> Store:
        """What is known of a group: the facts of its keys and of the underlying rows that survive.

        A group of everything is there without any row: what its rows say of the enclosing row does not hold of it.
        """
        if not self.branches[0].keys:
            return self.outer.store if self.outer is not None else Store()
        kept = self.variables()
        kept |= self._mentioned_bounds(kept)
        inner, store = self.shared.store, Store()
        store.owner = {v: m for v, m in inner.owner.items() if v in kept}
        store.guarded = {
            marker: tuple(f for f in facts if fact_leaves(f) <= kept)
            for marker, facts in inner.guarded.items()
            if marker in kept
        }
        store = store.assume(fact for fact in inner.facts if fact_leaves(fact) <= kept)
        return store.assume(self._shared_facts())

    def _mentioned_bounds(self, kept: frozenset[Var]) -> frozenset[Var]:
        """The bounds that the labels of surviving variables speak of."""
        ledger = self.ledger
        found = {leaf for v in kept for atom in ledger.get(v, ()) for t in atom_terms(atom) for leaf in t.leaves}
        if self.outer is not None:
            found |= self.outer.variables()
        return frozenset(v for v in found if v.is_bound)

    def _shared_facts(self) -> list[Fact]:
        """Facts between surviving terms that hold in every branch."""
        found: list[Fact] = []
        pairs = self.branches[0].survivors
        for position, (_, outer) in enumerate(pairs):
            if all(b.row.store.not_null(b.survivors[position][0]) for b in self.branches):
                found.append(NotNull(outer))
        timed = [i for i, (_, outer) in enumerate(pairs) if outer.is_time or outer.type == "int"]
        fresh = {i for i in timed if isinstance(pairs[i][1], Var) and pairs[i][0] is not pairs[i][1]}
        for i in timed:
            for j in timed:
                if i != j and (i in fresh or j in fresh):
                    self._relate(i, j, found)
        return found

    def _relate(self, i: int, j: int, found: list[Fact]) -> None:
        offsets = []
        for branch in self.branches:
            store = branch.row.store
            left, right = branch.survivors[i][0], branch.survivors[j][0]
            if not (store.not_null(left) and store.not_null(right)):
                return
            offset = store.upper(left, right)
            if offset is None:
                return
            offsets.append(offset)
        pairs = self.branches[0].survivors
        found.append(Le(pairs[i][1], pairs[j][1], max(offsets)))


def _variables(parts: Iterable[Part]) -> frozenset[Var]:
    """The variables of underlying rows, with the markers of those that may be missing."""
    found: set[Var] = set()
    for part in parts:
        found |= {leaf for term in part.terms for leaf in term.leaves}
        found |= {part.marker} if part.marker else set()
    return frozenset(found)


def _name(term: Term) -> str:
    return repr(term) if isinstance(term, Var) else "key"
