"""What a relation is made of: every relation of its closure, with its kind, columns and definition."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tzero.certify.subject import Subject
from tzero.engines.catalog import ColumnInfo, RelationKind
from tzero.engines.definitions import view_definition
from tzero.errors import MissingRelationError
from tzero.falsify.closure import Closure, closure_of
from tzero.sql.names import RelationName
from tzero.sql.render import reads_relations_alone, relations_of, render
from tzero.state import definition
from tzero.state.schema import StateSchema


@dataclass(frozen=True, slots=True)
class Link:
    """One relation. ``definition`` is the text as the database keeps it; as tzero built it, where it keeps none.

    Base relations, which hold rows of their own, have no definition and read nothing. ``closed``: it reads nothing but
    relations of this database.
    """

    name: RelationName
    kind: RelationKind
    columns: tuple[ColumnInfo, ...]
    definition: str | None
    reads: tuple[RelationName, ...]
    closed: bool = True

    @property
    def sha256(self) -> str | None:
        """Of the definition."""
        return None if self.definition is None else hashlib.sha256(self.definition.encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        return {
            "relation": str(self.name),
            "kind": self.kind.value,
            "columns": [{"name": column.name, "type": column.type} for column in self.columns],
            "sha256": self.sha256,
            "definition": self.definition,
            "reads": [str(name) for name in self.reads],
        }


@dataclass(frozen=True, slots=True)
class Lineage:
    """The links of a closure: base relations first, then each relation after those that it reads; the last one is
    the relation itself."""

    links: tuple[Link, ...]

    def __iter__(self) -> Iterator[Link]:
        return iter(self.links)

    @property
    def defined(self) -> tuple[Link, ...]:
        """Those that are made from others."""
        return tuple(link for link in self.links if link.definition is not None)

    @property
    def relation(self) -> Link:
        return self.links[-1]

    def of(self, name: RelationName) -> Link | None:
        return next((link for link in self.links if link.name == name), None)


def lineage_of(subject: Subject) -> Lineage:
    """The whole lineage of a subject, upstream relations included.

    Raises MissingRelationError where a relation of it is not there.
    """
    closure = closure_of(subject.engine, subject.relation, subject.views)
    names = [name for name in closure.bases if name != subject.relation]
    return Lineage((
        *(_base(subject, name) for name in names),
        *(_made(subject, closure, name) for name, _ in closure.views),
    ))  # fmt: skip


def _base(subject: Subject, name: RelationName) -> Link:
    described = subject.engine.describe(name)
    if described is None:
        raise MissingRelationError(f"there is no relation {name}", fix="build it, or correct the name")
    return Link(name, described.kind, described.columns, None, ())


def _made(subject: Subject, closure: Closure, name: RelationName) -> Link:
    described = subject.engine.describe(name)
    if described is None:
        raise MissingRelationError(f"{name} is not there", fix="run tzero apply")
    tree = dict(closure.views)[name]
    text = definition_text(subject.state, name)
    if text is None and name not in subject.views:
        return Link(name, described.kind, described.columns, None, ())
    shown = text if text is not None else render(tree, subject.engine.dialect, pretty=True)
    return Link(name, described.kind, described.columns, shown, relations_of(tree), reads_relations_alone(tree))


def definition_text(state: StateSchema, name: RelationName) -> str | None:
    """A definition as the database keeps it; the recorded one, where it keeps none (a table filled from a query)."""
    kept = view_definition(state.engine, name)
    if kept is not None:
        return kept
    recorded = definition.current(state).get(str(name))
    return None if recorded is None else recorded.text
