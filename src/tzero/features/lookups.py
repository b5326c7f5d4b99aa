"""Lookups: attributes by key, and the last known row of a history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from tzero.errors import DeclarationError, Place
from tzero.features.sources import Names, Role, Source, names_of

Ties = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lookup:
    """How the rows reach a source: ``on`` pairs (own column, source column)."""

    source: Source
    on: tuple[tuple[str, str], ...]
    name: str
    ties: tuple[str, ...] | None = None
    max_age: timedelta | None = None
    place: Place = field(default=Place("?", 0), compare=False)

    @classmethod
    def by_key(cls, entity: Source, on: Mapping[str, str] | None, name: str | None, place: Place) -> Lookup:
        pairs = tuple(on.items()) if on is not None else tuple((key, key) for key in entity.key)
        if sorted(right for _, right in pairs) != sorted(entity.key):
            raise DeclarationError(
                f"the lookup of {entity} must use its whole key ({', '.join(entity.key)})",
                place=place,
                fix="map every key column once: on={'own column': 'key column'}",
            )
        return cls(entity, pairs, name or entity.relation.name, place=place)

    @classmethod
    def as_of(
        cls,
        history: Source,
        on: Names | Mapping[str, str],
        ties: Ties,
        max_age: timedelta | None,
        name: str | None,
        place: Place,
    ) -> Lookup:
        pairs = tuple(on.items()) if isinstance(on, Mapping) else tuple((key, key) for key in names_of(on))
        if not pairs:
            raise DeclarationError(
                f"the lookup joins {history} on nothing", place=place, fix="name a column that both have in on="
            )
        for _, column in pairs:
            history.check_column(column, place)
        if isinstance(ties, str):
            if ties != "refuse":
                raise DeclarationError(
                    f"unknown rule for ties: {ties!r}", place=place, fix='use "refuse", or a tuple of columns'
                )
            order = None
        else:
            order = tuple(ties)
            for column in order:
                history.check_column(column, place)
        return cls(history, pairs, name or history.relation.name, order, max_age, place)

    @property
    def is_as_of(self) -> bool:
        return self.source.role is Role.HISTORY
