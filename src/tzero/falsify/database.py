"""A small random database that keeps every declaration, full of ties."""

from __future__ import annotations

from random import Random

from tzero.falsify.constraints import settle
from tzero.falsify.rows import RowMaker
from tzero.falsify.tables import Table
from tzero.falsify.values import Values
from tzero.falsify.world import Row, World

_TIES = (0.2, 0.4, 0.6)
_OWN, _DATED, _STATIC = (6, 14), (10, 34), (4, 12)


def random_world(values: Values, tables: tuple[Table, ...]) -> World:
    """A database of a few rows per relation."""
    world = World({table.name: {} for table in tables})
    maker = RowMaker(values, tables, world)
    for table in tables:
        rows = world.rows[table.name]
        ties = values.random.choice(_TIES)
        for _ in range(values.random.randrange(*_size(table))):
            row = maker.make(table)
            if row is not None:
                if rows and values.random.random() < ties:
                    _tie(table, row, values.random.choice(list(rows.values())))
                rows[world.number()] = row
        settle(table, rows, rows.keys(), rows.keys(), values.times)
        world.rows[table.name] = _shuffled(rows, values.random)
    return world


def _size(table: Table) -> tuple[int, int]:
    if table.own:
        return _OWN
    return _DATED if table.dated else _STATIC


def _tie(table: Table, row: Row, other: Row) -> None:
    """Let a row happen at the same time as another, to the same thing."""
    shared = {column for match in table.refers_to.values() for column in match.values()} - set(table.key)
    for column, type_ in table.kinds.items():
        dates = type_.is_time and column not in table.late_times and column not in table.relation.late
        if dates or column in shared:
            row[column] = other[column]


def _shuffled(rows: dict[int, Row], random: Random) -> dict[int, Row]:
    order = list(rows)
    random.shuffle(order)
    return {uid: rows[uid] for uid in order}
