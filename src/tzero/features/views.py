"""Feature views: what is deployed under one name and one contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, field, replace

from tzero.errors import DeclarationError, Place
from tzero.features.expressions import Expression, Feature
from tzero.features.places import here, placed
from tzero.features.populations import Population
from tzero.features.rows import Rows
from tzero.features.statistics import Statistic
from tzero.sql.names import RelationName, own_identifier

Value = Expression | Statistic


@dataclass(frozen=True, slots=True, init=False)
class FeatureView:
    """A relation with one row per own row: its key, its T0, then the features in the order they are given.

    ``name`` is the relation that is created, ``contract`` the name of its feature set (default: the relation's bare
    name), ``t0`` the column that shows T0 (None leaves it out).

    >>> from tzero.features.rows import Events
    >>> listings = Events("shop.listings", key="listing_id", time="listed_at")
    >>> before = listings.before_day(zone="UTC")
    >>> view = FeatureView("shop.listing_features", listings, brand_n=before.count("brand"))
    >>> view.columns
    ('listing_id', 't0', 'brand_n')
    """

    name: RelationName
    rows: Rows
    features: tuple[tuple[str, Value], ...]
    contract: str
    t0: str | None
    place: Place = field(compare=False)

    def __init__(
        self,
        name: str,
        rows: Rows,
        *features: Feature,
        contract: str | None = None,
        t0: str | None = "t0",
        **named: Value,
    ) -> None:
        place = here()
        with placed(place):
            relation = RelationName.own(name)
            pairs = (*((feature.name, feature.value) for feature in features), *named.items())
            for attribute, value in (
                ("name", relation),
                ("rows", rows),
                ("features", pairs),
                ("contract", own_identifier(contract or relation.name, "contract")),
                ("t0", t0 if t0 is None else own_identifier(t0, "T0 column")),
                ("place", place),
            ):
                object.__setattr__(self, attribute, value)
            self._check()

    def recast(self, change: Callable[[Rows], Rows], counted: Callable[[Rows], Rows]) -> FeatureView:
        """The same view over other rows: its own by ``change``, those of its populations by ``counted``."""
        found = copy(self)
        object.__setattr__(found, "rows", change(self.rows))
        object.__setattr__(found, "features", tuple((name, _over(value, counted)) for name, value in self.features))
        return found

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the view, in order."""
        return (*self.rows.source.key, *((self.t0,) if self.t0 else ()), *(name for name, _ in self.features))

    @property
    def statistics(self) -> Iterator[tuple[str, Statistic]]:
        return ((name, value) for name, value in self.features if isinstance(value, Statistic))

    @property
    def populations(self) -> tuple[Population, ...]:
        """The populations whose statistics are features, in the order of their first use."""
        return tuple(dict.fromkeys(value.population for _, value in self.statistics))

    @property
    def base_relation(self) -> RelationName:
        return self.rows.relation or self.name.sibling("_base")

    def statistics_relation(self, population: Population) -> RelationName:
        """Where the statistics of a population are kept."""
        if population.into is not None:
            return population.into
        position = self.populations.index(population)
        return self.name.sibling("_stats" if position == 0 else f"_stats_{position + 1}")

    def _check(self) -> None:
        if not self.features:
            raise DeclarationError(f"{self.name} has no features", fix="declare at least one")
        seen: set[str] = set()
        for name in self.columns:
            if name in seen:
                raise DeclarationError(f"{self.name} has two columns {name!r}", fix="every column needs its own name")
            seen.add(name)
        for name, value in self.features:
            own_identifier(name, "feature")
            if not isinstance(value, (Expression, Statistic)):
                raise DeclarationError(
                    f"feature {name!r} is a {type(value).__name__}",
                    fix="use column(...), expr(...), or a statistic such as before.count(...)",
                )
        relations = [self.name, self.base_relation, *(self.statistics_relation(p) for p in self.populations)]
        for relation in relations:
            if relations.count(relation) > 1:
                raise DeclarationError(
                    f"{self.name} would create {relation} twice", fix="give each population its own into="
                )


def _over(value: Value, counted: Callable[[Rows], Rows]) -> Value:
    if isinstance(value, Expression):
        return value
    population = value.population
    return replace(value, population=replace(population, rows=counted(population.rows)))
