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
_SPARSE, _FEW = 0.15, (1, 4)
"""So often a relation has next to no rows: what is the first of all, or the only one, is seen among few."""
_LARGE, _MOST_TIMES = 2_000, 5
"""Of a query with so many nodes planning costs more than rows do: its databases are larger, up to so many times."""


def random_world(values: Values, tables: tuple[Table, ...]) -> World:
    """A database of a few rows per relation; now and then of as many as the query counts to, all about the same."""
    world = World({table.name: {} for table in tables})
    maker = RowMaker(values, tables, world)
    for table in tables:
        rows = world.rows[table.name]
        ties = values.random.choice(_TIES)
        for _ in range(_size(table, values)):
            row = maker.make(table)
            if row is not None:
                if rows and values.random.random() < ties:
                    _tie(table, row, values.random.choice(list(rows.values())))
                    maker.date_late_values(table, row)
                rows[world.number()] = row
        settle(table, rows, rows.keys(), rows.keys(), values.times)
        world.rows[table.name] = _shuffled(rows, values.random)
    return world


def _size(table: Table, values: Values) -> int:
    """How many rows; in a crowd, a few more or less than twice what the query counts to; now and then hardly any."""
    low, high = _OWN if table.own else _DATED if table.dated else _STATIC
    times = min(1 + values.literals.nodes // _LARGE, _MOST_TIMES)
    if not values.crowd and values.random.random() < _SPARSE:
        return values.random.randrange(*_FEW) + table.own
    usual = values.random.randrange(low, high) * times
    return max(usual, values.random.randrange(values.crowd, 2 * values.crowd + low)) if values.crowd else usual


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
