"""GROUP BY, DISTINCT and aggregates: a value of a group is a function of all its rows, so of their completeness.

A group is there as soon as one of its rows is. ``MIN(k)`` of a time at which the rows become known is special: the
earliest row alone settles it, so the pair of key and minimum is itself an event, known at the minimum.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from tzero.prove.domain.closing import Closing, Settle
from tzero.prove.domain.facts import Fact, NotNull
from tzero.prove.domain.label import Atom, Located
from tzero.prove.domain.row import Part, Present, Row, new_part
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import Term, Var, substitute
from tzero.prove.transfer.filter import aliases, called
from tzero.prove.transfer.group_witnesses import templates
from tzero.prove.transfer.surviving import Branch, Surviving

if TYPE_CHECKING:
    from tzero.prove.transfer.interpreter import Interpreter


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
        self.surviving = Surviving(interpreter.ledger, self.branches, outer)
        self.kept = self.surviving.kept
        self.keys = self.surviving.keys
        self.store = self.surviving.store
        self.minima: list[tuple[list[Term], Var]] = []
        self.facts: list[Fact] = []
        self._closings: dict[object, Closing] = {}

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
                templates(branch, self.keys) if existence else (),
                existence,
                self.interpreter.origin(self.node),
                self.facts,
                self._settling(branch),
                extra,
            )
        return self._closings[key]

    def _settling(self, branch: Branch) -> Settle:
        """How rows at hand answer what is asked; a row that is one of the enclosing query is called by its name."""
        settle = self.interpreter.settling(branch.row.occurrences)
        same = aliases(self.outer.parts, branch.row.parts, branch.row.store) if self.outer else {}
        return (lambda located: settle(called(item, same) for item in located)) if same else settle

    def rows_of(self, branch: Branch, store: Store | None = None, *, lean: bool = False) -> list[Located]:
        """What the rows of a group depend on: their presence and their keys."""
        store = store or branch.row.store
        needed = frozenset(store.owner[leaf] for key in branch.keys for leaf in key.leaves if leaf in store.owner)
        presence = branch.row.located_presence(lean=lean, needed=needed)
        found = [Located(item.atom, store) for item in presence]
        return found + list(self.interpreter.labels.values(branch.keys, store))

    def presence(self) -> tuple[Present, ...]:
        """What it depends on whether a group is there."""
        minima = tuple(
            minimum
            for terms, minimum in self.minima
            if all(b.row.store.not_null(t) for b, t in zip(self.branches, terms, strict=True))
        )
        found: dict[Atom, None] = {}
        plain: set[Atom] = set()
        for branch in self.branches:
            closing = self.closing(branch, minima, existence=True)
            found |= dict.fromkeys(closing.close(self.rows_of(branch, lean=True)))
            untested = Branch(
                replace(branch.row, presence=tuple(p for p in branch.row.presence if not p.tested)), branch.keys
            )
            plain |= set(closing.close(self.rows_of(untested, branch.row.store, lean=True)))
        return tuple(Present(atom, tested=atom not in plain) for atom in found)

    # -- the result -----------------------------------------------------------------------------------------------

    def row(self) -> Row:
        """The group as a row; its columns are left to the caller."""
        if not self.branches[0].keys:
            return Row(store=self._final(), single=True, always=True, outer=self._outer_parts())
        presence = self.presence()
        for key in self.keys:
            if isinstance(key, Var) and key not in self.interpreter.ledger:
                self.interpreter.ledger[key] = tuple(item.atom for item in presence)
        produced = tuple(sorted(self.produced, key=lambda var: var.uid))
        part = Part(new_part(), "", (*self.keys, *produced), (self.keys,))
        witnesses = templates(self.branches[0], self.keys) if len(self.branches) == 1 else ()
        return Row(
            witnesses=witnesses,
            store=self._final(),
            presence=presence,
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
        allowed = self.surviving.variables() | self.produced | {leaf for key in self.keys for leaf in key.leaves}
        return found if found.leaves <= allowed else None
