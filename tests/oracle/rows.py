"""The rows that get features: a table, its lookups, its derived columns."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.oracle.clock import Time, instant
from tests.oracle.description import (
    AsOfLookup,
    Coalesce,
    Computed,
    Derivation,
    KeyLookup,
    Rename,
    Row,
    Rows,
    Table,
    Tables,
)


def own_rows(rows: Rows, tables: Tables) -> list[Row]:
    """Every row that has a time; a looked-up column is there as ``table.column``, and bare if the name is free."""
    return [_extended(row, rows, tables) for row in tables[rows.table].rows if row[rows.time] is not None]


def _extended(row: Row, rows: Rows, tables: Tables) -> Row:
    t0 = instant(row[rows.time])
    found = dict(row)
    found.update({f"{rows.table}.{name}": value for name, value in row.items()})
    for lookup in rows.lookups:
        for name, value in _looked_up(row, t0, lookup, tables).items():
            found[f"{lookup.table}.{name}"] = value
            found.setdefault(name, value)
    for name, derivation in rows.derived:
        found[name] = _derived(derivation, found)
    return found


def _looked_up(row: Row, t0: Time, lookup: KeyLookup | AsOfLookup, tables: Tables) -> Row:
    if isinstance(lookup, AsOfLookup):
        return _last_known(row, t0, lookup, tables)
    return _by_key(row, t0, lookup, tables)


def _by_key(row: Row, t0: Time, lookup: KeyLookup, tables: Tables) -> Row:
    for other in tables[lookup.table].rows:
        if _matches(row, other, lookup.on) and _is_known(other, t0, lookup):
            return other
    return _nothing(tables[lookup.table])


def _is_known(other: Row, t0: Time, lookup: KeyLookup) -> bool:
    if lookup.known_at is None:
        return True
    known = other[lookup.known_at]
    return known is not None and instant(known) < t0 + (lookup.sla or timedelta(0))


def _last_known(row: Row, t0: Time, lookup: AsOfLookup, tables: Tables) -> Row:
    candidates = []
    for other in tables[lookup.table].rows:
        times = [other[lookup.time]] + ([other[lookup.known_at]] if lookup.known_at else [])
        if not _matches(row, other, lookup.on) or None in times:
            continue
        too_old = lookup.max_age is not None and instant(other[lookup.time]) < t0 - lookup.max_age
        if max(instant(time) for time in times) < t0 and not too_old:
            candidates.append(other)
    if not candidates:
        return _nothing(tables[lookup.table])
    order = (*(lookup.ties or ()), *lookup.key)
    return max(candidates, key=lambda one: (instant(one[lookup.time]), [_null_least(one[name]) for name in order]))


def _null_least(value: Any) -> tuple[Any, ...]:
    return () if value is None else (value,)


def _matches(row: Row, other: Row, on: tuple[tuple[str, str], ...]) -> bool:
    return all(row[own] is not None and row[own] == other[theirs] for own, theirs in on)


def _nothing(table: Table) -> Row:
    return dict.fromkeys(table.columns)


def _derived(derivation: Derivation, row: Row) -> Any:
    if isinstance(derivation, Computed):
        return derivation.function(row)
    if isinstance(derivation, Rename):
        return row[derivation.column]
    if isinstance(derivation, Coalesce):
        values = [row[name] for name in derivation.columns]
        return next((value for value in values if value is not None), None)
    value = row[derivation.column]
    if derivation.missing is None and value is None:
        return None
    if derivation.missing is not None and value in (None, "", derivation.missing):
        return derivation.missing
    return value if value in derivation.domain else derivation.other
