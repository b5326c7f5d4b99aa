"""Which statistics share a relation: those with the same key columns, or with fewer where the others are never NULL."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from tzero.features.populations import Population
from tzero.features.statistics import Statistic
from tzero.features.views import FeatureView
from tzero.sql.names import RelationName

_LONGEST = 63
_INDEX_PREFIX = "ux_"
_STORED_SUFFIX = "_mv"


@dataclass(frozen=True, slots=True)
class Group:
    """Statistics of one population that are kept in one relation, keyed by the anchor and ``keys``.

    ``closed`` are the columns whose own values are all in the population's vocabulary.
    """

    relation: RelationName
    index: str
    population: Population
    keys: tuple[str, ...]
    statistics: tuple[tuple[str, Statistic], ...]
    closed: frozenset[str]

    @property
    def categories(self) -> tuple[str, ...]:
        """The key columns that are filled from a vocabulary: those that statistics are *of*, and never *within*."""
        of = {name for _, statistic in self.statistics for name in statistic.category}
        within = {name for _, statistic in self.statistics if statistic.category for name in statistic.segment}
        return tuple(name for name in self.keys if name in (of - within) & self.closed)

    @property
    def segments(self) -> tuple[str, ...]:
        return tuple(name for name in self.keys if name not in self.categories)


def groups_of(view: FeatureView, never_null: Callable[[str], bool]) -> tuple[Group, ...]:
    """The groups of a view, in the order of their first feature; ``never_null`` tells of the rows' columns."""
    found: list[Group] = []
    for population in view.populations:
        statistics = [(name, s) for name, s in view.statistics if s.population == population]
        hosts = _hosts([frozenset(s.own_keys) for _, s in statistics], never_null)
        for number, host in enumerate(dict.fromkeys(hosts)):
            members = tuple(item for item, at in zip(statistics, hosts, strict=True) if at == host)
            keys = _ordered(members, host)
            relation = _relation(view.statistics_relation(population), keys, first=number == 0)
            index = population.index if population.index and number == 0 else _index(relation)
            found.append(Group(relation, index, population, keys, members, _closed(view, population)))
    return tuple(found)


def _closed(view: FeatureView, population: Population) -> frozenset[str]:
    """A row whose value is not in the population's vocabulary would find nothing in a grid of that vocabulary."""
    own = view.rows.domains
    theirs = population.rows.domains
    return frozenset(name for name, domain in theirs.items() if name in own and set(own[name]) <= set(domain))


def _hosts(sets: list[frozenset[str]], never_null: Callable[[str], bool]) -> list[frozenset[str]]:
    def host(own: frozenset[str]) -> frozenset[str]:
        wider = [other for other in sets if own < other and all(never_null(name) for name in other - own)]
        return max(wider, key=len, default=own)

    return [host(own) for own in sets]


def _ordered(members: tuple[tuple[str, Statistic], ...], keys: frozenset[str]) -> tuple[str, ...]:
    segments = [name for _, statistic in members for name in statistic.segment if name in keys]
    categories = [name for _, statistic in members for name in statistic.category if name in keys]
    return tuple(dict.fromkeys([*(name for name in segments if name not in categories), *segments, *categories]))


def _relation(main: RelationName, keys: tuple[str, ...], *, first: bool) -> RelationName:
    if first:
        return main
    name = f"{main.name}_by_{'_'.join(keys)}" if keys else f"{main.name}_overall"
    return RelationName.own(str(RelationName(main.schema, _fitted(name))))


def _index(relation: RelationName) -> str:
    return _fitted(_INDEX_PREFIX + relation.name.removesuffix(_STORED_SUFFIX))


def _fitted(name: str) -> str:
    """The name, or its head and a digest where it is too long for every engine."""
    plain = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter == "_") else "_" for letter in name.lower()
    )
    if plain == name and len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{plain[: _LONGEST - 9]}_{digest}"
