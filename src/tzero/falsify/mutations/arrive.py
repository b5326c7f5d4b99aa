"""Add rows that happened before T0 and became known at it or later."""

from __future__ import annotations

from tzero.falsify.mutations.scene import Mutation, Scene
from tzero.falsify.rows import RowMaker
from tzero.falsify.tables import Table
from tzero.falsify.values import hours
from tzero.falsify.world import Row, World

_EARLIER = (0.5, 6, 24, 48, 96)


def arrive(scene: Scene, world: World) -> None:
    maker = RowMaker(scene.values, scene.tables, world)
    for table in scene.tables:
        if not _arrives(table):
            continue
        for _ in range(scene.random.randrange(2, 6)):
            kept = scene.kept_rows()
            near = scene.random.choice(kept) if kept and scene.random.random() < 0.6 else None
            row = maker.make(table, after=scene.cut.floor(table), near=near)
            if row is not None:
                _happen_before(scene, table, row)
                world.rows[table.name][world.number()] = row


def _happen_before(scene: Scene, table: Table, row: Row) -> None:
    moment = scene.cut.moment - hours(scene.random.choice(_EARLIER))
    for column, type_ in table.kinds.items():
        if type_.is_time and column != table.known and row[column] is not None and column not in table.late_times:
            row[column] = scene.values.times.written(type_.kind, moment)


def _arrives(table: Table) -> bool:
    return table.dated and table.relation.time is not None and table.relation.time != table.known


ARRIVE = Mutation(
    "arrive", "rows of the past become known late", lambda tables: any(_arrives(table) for table in tables), arrive
)
