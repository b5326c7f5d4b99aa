"""What a project declares: its feature views, and the upstream relations that tzero builds for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tzero.errors import DeclarationError, Place
from tzero.features.sources import Source
from tzero.features.versions import Versions, from_versions, versions_of
from tzero.features.views import FeatureView
from tzero.sql.names import RelationName
from tzero.state import schema


@dataclass(frozen=True, slots=True)
class Upstream:
    """A stored relation that the user defines by a query of his own and that tzero builds and refreshes."""

    relation: RelationName
    sql: str
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Declared:
    """Everything that is to be there. Views and upstream relations in the order in which they were written."""

    views: tuple[FeatureView, ...]
    upstream: tuple[Upstream, ...] = ()
    state_schema: str = schema.DEFAULT

    def __post_init__(self) -> None:
        views = tuple(from_versions(view, self.state_schema) for view in self.views)
        object.__setattr__(self, "views", views)
        _once((view.name, view.place) for view in self.views)
        _once((item.relation, item.place) for item in self.upstream)
        contracts: dict[str, FeatureView] = {}
        for view in self.views:
            if view.contract in contracts:
                raise DeclarationError(
                    f"{view.name} and {contracts[view.contract].name} have the same contract {view.contract!r}",
                    place=view.place,
                    fix="give one of them another contract=",
                )
            contracts[view.contract] = view

    @property
    def versions(self) -> tuple[Versions, ...]:
        """What is kept of the sources that keep their versions; the views read that instead of the sources."""
        return versions_of(self.views, self.state_schema)


def sources_of(view: FeatureView) -> tuple[Source, ...]:
    """Every source that a view reads: of its rows, of its populations, and what they look up."""
    rows = (view.rows, *(population.rows for population in view.populations))
    found = (source for item in rows for source in (item.source, *(lookup.source for lookup in item.lookups)))
    return tuple(dict.fromkeys(found))


def _once(named: Iterable[tuple[RelationName, Place]]) -> None:
    seen: dict[RelationName, Place] = {}
    for name, place in named:
        if name in seen:
            raise DeclarationError(f"{name} is declared twice, first at {seen[name]}", place=place, fix="rename one")
        seen[name] = place
