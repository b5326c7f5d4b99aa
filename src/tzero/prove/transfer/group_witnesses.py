"""What a row of a relation says of the group that it is in: that the group is there, and how late its minimum is."""

from __future__ import annotations

from dataclasses import replace

from tzero.prove.domain.existence import express, in_columns, template_of
from tzero.prove.domain.label import Template
from tzero.prove.domain.row import Occurrence
from tzero.prove.domain.terms import Term, Var, substitute
from tzero.prove.transfer.surviving import Branch


def templates(branch: Branch, outside: tuple[Term, ...]) -> tuple[Template, ...]:
    """What a row of a relation that all of these rows come from says of the group that it is in."""
    found = []
    for occurrence in branch.row.occurrences:
        if not occurrence.total or occurrence.marker is not None:
            continue
        keys = _expressed(branch, occurrence)
        if keys is not None:
            found.append(template_of(occurrence, zip(keys, outside, strict=True)))
    return tuple(found)


def witnesses(branch: Branch, outside: tuple[Term, ...], value: Term) -> tuple[tuple[Template, Term], ...]:
    """For each relation that the rows come from: the template of a group, and a row's value in its columns."""
    found = []
    for occurrence in branch.row.occurrences:
        if not occurrence.total or occurrence.marker is not None:
            continue
        keys = _expressed(branch, occurrence)
        shown = express(value, _leaves_of(occurrence), branch.row.store)
        if keys is not None and shown is not None:
            template = template_of(occurrence, zip(keys, outside, strict=True))
            found.append((template, in_columns(occurrence, shown)))
    return (*found, *_inherited(branch, outside, value))


def _inherited(branch: Branch, outside: tuple[Term, ...], value: Term) -> list[tuple[Template, Term]]:
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
        keys = tuple((inner[store.canon(key)], outer) for key, outer in zip(branch.keys, outside, strict=True))
        asked = replace(template, keys=keys, conditions=(*template.conditions, *conditions))
        found.append((asked, inner[store.canon(value)]))
    return found


def _leaves_of(occurrence: Occurrence) -> frozenset[Var]:
    return frozenset().union(*(term.leaves for _, term in occurrence.columns))


def _expressed(branch: Branch, occurrence: Occurrence) -> tuple[Term, ...] | None:
    """The keys of a group in terms of one relation that its rows come from."""
    allowed = _leaves_of(occurrence)
    found = [express(key, allowed, branch.row.store) for key in branch.keys]
    return tuple(key for key in found if key is not None) if None not in found else None


def _asks_same(first: Template, second: Template) -> bool:
    return first.source == second.source and {i for i, _ in first.keys} == {i for i, _ in second.keys}
