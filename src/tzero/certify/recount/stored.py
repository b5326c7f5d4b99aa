"""Which statistics each stored relation of a deployment keeps."""

from __future__ import annotations

from dataclasses import dataclass

from tzero.compile import Deployment, Relation
from tzero.features.populations import Population
from tzero.features.statistics import Statistic


@dataclass(frozen=True, slots=True)
class Stored:
    """A relation, its statistics by their column, and all statistics of its population."""

    relation: Relation
    population: Population
    statistics: dict[str, Statistic]
    of_population: tuple[Statistic, ...]


def stored_relations(deployment: Deployment) -> tuple[Stored, ...]:
    declared = dict(deployment.view.statistics)
    found = []
    for relation in deployment.relations:
        kept = {name: declared[name] for name in relation.query.named_selects if name in declared}
        if relation.is_stored and kept:
            population = next(iter(kept.values())).population
            every = tuple(s for s in declared.values() if s.population == population)
            found.append(Stored(relation, population, kept, every))
    return tuple(found)


def by_own_keys(statistics: dict[str, Statistic]) -> dict[frozenset[str], dict[str, Statistic]]:
    """The statistics by the columns that their values depend on."""
    found: dict[frozenset[str], dict[str, Statistic]] = {}
    for name, statistic in statistics.items():
        found.setdefault(frozenset(statistic.own_keys), {})[name] = statistic
    return found
