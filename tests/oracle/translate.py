"""A description of the oracle as declarations of tzero."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.oracle.description import (
    AsOfLookup,
    Coalesce,
    Computed,
    Derivation,
    KeyLookup,
    Population,
    Rename,
    Rows,
    Statistic,
    Store,
    Tables,
    Vocabulary,
)
from tzero.features import expressions, populations, rows, sources, statistics, views
from tzero.features.types import ColumnType, TableSchema
from tzero.sql.names import RelationName

BY_SEGMENT = ("count", "sum", "mean", "std", "min", "max", "first_seen", "time_since_last")


def feature_view(store: Store) -> views.FeatureView:
    declared = {population: _population(population) for population in store.populations}
    named: dict[str, Any] = {}
    for name, value in store.features:
        named[name] = (
            expressions.column(value) if isinstance(value, str) else _statistic(value, declared[value.population])
        )
    return views.FeatureView(store.name, _rows(store.rows), t0=store.t0, **named)


def catalog(tables: Tables) -> Mapping[RelationName, TableSchema]:
    """The types of every table, as an engine's catalog gives them."""
    return {
        RelationName.parse(name): {column: ColumnType.declared(kind) for column, kind in table.columns.items()}
        for name, table in tables.items()
    }


def _rows(description: Rows) -> rows.Rows:
    if description.is_spine:
        found = rows.Spine(description.table, key=description.key, time=description.time)
    else:
        found = rows.Events(
            description.table, key=description.key, time=description.time, known_at=description.known_at
        )
    for lookup in description.lookups:
        found = _by_key(found, lookup) if isinstance(lookup, KeyLookup) else _as_of(found, lookup)
    return found.derive(**{name: _expression(value) for name, value in description.derived})


def _by_key(found: rows.Rows, lookup: KeyLookup) -> rows.Rows:
    entity = sources.Entity(
        lookup.table, key=tuple(key for _, key in lookup.on), known_at=lookup.known_at, sla=lookup.sla
    )
    return found.lookup(entity, on=dict(lookup.on))


def _as_of(found: rows.Rows, lookup: AsOfLookup) -> rows.Rows:
    history = sources.History(lookup.table, key=lookup.key, time=lookup.time, known_at=lookup.known_at)
    ties: Any = "refuse" if lookup.ties is None else lookup.ties
    return found.lookup_as_of(history, on=dict(lookup.on), ties=ties, max_age=lookup.max_age)


def _expression(value: Derivation) -> expressions.Expression:
    if isinstance(value, Vocabulary):
        return expressions.vocabulary(value.column, value.domain, missing=value.missing, other=value.other)
    if isinstance(value, Coalesce):
        return expressions.expr("coalesce(" + ", ".join(quoted(name) for name in value.columns) + ")")
    if isinstance(value, Rename):
        return expressions.column(value.column)
    assert isinstance(value, Computed)
    return expressions.expr(value.sql)


def quoted(name: str) -> str:
    return ".".join(f'"{part}"' for part in name.split("."))


def literal(value: Any) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value)


def _population(description: Population) -> populations.Population:
    where = None
    if description.where is not None:
        column, value = quoted(description.where.column), description.where.value
        where = f"{column} IS NOT NULL" if value is None else f"{column} = {literal(value)}"
    found = _rows(description.rows)
    if description.zone is None:
        return found.before_instant(where=where, lag=description.lag, into=description.name)
    return found.before_day(
        zone=description.zone, where=where, lag=description.lag, grid=description.grid, into=description.name
    )


def _statistic(description: Statistic, population: populations.Population) -> statistics.Statistic:
    options: dict[str, Any] = {"known_at": description.known_at}
    if description.kind != "first_seen":
        options["window"] = description.window
    if description.kind in BY_SEGMENT:
        options["by"] = description.segment
    else:
        options["within"] = description.segment
        options["of"] = description.category
    if description.kind in ("sum", "mean", "std", "min", "max"):
        options["of"] = description.value
    if description.kind in ("sum", "mean", "std"):
        options["scale"] = description.scale
    if description.kind in ("share", "rarity"):
        options |= {"alpha": description.alpha, "k": description.k}
    if description.kind == "share_of":
        options |= {"of": description.category[0], "value": description.constant}
    method = getattr(population, description.kind)
    found: statistics.Statistic = method(**options)
    return found
