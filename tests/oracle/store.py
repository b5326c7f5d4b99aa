"""The relations of a store, row by row: the entrypoint, and the statistics of each population."""

from __future__ import annotations

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


def statistics_relation(store: Store, population: Population, tables: Tables) -> list[Row]:
    """One row per anchor (column ``anchor``) and combination of keys, with the statistics of the population."""
    rows, events = own_rows(store.rows, tables), own_rows(population.rows, tables)
    found = []
    for anchor, keys in _grid(store, population, rows, events):
        row = {ANCHOR: anchor, **keys}
        for name, statistic in store.statistics_of(population):
            row[name] = value_of(statistic, keys, anchor, events)
        found.append(row)
    return found


def key_columns(store: Store, population: Population) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The segment columns and the category columns of a statistics relation, in the order of their first use."""
    statistics = [statistic for _, statistic in store.statistics_of(population)]
    segments = {name for statistic in statistics for name in statistic.segment}
    vocabularies = population.rows.vocabularies
    used = list(dict.fromkeys(name for statistic in statistics for name in (*statistic.segment, *statistic.category)))
    categories = tuple(name for name in used if name in vocabularies and name not in segments)
    return tuple(name for name in used if name not in categories), categories


def _grid(store: Store, population: Population, rows: list[Row], events: list[Row]) -> list[tuple[Time, Row]]:
    segment, category = key_columns(store, population)
    at = [(moment(row[store.rows.time], population.zone), row) for row in rows]
    if population.grid == "observed":
        used = {
            (anchor, *(row[name] for name in (*segment, *category)))
            for anchor, row in at
            if all(row[name] is not None for name in (*segment, *category))
        }
        return [(anchor, dict(zip((*segment, *category), values, strict=True))) for anchor, *values in used]
    seen = at + [(moment(event[population.rows.time], population.zone), event) for event in events]
    found = set()
    domains = [population.rows.vocabularies[name] for name in category]
    for anchor in {anchor for anchor, _ in at}:
        for when, row in seen:
            own = tuple(row[name] for name in segment)
            if None not in own and (population.grid == "full" or when <= anchor):
                found |= {(anchor, *own, *values) for values in product(*domains)}
    return [(anchor, dict(zip((*segment, *category), values, strict=True))) for anchor, *values in found]
