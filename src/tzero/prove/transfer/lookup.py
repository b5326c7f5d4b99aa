"""A lookup: the join of a whole relation by its key, under a further predicate perhaps, is a function of the outer row.

Two lookups with the same predicate, from rows that agree on the key and on what else the predicate asks, are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tzero.prove.domain.existence import column_of
from tzero.prove.domain.facts import Fact, Same
from tzero.prove.domain.row import Occurrence, Part
from tzero.prove.domain.terms import App, Term, Var, app, substitute

_places: dict[tuple[int, str], Var] = {}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A subquery that chooses one row: its text with numbers for the outer row's columns, and the terms of these."""

    text: str
    arguments: tuple[Term, ...]


def lookup(on: Term, source: Occurrence, part: Part, mine: set[Var]) -> list[Fact]:
    """Each column of the relation, as a function of the terms of the outer row that decide it; none where it is none.

    ``mine`` are the variables of the relation's row, ``part`` is the row, whose keys identify it.
    """
    names = {term: name for name, term in source.columns}
    given: dict[str, Term] = {}
    rest: list[Term] = []
    for predicate in on.args if isinstance(on, App) and on.op == "and" else (on,):
        pair = _keyed(predicate, names, mine)
        if pair is not None and pair[0] not in given:
            given[pair[0]] = pair[1]
        else:
            rest.append(predicate)
    keys = [{names[term] for term in key if term in names} for key in part.keys if all(t in names for t in key)]
    key = next((key for key in keys if key and key <= set(given)), None)
    if key is None:
        return []
    asked = _Asked(source, mine)
    forms = [(name, asked.argument(given[name])) for name in sorted(given)]
    patterns = tuple(asked.pattern(predicate) for predicate in rest)
    if not asked.is_closed(patterns):
        return []
    by = (source.source, *forms, *patterns)
    return [
        Same(term, app("lookup", *asked.arguments, type_=term.type, params=(*by, name))) for term, name in names.items()
    ]


def choice(on: Term, row: Chosen, columns: Mapping[str, Term], mine: set[Var]) -> list[Fact]:
    """The same of a row that a subquery chooses: of its text, and of what that asks of the outer row."""
    source = Occurrence(row.text, tuple(columns.items()))
    asked = _Asked(source, mine)
    forms = [asked.argument(term) for term in row.arguments]
    patterns = [asked.pattern(part) for part in (on.args if isinstance(on, App) and on.op == "and" else (on,))]
    if not asked.is_closed(tuple(patterns)):
        return []
    by = (row.text, *forms, *patterns)
    return [
        Same(term, app("lookup", *asked.arguments, type_=term.type, params=(*by, name)))
        for name, term in columns.items()
    ]


def _keyed(predicate: Term, names: dict[Term, str], mine: set[Var]) -> tuple[str, Term] | None:
    """``column = outer term``, as the column's name and the term."""
    if not (isinstance(predicate, App) and predicate.op == "eq"):
        return None
    for one, other in (predicate.args, predicate.args[::-1]):
        if one in names and not (other.leaves & mine):
            return names[one], other
    return None


class _Asked:
    """A predicate as a pattern: the relation's columns by name, the outer row's terms as numbered arguments."""

    def __init__(self, source: Occurrence, mine: set[Var]) -> None:
        self.mine = mine
        self.columns = {t: column_of(source.source, name, t.type) for name, t in reversed(source.columns)}
        self.arguments: list[Term] = []

    def argument(self, term: Term) -> Term:
        """The place of an outer term."""
        if term not in self.arguments:
            self.arguments.append(term)
        key = (self.arguments.index(term), term.type)
        if key not in _places:
            _places[key] = Var(f"argument {key[0]}", term.type)
        return _places[key]

    def pattern(self, predicate: Term) -> Term:
        def replaced(term: Term) -> Term | None:
            if term in self.columns:
                return self.columns[term]
            return self.argument(term) if term.leaves and not (term.leaves & self.mine) else None

        return substitute(predicate, replaced)

    def is_closed(self, patterns: tuple[Term, ...]) -> bool:
        """Whether the patterns speak of columns and arguments only."""
        return all(pattern.leaves.isdisjoint(self.mine) for pattern in patterns)
