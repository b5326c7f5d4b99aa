"""The relations that tzero owns: what the declarations make, for one engine."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tzero.compile import Deployment, Relation
from tzero.engines.base import Engine
from tzero.engines.catalog import RelationKind, Statement, StoredRelation
from tzero.errors import DeclarationError, Place
from tzero.features.places import placed
from tzero.refresh.declared import Upstream
from tzero.refresh.steps import Change
from tzero.sql.names import RelationName
from tzero.sql.parse import parse_one
from tzero.sql.render import Tree, reads_files, relations_of, render
from tzero.state.definition import Definition

UPSTREAM, VERSIONS, FIRST = "upstream", "versions", "first versions"


@dataclass(frozen=True, slots=True)
class OwnRelation:
    """A relation that tzero creates. ``stored`` ones keep rows and are refreshed; the others are views."""

    name: RelationName
    role: str
    tree: Tree
    definition: Definition
    key: tuple[str, ...]
    index: str | None
    stored: bool
    reads: tuple[RelationName, ...]
    place: Place

    @property
    def renewed_by(self) -> Change:
        return Change.REFRESH

    def is_kind(self, kind: RelationKind) -> bool:
        return (kind is not RelationKind.VIEW) if self.stored else (kind is RelationKind.VIEW)

    def creation(self, engine: Engine, rebuilt: Collection[RelationName]) -> tuple[Statement, ...]:
        if self.stored:
            return engine.stored_statements(self._stored(), rebuilt)
        return engine.view_statements(self.name, self.definition.created_sql, rebuilt)

    def renewal(self, engine: Engine) -> tuple[Statement, ...]:
        return engine.refresh_statements(self._stored())

    def _stored(self) -> StoredRelation:
        return StoredRelation(self.name, self.definition.created_sql, self.key, self.index)


def of_deployment(deployment: Deployment, engine: Engine) -> tuple[OwnRelation, ...]:
    return tuple(_compiled(relation, deployment.view.place, engine) for relation in deployment.relations)


def of_upstream(
    declared: Iterable[Upstream], keys: Mapping[RelationName, tuple[str, ...]], engine: Engine
) -> tuple[OwnRelation, ...]:
    """The upstream relations in an order in which each comes after those that it reads; ``keys`` as views declare."""
    found = [_upstream(item, keys.get(item.relation, ()), engine) for item in declared]
    return _ordered(found)


def _compiled(relation: Relation, place: Place, engine: Engine) -> OwnRelation:
    text = render(relation.query, engine.dialect, pretty=True)
    created = engine.render(relation.query) if reads_files(relation.query) else text
    definition = Definition(str(relation.name), relation.role.value, text, created)
    return OwnRelation(
        relation.name,
        relation.role.value,
        relation.query,
        definition,
        relation.key,
        relation.index,
        relation.is_stored,
        relation.reads,
        place,
    )


def _upstream(item: Upstream, declared_key: tuple[str, ...], engine: Engine) -> OwnRelation:
    # the user's text goes to the engine as it is written, unless it names data files by a relative path
    text = item.sql.strip().rstrip(";").rstrip()
    with placed(item.place):
        tree = parse_one(text, engine.dialect)
        created = engine.render(tree) if reads_files(tree) else text
    definition = Definition(str(item.relation), UPSTREAM, text, created)
    # elsewhere the checks of the sources say more of a key that repeats than the engine would
    key = declared_key if engine.refreshes_by_key else ()
    return OwnRelation(item.relation, UPSTREAM, tree, definition, key, None, True, relations_of(tree), item.place)


def _ordered(relations: list[OwnRelation]) -> tuple[OwnRelation, ...]:
    names = {relation.name for relation in relations}
    done: dict[RelationName, OwnRelation] = {}
    waiting = relations
    while waiting:
        ready = [item for item in waiting if not (names & set(item.reads)) - set(done)]
        if not ready:
            circle = ", ".join(str(item.name) for item in waiting)
            raise DeclarationError(f"upstream relations read each other in a circle: {circle}", place=waiting[0].place)
        done |= {item.name: item for item in ready}
        waiting = [item for item in waiting if item.name not in done]
    return tuple(done.values())
