"""Remove rows of the future, and blank the values that were not yet known."""

from __future__ import annotations

from tzero.falsify.mutations.scene import Mutation, Scene, any_dated
from tzero.falsify.rows import set_late
from tzero.falsify.world import World


def remove(scene: Scene, world: World) -> None:
    share = scene.random.choice((0.5, 1.0, 1.0))
    for table, uid, _ in scene.free(world):
        if scene.random.random() < share:
            del world.rows[table.name][uid]
    for table in scene.tables:
        for row in world.rows[table.name].values():
            for time in table.late_times:
                late = time in table.relation.late and table.nullable(time) and scene.cut.is_late(table, row, time)
                if late and scene.random.random() < share:
                    set_late(table, row, time, None, scene.values)


REMOVE = Mutation("remove", "rows of the future are not there", any_dated, remove)
