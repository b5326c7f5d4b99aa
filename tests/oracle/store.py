"""The relations of a store, row by row: the entrypoint, and the statistics of each population."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import product
from typing import Any

from tests.oracle.clock import Time, moment
from tests.oracle.description import Population, Row, Statistic, Store, Tables
from tests.oracle.rows import own_rows
from tests.oracle.statistics import value_of

ANCHOR = "anchor"


def entrypoint(store: Store, tables: Tables) -> list[Row]:
    """One row per own row: its key, its T0, its features."""
    events = {population: own_rows(population.rows, tables) for population in store.populations}
    found = []
    for own in own_rows(store.rows, tables):
        row = {name: own[name] for name in store.rows.key}
        if store.t0 is not None:
            row[store.t0] = own[store.rows.time]
        for name, value in store.features:
            row[name] = own[value] if isinstance(value, str) else _statistic(value, own, store, events)
        found.append(row)
    return found


def _statistic(statistic: Statistic, own: Row, store: Store, events: dict[Population, list[Row]]) -> Any:
    anchor = moment(own[store.rows.time], statistic.population.zone)
    return value_of(statistic, own, anchor, events[statistic.population])


def statistics_relation(
    store: Store, population: Population, names: Collection[str], keys: tuple[str, ...], tables: Tables
) -> list[Row]:
    """One row per anchor (column ``anchor``) and combination of ``keys``, with the statistics called ``names``."""
    statistics = {name: value for name, value in store.statistics_of(population) if name in names}
    rows, events = own_rows(store.rows, tables), own_rows(population.rows, tables)
    found = []
    for anchor, own in _grid(store, population, _categories(store, population, statistics, keys), keys, rows, events):
        row = {ANCHOR: anchor, **own}
        for name, statistic in statistics.items():
            row[name] = value_of(statistic, own, anchor, events)
        found.append(row)
    return found


def _categories(
    store: Store, population: Population, statistics: dict[str, Statistic], keys: tuple[str, ...]
) -> tuple[str, ...]:
    """The keys that are filled from a vocabulary: those that have one, that some statistic is of, and none is within.

    A vocabulary that lacks values of the rows' own does not count.
    """
    own, theirs = store.rows.vocabularies, population.rows.vocabularies
    closed = {name for name in theirs if name in own and set(own[name]) <= set(theirs[name])}
    of = {name for statistic in statistics.values() for name in statistic.category}
    within = {name for statistic in statistics.values() if statistic.category for name in statistic.segment}
    return tuple(name for name in keys if name in (of - within) & closed)


def _grid(
    store: Store,
    population: Population,
    categories: tuple[str, ...],
    keys: tuple[str, ...],
    rows: list[Row],
    events: list[Row],
) -> list[tuple[Time, Row]]:
    at = [(moment(row[store.rows.time], population.zone), row) for row in rows]
    if population.grid == "observed":
        return _unique((anchor, {name: row[name] for name in keys}) for anchor, row in at if _has(row, keys))
    segments = tuple(name for name in keys if name not in categories)
    seen = at + [(moment(event[population.rows.time], population.zone), event) for event in events]
    domains = [population.rows.vocabularies[name] for name in categories]
    return _unique(
        (anchor, _filled(row, keys, dict(zip(categories, values, strict=True))))
        for anchor, _ in at
        for when, row in seen
        if _has(row, segments) and (population.grid == "full" or when <= anchor)
        for values in product(*domains)
    )


def _filled(row: Row, keys: tuple[str, ...], categories: Row) -> Row:
    return {name: categories[name] if name in categories else row[name] for name in keys}


def _has(row: Row, names: tuple[str, ...]) -> bool:
    return all(row[name] is not None for name in names)


def _unique(found: Iterable[tuple[Time, Row]]) -> list[tuple[Time, Row]]:
    return list({(anchor, *sorted(keys.items())): (anchor, keys) for anchor, keys in found}.values())
