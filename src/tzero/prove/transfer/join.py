"""Joins: rows side by side. What an outer or as-of join adds is the completeness of the other side."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from tzero.prove.domain.closing import Closing
from tzero.prove.domain.existence import settled_by
from tzero.prove.domain.facts import Fact, NotNull, Same
from tzero.prove.domain.label import Atom, Kind, Located, Template
from tzero.prove.domain.row import Occurrence, Part, Present, Row
from tzero.prove.domain.store import Store
from tzero.prove.domain.strictness import needs_every_argument
from tzero.prove.domain.terms import NULL, App, Term, Var, app
from tzero.prove.meaning.logic import facts_of
from tzero.prove.transfer.filter import aliases, called, filter_row, settle
from tzero.prove.transfer.lookup import Chosen, choice, lookup

if TYPE_CHECKING:
    from tzero.prove.transfer.interpreter import Interpreter


def side_by_side(left: Row, right: Row) -> Row:
    """Every pair of rows: the cross join."""
    keep_left, keep_right = right.always, left.always
    return Row(
        store=left.store.joined(right.store),
        presence=left.presence + right.presence,
        parts=left.parts + right.parts,
        occurrences=_covering(left.occurrences, keep_left) + _covering(right.occurrences, keep_right),
        unique=left.unique + right.unique,
        single=left.single and right.single,
        always=left.always and right.always,
        outer=left.outer | right.outer,
        witnesses=(left.witnesses if right.always else ()) + (right.witnesses if left.always else ()),
    )


def _covering(occurrences: tuple[Occurrence, ...], keep: bool) -> tuple[Occurrence, ...]:
    return tuple(o if keep else replace(o, total=False) for o in occurrences)


def inner(interpreter: Interpreter, pair: Row, on: Term) -> Row | None:
    """The pairs on which a predicate is TRUE."""
    if on.leaves or on is NULL:
        pair = replace(pair, occurrences=_covering(pair.occurrences, False))
    return filter_row(interpreter, pair, on)


class OuterJoin:
    """The left join of one row with one other, under a predicate that was bound in their pair."""

    def __init__(
        self,
        interpreter: Interpreter,
        left: Row,
        right: Row,
        on: Term,
        node: exp.Expr,
        chosen: Chosen | None = None,
        bound: Row | None = None,
    ) -> None:
        self.interpreter = interpreter
        self.chosen = chosen
        self.left = left
        self.right = right
        self.node = node
        pair = side_by_side(left, right)
        if bound is not None and bound.parts == pair.parts:
            # What binding the predicate learned of the pair: of what a subquery in it says.
            pair = replace(pair, store=bound.store)
        self.on_label = interpreter.labels.test(on, pair.store)
        self.pair = pair.assume(facts_of(on, pair.store))
        self.on = on
        self.marker = Var("match", "marker")

    def row(self, *, latest: Term | None = None, asof: bool = False) -> Row:
        """Each left row with its matches, or with NULLs. As-of: only with the ``latest`` match."""
        if self.pair.store.impossible:
            return self.left
        ledger, facts, inner_facts = self.matches(choice=asof, latest=latest)
        self.interpreter.ledger[self.marker] = ledger
        right_vars = self._right_variables()
        known = set(self.left.store.facts)
        inside = [fact for fact in self.pair.store.facts if fact not in known] + inner_facts
        store = self.left.store.joined(self._right_store(right_vars))
        store = store.with_guarded(self.marker, tuple(inside)).assume([*facts, *self._lookup(), *self._certain()])
        presence = self.left.presence
        chosen = asof or self.at_most_one()
        if not chosen:
            presence += tuple(Present(atom, self.marker) for atom in ledger)
        return Row(
            store=store,
            presence=presence,
            parts=self.left.parts + tuple(self._optional(part, chosen) for part in self.right.parts),
            occurrences=self.left.occurrences
            + tuple(replace(o, total=False, marker=o.marker or self.marker) for o in self.right.occurrences),
            unique=self.left.unique + self.right.unique,
            single=self.left.single and self.right.single,
            always=self.left.always and self.right.single,
            outer=self.left.outer,
            witnesses=self.left.witnesses,
        )

    def columns(self) -> dict[str, Term]:
        """The right side's columns as they are after the join: NULL where nothing matched, whatever they say inside."""
        if type(self.right.columns) is not dict:  # the columns of an undeclared relation are whatever is asked for
            return self.right.columns
        if self.pair.store.impossible:
            return dict.fromkeys(self.right.columns, NULL)
        mine = self._right_variables()
        certain = [fact.right for fact in self._certain() if isinstance(fact, Same)]
        loose = [term for term in certain if not self.left.store.not_null(term)]
        if certain and not loose:
            return self.right.columns
        there = loose[0] if loose else self.marker
        return {
            name: term if _needs(term, mine) else app("present", there, term, type_=term.type)
            for name, term in self.right.columns.items()
        }

    def unmatched(self) -> Row:
        """The left rows without a match: their presence depends on the completeness of the other side."""
        closing = self.closing()
        atoms = closing.close(self._matching())
        occurrences = _covering(self.left.occurrences, False)
        presence = self.left.presence + tuple(map(Present, atoms))
        row = replace(self.left, presence=presence, occurrences=occurrences, witnesses=(), always=False)
        return row.assume(closing.facts)

    def closing(self) -> Closing:
        return Closing(
            self.left.visible(),
            self.left.store,
            self.left.uids(),
            origin=self.interpreter.origin(self.node, "whether a row matches"),
            settle=self.interpreter.settling((*self.left.occurrences, *self.right.occurrences)),
        )

    def matches(self, *, choice: bool, latest: Term | None) -> tuple[tuple[Atom, ...], list[Fact], list[Fact]]:
        """The label of the match itself: what its absence, and what its presence depends on."""
        closing = self.closing()
        rows = self._matching()
        complete = closing.close(rows)
        settled, facts = settle(self.interpreter, rows, self.pair)
        present = tuple(self._if_matched(atom) for atom in settled)
        if not choice:
            keyed = self._keyed()
            missing = (replace(a, if_null=self.marker, if_not_null=keyed) for a in complete)
            return (*missing, *present), closing.facts, facts
        found = (*complete, *present)
        if not self._total_choice(latest):
            origin = self.interpreter.origin(self.node, "several rows can be the latest")
            found += (Atom(Kind.ORDER, origin=origin, relation=self._relation()),)
        return found, closing.facts, facts

    def _if_matched(self, atom: Atom) -> Atom:
        """The atom where there is a match, and where it already was to matter."""
        guard = atom.if_not_null
        both = self.marker if guard is None else app("strict", guard, self.marker, params=("both",))
        return replace(atom, if_not_null=both)

    def _keyed(self) -> Term | None:
        """What of the left row must not be NULL for there to be any match."""
        mine = self.left.store
        visible = {term for term, _ in self.left.visible()}
        needed = [
            fact.term
            for fact in facts_of(self.on, mine)
            if isinstance(fact, NotNull) and fact.term in visible and not mine.not_null(fact.term)
        ]
        return app("strict", *needed, params=("keyed",)) if needed else None

    def _matching(self) -> tuple[Located, ...]:
        """What a match depends on; a right row that is the left row itself is called by the left one's name."""
        same = aliases(self.left.parts, self.right.parts, self.pair.store)
        found = (*self.right.located_in(self.pair.store), *self.on_label)
        return tuple(called(item, same) for item in found)

    def _relation(self) -> str:
        return next((part.relation for part in self.right.parts if part.relation), "")

    def _total_choice(self, latest: Term | None) -> bool:
        given = [*self._left_terms(), *([latest] if latest is not None else [])]
        known = self.pair.determined(given)
        return all(part.uid in known for part in self.right.parts)

    def _left_terms(self) -> list[Term]:
        return list(dict.fromkeys(self.left.terms()))

    def at_most_one(self) -> bool:
        """Whether a left row has at most one match."""
        if not self.right.parts and self.right.single:
            return True
        return self._total_choice(None)

    def _certain(self) -> list[Fact]:
        """A join on values that the left row itself is one of surely matches: both are equal, or both NULL."""
        pairs = self._equalities()
        loose = [left for _, left in pairs if not self.left.store.not_null(left)]
        if not pairs or len(loose) > 1 or (loose and len(pairs) > 1):
            return []
        shown = {right for right, _ in pairs}
        free = (held for held in self.right.store.holds if not (_is_presence(held) and held.leaves <= shown))
        if any(free):
            return []
        return [Same(right, left) for right, left in pairs] if self._witnessed() else []

    def is_certain(self) -> bool:
        """Whether each left row surely matches, on values that it is not without."""
        pairs = self._equalities()
        return bool(self._certain()) and all(self.left.store.not_null(left) for _, left in pairs)

    def _witnessed(self) -> bool:
        """Whether the left row, by being there, makes sure that the right one is."""
        store = self.pair.store
        if any(self._says(template, store) for template in self.right.witnesses):
            return True
        atoms = [item.atom for item in self.right.located_in(store)]
        return bool(atoms) and all(any(self._says(t, store) for t in atom.exists) for atom in atoms)

    def _says(self, template: Template, store: Store) -> bool:
        plain = all(map(_is_presence, template.conditions))
        return plain and next(settled_by(template, self.left.occurrences, store), None) is not None

    def _equalities(self) -> list[tuple[Term, Term]]:
        """The predicate as equalities of a right term with a left one; none when it says anything else."""
        mine = self._right_variables()
        found = []
        for part in self.on.args if isinstance(self.on, App) and self.on.op == "and" else (self.on,):
            if not (isinstance(part, App) and part.op == "eq"):
                return []
            right, left = part.args
            if not right.leaves <= mine:
                right, left = left, right
            if not right.leaves <= mine or left.leaves & mine or not right.leaves:
                return []
            found.append((right, left))
        return found

    def _lookup(self) -> list[Fact]:
        """A join of a whole relation by its key is a function of the key and of what else is asked; so is a choice."""
        if self.chosen is not None and self.at_most_one():
            return choice(self.on, self.chosen, self.right.columns, self._right_variables())
        source = next((o for o in self.right.occurrences if o.total and not o.conditions and o.marker is None), None)
        if source is None or len(self.right.parts) != 1:
            return []
        return lookup(self.on, source, self.right.parts[0], self._right_variables())

    def _right_variables(self) -> set[Var]:
        return self.right.variables() - self.left.variables() | {
            leaf for part in self.right.parts for term in part.terms for leaf in term.leaves
        }

    def _right_store(self, variables: set[Var]) -> Store:
        return self.right.store.guard(self.marker, variables)

    def _optional(self, part: Part, chosen: bool) -> Part:
        """The part as one that may be missing; the only match of a left row is determined by what identifies that."""
        keys = part.keys
        if chosen and all(left.keys for left in self.left.parts):
            keys += (tuple(term for left in self.left.parts for term in left.keys[0]),)
        return replace(part, keys=keys, marker=part.marker or self.marker)


def _needs(term: Term, variables: set[Var]) -> bool:
    """Whether a term is NULL as soon as some variables are."""
    if isinstance(term, Var):
        return term in variables
    return isinstance(term, App) and needs_every_argument(term) and any(_needs(arg, variables) for arg in term.args)


def _is_presence(term: Term) -> bool:
    """Whether a predicate only says that something is not NULL."""
    if isinstance(term, App) and term.op == "and":
        return all(_is_presence(arg) for arg in term.args)
    if not (isinstance(term, App) and term.op == "not"):
        return False
    return isinstance(term.args[0], App) and term.args[0].op == "is_null"
