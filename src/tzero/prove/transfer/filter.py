"""Filter: the predicate's facts hold of what is left, and whether a row is there depends on the predicate's test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from tzero.prove.domain.closing import Closing
from tzero.prove.domain.existence import express
from tzero.prove.domain.facts import Fact, NotNull
from tzero.prove.domain.label import Atom, Located
from tzero.prove.domain.row import Occurrence, Part, Present, Row
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import TRUE, Term
from tzero.prove.meaning.logic import facts_of

if TYPE_CHECKING:
    from tzero.prove.transfer.interpreter import Interpreter


def filter_row(interpreter: Interpreter, row: Row, predicate: Term) -> Row | None:
    """The rows on which a predicate is TRUE; None when there can be none."""
    if predicate is TRUE:
        return row
    located = interpreter.labels.test(predicate, row.store)
    kept = row.assume(facts_of(predicate, row.store))
    if kept.store.impossible:
        return None
    atoms, facts = settle(interpreter, located, kept)
    occurrences = tuple(replace(o, conditions=(*o.conditions, _said_of(o, predicate, row))) for o in row.occurrences)
    presence = kept.presence + tuple(Present(atom, tested=True) for atom in atoms)
    kept = replace(kept, presence=presence, occurrences=occurrences, always=False)
    return kept.assume(facts)


def _said_of(occurrence: Occurrence, predicate: Term, row: Row) -> Term:
    """The predicate in terms of one relation that the rows come from, if there is such a form of it.

    Only what holds of the rows before they are filtered may be used: after that the predicate says of itself that it
    holds.
    """
    if occurrence.marker is not None or not occurrence.total:
        return predicate
    allowed = frozenset(leaf for _, term in occurrence.columns for leaf in term.leaves)
    return express(predicate, allowed, row.store) or predicate


def settle(interpreter: Interpreter, located: Iterable[Located], row: Row) -> tuple[tuple[Atom, ...], list[Fact]]:
    """Atoms as the row's own: what was found under more facts than the row has keeps the bounds that they gave."""
    closing = Closing(row.visible(), row.store, row.uids(), settle=interpreter.settling(row.occurrences))
    found: dict[Atom, None] = {}
    for item in located:
        if row.store.covers(item.store):
            found[item.atom] = None
        else:
            found.update(dict.fromkeys(closing.close((item,))))
    return tuple(found), closing.facts


def matching_parts(parts: tuple[Part, ...], store: Store) -> list[tuple[Part, Part]]:
    """Pairs of parts that are the same row of the same relation, as far as both are there."""
    found = []
    for i, first in enumerate(parts):
        for second in parts[i + 1 :]:
            if not first.relation or first.relation != second.relation or len(first.terms) != len(second.terms):
                continue
            if first.marker is not None and not store.not_null(first.marker):
                continue
            if second.marker is not None and not store.not_null(second.marker):
                continue
            if any(_equal_keys(a, b, store) for a, b in _keys_of_both(first, second)):
                found.append((first, second))
    return found


def aliases(left: tuple[Part, ...], right: tuple[Part, ...], store: Store) -> dict[int, int]:
    """Parts on the right that are the same row as one on the left."""
    return {b.uid: a.uid for a, b in matching_parts((*left, *right), store) if a in left and b in right}


def called(item: Located, same: dict[int, int]) -> Located:
    """An atom with its part called by another name."""
    part = same.get(item.atom.part)
    return item if part is None else Located(replace(item.atom, part=part), item.store)


def _keys_of_both(first: Part, second: Part) -> Iterator[tuple[tuple[Term, ...], tuple[Term, ...]]]:
    """Each key that one of two rows of a relation still has, in terms of both: by the places of its columns."""
    for key in first.own_keys():
        places = [place for place, term in enumerate(first.terms) if term in key]
        if len(places) == len(key):
            yield tuple(first.terms[place] for place in places), tuple(second.terms[place] for place in places)


def _equal_keys(first: tuple[Term, ...], second: tuple[Term, ...], store: Store) -> bool:
    return all(store.equal(a, b) and store.entails(NotNull(a)) for a, b in zip(first, second, strict=True))
