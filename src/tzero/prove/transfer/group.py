"""GROUP BY, DISTINCT and aggregates: a value of a group is a function of all its rows, so of their completeness.

A group is there as soon as one of its rows is. ``MIN(k)`` of a time at which the rows become known is special: the
earliest row alone settles it, so the pair of key and minimum is itself an event, known at the minimum.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlglot import exp

from tzero.prove.domain.closing import Closing
from tzero.prove.domain.existence import express, in_columns, template_of
from tzero.prove.domain.facts import Bound, Fact, Le, NotNull, Same
from tzero.prove.domain.label import Atom, Located, Template
from tzero.prove.domain.row import Occurrence, Part, Present, Row, atom_terms, fact_terms, new_part
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import Const, Term, Var, substitute

if TYPE_CHECKING:
    from tzero.prove.transfer.interpreter import Interpreter


@dataclass(eq=False)
class Branch:
    """One kind of row that a group gathers: the row, its key terms, and what stands for them outside."""

    row: Row
    keys: tuple[Term, ...]
    survivors: list[tuple[Term, Term]] = field(default_factory=list)


class Grouping:
    """The groups of some rows by some keys. ``minima`` are pairs of a time in each row and its minimum in the group."""

    def __init__(
        self,
        interpreter: Interpreter,
        rows: list[Row],
        keys: list[tuple[Term, ...]],
        node: exp.Expr,
        outer: Row | None = None,
    ) -> None:
        self.interpreter = interpreter
        self.outer = outer
        self.produced: set[Var] = set()
        self.node = node
        self.branches = [Branch(row, key) for row, key in zip(rows, keys, strict=True)]
        self.kept = self._kept_parts()
        self.keys = self._outer_keys()
        self.store = self._store()
        self.minima: list[tuple[list[Term], Var]] = []
        self.facts: list[Fact] = []
        self._closings: dict[object, Closing] = {}

    # -- what survives --------------------------------------------------------------------------------------------

    def _kept_parts(self) -> tuple[Part, ...]:
        """Underlying rows that the keys determine, and whose labels speak of such rows only."""
        if len(self.branches) != 1:
            return ()
        row, keys = self.branches[0].row, self.branches[0].keys
        known = row.determined(keys)
        kept = [part for part in row.parts if part.uid in known]
        while True:
            variables = _variables(kept) | (self.outer.variables() if self.outer else frozenset())
            uids = {part.uid for part in kept} | self._outer_parts()
            closed = [part for part in kept if self._is_closed(part, variables, uids)]
            if len(closed) == len(kept):
                return tuple(kept)
            kept = closed

    def _is_closed(self, part: Part, variables: frozenset[Var], uids: set[int]) -> bool:
        for variable in _variables([part]):
            for atom in self.interpreter.ledger.get(variable, ()):
                if atom.part and atom.part not in uids:
                    return False
                leaves = {leaf for term in atom_terms(atom) for leaf in term.leaves}
                if not all(leaf.is_bound or leaf in variables for leaf in leaves):
                    return False
        return True

    def _kept_variables(self) -> frozenset[Var]:
        return _variables(self.kept) | (frozenset(self.outer.variables()) if self.outer else frozenset())

    def _outer_keys(self) -> tuple[Term, ...]:
        kept = self._kept_variables()
        found: list[Term] = []
        for position, key in enumerate(self.branches[0].keys):
            single = len(self.branches) == 1
            constants = {branch.row.store.canon(branch.keys[position]) for branch in self.branches}
            only = constants.pop() if len(constants) == 1 else None
            if isinstance(only, Const):
                found.append(only)
            elif single and (lasting := self._lasting(key, kept)) is not None:
                found.append(lasting)
            else:
                node = self.branches[0].row.store.differences.node(key)[0] if key.is_time else key
                grain = node.grain if isinstance(node, Var) and single else 0
                found.append(Var(_name(key), key.type, grain))
        for branch in self.branches:
            branch.survivors = list(zip(branch.keys, found, strict=True))
            branch.survivors += [(t, t) for part in self.kept for t in part.terms]
            branch.survivors += self.outer.visible() if self.outer else []
        return tuple(found)

    def _lasting(self, key: Term, kept: frozenset[Var]) -> Term | None:
        """The key, or what equals it, in terms of the underlying rows that survive."""
        if key.leaves <= kept:
            return key
        return next((same for same in self.branches[0].row.store.members(key) if same.leaves <= kept), None)

    def _store(self) -> Store:
        """What is known of a group: the facts of its keys and of the underlying rows that survive."""
        kept = self._kept_variables()
        kept |= self._mentioned_bounds(kept)
        store = Store()
        if len(self.branches) == 1:
            inner = self.branches[0].row.store
            store.owner = {v: m for v, m in inner.owner.items() if v in kept}
            store.guarded = {
                marker: tuple(f for f in facts if _leaves(f) <= kept)
                for marker, facts in inner.guarded.items()
                if marker in kept
            }
            store = store.assume(fact for fact in inner.facts if _leaves(fact) <= kept)
        return store.assume(self._shared_facts())

    def _mentioned_bounds(self, kept: frozenset[Var]) -> frozenset[Var]:
        """The bounds that the labels of surviving variables speak of."""
        ledger = self.interpreter.ledger
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

    # -- labels ---------------------------------------------------------------------------------------------------

    def closing(self, branch: Branch, minima: tuple[Var, ...] = (), *, existence: bool = False) -> Closing:
        """How a branch's atoms are said of the group.

        ``minima`` are the minima that may be spoken of; ``existence`` is all that is asked for, so one row suffices.
        """
        key = (id(branch), minima, existence)
        if key not in self._closings:
            position = self.branches.index(branch)
            extra: list[tuple[Term, Term]] = [
                (terms[position], minimum) for terms, minimum in self.minima if minimum in minima
            ]
            store = self.store.assume(NotNull(minimum) for minimum in minima)
            self._closings[key] = Closing(
                branch.survivors,
                store,
                frozenset(part.uid for part in self.kept) | self._outer_parts(),
                self.templates(branch) if existence else (),
                existence,
                self.interpreter.origin(self.node),
                self.facts,
                self.interpreter.settling(branch.row.occurrences),
                extra,
            )
        return self._closings[key]

    def templates(self, branch: Branch) -> tuple[Template, ...]:
        """What a row of a relation that all of these rows come from says of the group that it is in."""
        found = []
        for occurrence in branch.row.occurrences:
            if not occurrence.total or occurrence.marker is not None:
                continue
            keys = _expressed(branch, occurrence)
            if keys is not None:
                found.append(template_of(occurrence, zip(keys, self.keys, strict=True)))
        return tuple(found)

    def witnesses(self, value: Term) -> tuple[tuple[Template, Term], ...]:
        """For each relation that the rows come from: the template of a group, and a row's value in its columns."""
        branch = self.branches[0]
        found = []
        for occurrence in branch.row.occurrences:
            if not occurrence.total or occurrence.marker is not None:
                continue
            keys = _expressed(branch, occurrence)
            shown = express(value, _leaves_of(occurrence), branch.row.store)
            if keys is not None and shown is not None:
                template = template_of(occurrence, zip(keys, self.keys, strict=True))
                found.append((template, in_columns(occurrence, shown)))
        return (*found, *self._inherited(branch, value))

    def _inherited(self, branch: Branch, value: Term) -> list[tuple[Template, Term]]:
        """The same for the relations that the rows are groups of: a row of those makes a row here."""
        store = branch.row.store
        atoms = [item.atom for item in branch.row.located_presence(lean=True)]
        found = []
        for template in atoms[0].exists if atoms else ():
            inner = {store.canon(outer): inner for inner, outer in template.keys}
            if not all(any(_asks_same(template, other) for other in atom.exists) for atom in atoms):
                continue
            if store.canon(value) not in inner or not all(store.canon(key) in inner for key in branch.keys):
                continue
            conditions = [substitute(store.canon(held), inner.get) for held in store.holds]
            shared = {leaf for _, term in template.columns for leaf in term.leaves}
            if not all(condition.leaves <= shared for condition in conditions):
                continue
            keys = tuple((inner[store.canon(key)], outer) for key, outer in zip(branch.keys, self.keys, strict=True))
            asked = replace(template, keys=keys, conditions=(*template.conditions, *conditions))
            found.append((asked, inner[store.canon(value)]))
        return found

    def rows_of(self, branch: Branch, store: Store | None = None, *, lean: bool = False) -> list[Located]:
        """What the rows of a group depend on: their presence and their keys."""
        store = store or branch.row.store
        needed = frozenset(store.owner[leaf] for key in branch.keys for leaf in key.leaves if leaf in store.owner)
        presence = branch.row.located_presence(lean=lean, needed=needed)
        found = [Located(item.atom, store) for item in presence]
        return found + list(self.interpreter.labels.values(branch.keys, store))

    def presence(self) -> tuple[Atom, ...]:
        """What it depends on whether a group is there."""
        minima = tuple(
            minimum
            for terms, minimum in self.minima
            if all(b.row.store.not_null(t) for b, t in zip(self.branches, terms, strict=True))
        )
        found: dict[Atom, None] = {}
        for branch in self.branches:
            closing = self.closing(branch, minima, existence=True)
            found |= dict.fromkeys(closing.close(self.rows_of(branch, lean=True)))
        return tuple(found)

    # -- the result -----------------------------------------------------------------------------------------------

    def row(self) -> Row:
        """The group as a row; its columns are left to the caller."""
        if not self.branches[0].keys:
            return Row(store=self._final(), single=True, outer=self._outer_parts())
        atoms = self.presence()
        for key in self.keys:
            if isinstance(key, Var) and key not in self.interpreter.ledger:
                self.interpreter.ledger[key] = atoms
        produced = tuple(sorted(self.produced, key=lambda var: var.uid))
        part = Part(new_part(), "", (*self.keys, *produced), (self.keys,))
        witnesses = self.templates(self.branches[0]) if len(self.branches) == 1 else ()
        return Row(
            witnesses=witnesses,
            store=self._final(),
            presence=tuple(map(Present, atoms)),
            parts=(*self.kept, part),
            outer=self._outer_parts(),
        )

    def _outer_parts(self) -> frozenset[int]:
        return self.outer.uids() if self.outer else frozenset()

    def _final(self) -> Store:
        return self.store.assume(self.facts)

    def translate(self, term: Term, branch: int = 0) -> Term | None:
        """A term of a row as a term of its group; None when the keys do not determine it."""
        outer = dict(reversed(self.branches[branch].survivors))
        found = substitute(term, outer.get)
        allowed = self._kept_variables() | self.produced | {leaf for key in self.keys for leaf in key.leaves}
        return found if found.leaves <= allowed else None


def _leaves_of(occurrence: Occurrence) -> frozenset[Var]:
    return frozenset().union(*(term.leaves for _, term in occurrence.columns))


def _expressed(branch: Branch, occurrence: Occurrence) -> tuple[Term, ...] | None:
    """The keys of a group in terms of one relation that its rows come from."""
    allowed = _leaves_of(occurrence)
    found = [express(key, allowed, branch.row.store) for key in branch.keys]
    return tuple(key for key in found if key is not None) if None not in found else None


def _asks_same(first: Template, second: Template) -> bool:
    return first.source == second.source and {i for i, _ in first.keys} == {i for i, _ in second.keys}


def _variables(parts: Iterable[Part]) -> frozenset[Var]:
    """The variables of underlying rows, with the markers of those that may be missing."""
    found: set[Var] = set()
    for part in parts:
        found |= {leaf for term in part.terms for leaf in term.leaves}
        found |= {part.marker} if part.marker else set()
    return frozenset(found)


def _name(term: Term) -> str:
    return repr(term) if isinstance(term, Var) else "key"


def _leaves(fact: Fact) -> frozenset[Var]:
    match fact:
        case Le(left, right) | Bound(left, right) | Same(left, right):
            return left.leaves | right.leaves
        case _:
            return frozenset().union(*(term.leaves for term in fact_terms(fact)))
