"""Existence: "a row of this relation with these key values is there", and the rows at hand that say so.

A group over a relation is there as soon as one row of it is; a row that is known to be there settles it, whenever
the other rows of its group became known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tzero.prove.domain.facts import NotNull
from tzero.prove.domain.label import Template
from tzero.prove.domain.row import Occurrence
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import NULL, App, Term, Var, substitute

_columns: dict[tuple[str, str], Var] = {}


def express(term: Term, allowed: frozenset[Var], store: Store) -> Term | None:
    """The term in terms of some variables only, if there is such a form of it."""

    def replaced(inner: Term) -> Term | None:
        if inner.leaves <= allowed:
            return inner
        if isinstance(inner, Var):
            return next((same for same in store.members(inner) if same.leaves <= allowed), None)
        return None

    found = term if term.leaves <= allowed else substitute(term, replaced)
    return found if found.leaves <= allowed else None


def template_of(occurrence: Occurrence, keys: Iterable[tuple[Term, Term]]) -> Template:
    """The template of a group over a relation, in columns of the relation that every such template shares."""
    shared = {term: column_of(occurrence.source, name, term.type) for name, term in reversed(occurrence.columns)}
    inner = tuple((substitute(key, shared.get), outer) for key, outer in keys)
    conditions = tuple(substitute(condition, shared.get) for condition in occurrence.conditions)
    columns = tuple((name, column_of(occurrence.source, name, term.type)) for name, term in occurrence.columns)
    return Template(occurrence.source, columns, inner, conditions)


def in_columns(occurrence: Occurrence, term: Term) -> Term:
    """A term over an occurrence's columns, in the columns that all templates of its relation share."""
    shared = {inner: column_of(occurrence.source, name, inner.type) for name, inner in reversed(occurrence.columns)}
    return substitute(term, shared.get)


def column_of(source: str, name: str, type_: str) -> Term:
    """The variable that stands for a column of any row of a relation."""
    key = (source, name)
    if key not in _columns:
        _columns[key] = Var(f"{source}.{name}", type_)
    return _columns[key]


def settled_by(template: Template, occurrences: Iterable[Occurrence], store: Store) -> Iterator[tuple[Term, ...]]:
    """For each row at hand that says what a template asks: the terms of it that say so."""
    for occurrence in occurrences:
        if occurrence.source != template.source:
            continue
        if occurrence.marker is not None and not store.not_null(occurrence.marker):
            continue
        said = _said(template, dict(occurrence.columns), store)
        if said is not None:
            yield said


def _said(template: Template, mine: dict[str, Term], store: Store) -> tuple[Term, ...] | None:
    outside = {inner: mine[name] for name, inner in template.columns if name in mine}
    found: list[Term] = []
    for inner, outer in template.keys:
        term = substitute(inner, outside.get)
        if not store.equal(term, outer):
            return None
        found.append(term)
    keyed: dict[Term, Term] = {inner: NULL for inner, _ in template.keys}
    for condition in template.conditions:
        if not substitute(condition, keyed.get).leaves:
            # It holds of all rows with these key values or of none: then nothing is there in any case.
            continue
        term = substitute(condition, outside.get)
        if not follows(term, store):
            return None
        found.append(term)
    return tuple(found)


def follows(term: Term, store: Store) -> bool:
    """Whether a predicate is known to be TRUE."""
    if store.canon(term) in {store.canon(held) for held in store.holds}:
        return True
    if isinstance(term, App) and term.op == "and":
        return all(follows(arg, store) for arg in term.args)
    if isinstance(term, App) and term.op == "not" and isinstance(term.args[0], App) and term.args[0].op == "is_null":
        inner = term.args[0].args[0]
        return store.entails(NotNull(inner)) or store.entails(NotNull(store.canon(inner)))
    return False
