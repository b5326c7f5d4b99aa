"""Let values that were not yet known at T0 become known otherwise, or never."""

from __future__ import annotations

from datetime import datetime

from tzero.falsify.mutations.scene import Mutation, Scene
from tzero.falsify.rows import set_late
from tzero.falsify.tables import Table
from tzero.falsify.world import Row, World


def late(scene: Scene, world: World) -> None:
    for table in scene.tables:
        for row in world.rows[table.name].values():
            for time in table.late_times:
                if scene.cut.is_late(table, row, time) and scene.random.random() < 0.7:
                    _change(scene, table, row, time)


def _change(scene: Scene, table: Table, row: Row, time: str) -> None:
    if time not in table.relation.late:
        # the time itself was known with the row: only the values that it dates are open
        if row[time] is not None:
            set_late(table, row, time, row[time], scene.values)
        return
    if row[time] is not None and table.nullable(time) and scene.random.random() < 0.4:
        set_late(table, row, time, None, scene.values)
        return
    moment = _later(scene, table, row)
    set_late(table, row, time, scene.values.times.written(table.kinds[time].kind, moment), scene.values)


def _later(scene: Scene, table: Table, row: Row) -> datetime:
    """At the cut or later; where it can be, as long after the row's own time as the query says."""
    floor, known = scene.cut.floor(table), table.known_at(row, scene.cut.times)
    if scene.random.random() < 0.4:
        return floor
    gap = scene.values.gap() if known is not None and scene.random.random() < 0.4 else None
    after: datetime | None = known + gap if known is not None and gap is not None else None
    return after if after is not None and after >= floor else scene.values.moment(floor)


def has_late(tables: tuple[Table, ...]) -> bool:
    return any(table.relation.late for table in tables)


LATE = Mutation("late", "values become known at another time, or never", has_late, late)
