"""Rows of a world whose key the database has already, on a row that was not read: a key stands once, so they go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tzero.falsify.bench import cell
from tzero.falsify.rewrite import Rewriter, from_item
from tzero.falsify.tables import Table
from tzero.falsify.world import Change, World, changes
from tzero.sql.names import RelationName
from tzero.sql.render import quoted


def without_clashes(rewriter: Rewriter, world: World) -> World:
    """The world without added rows and new keys of changed rows that would make a declared key stand twice."""
    found = world.copy()
    touched = list(changes(rewriter.base, world))
    for table in rewriter.tables.values():
        for key in table.relation.keys:
            for change in _clashing(rewriter, table, key, [c for c in touched if c.relation == table.name]):
                if change.before is None:
                    found.rows[table.name].pop(change.uid, None)
                else:
                    found.rows[table.name][change.uid] = dict(change.before)
    return found


def _clashing(rewriter: Rewriter, table: Table, key: tuple[str, ...], touched: list[Change]) -> Iterator[Change]:
    new = [
        c for c in touched if c.after is not None and (c.before is None or _key(c.before, key) != _key(c.after, key))
    ]
    if not new:
        return
    tests = " OR ".join(f"({_is(rewriter, table, key, change.after or {})})" for change in new)
    columns = ", ".join(quoted(name, rewriter.engine.dialect) for name in key)
    source = from_item(rewriter.engine, RelationName.parse(table.name))
    there = {tuple(map(cell, row)) for row in rewriter.engine.rows(f"SELECT {columns} FROM {source} WHERE {tests}")}
    # keys of rows that were read are kept apart by whoever changes them
    there -= {_key(row, key) for row in rewriter.base.rows[table.name].values()}
    yield from (change for change in new if _key(change.after or {}, key) in there)


def _is(rewriter: Rewriter, table: Table, key: tuple[str, ...], row: Mapping[str, Any]) -> str:
    dialect = rewriter.engine.dialect
    return " AND ".join(f"{quoted(name, dialect)} = {rewriter.literal(table, name, row[name])}" for name in key)


def _key(row: Mapping[str, Any], key: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(cell(row[name]) for name in key)
