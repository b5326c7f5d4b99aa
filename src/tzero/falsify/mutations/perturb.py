"""Change rows of the future: values, references, times."""

from __future__ import annotations

from tzero.falsify.mutations.scene import Mutation, Scene, any_dated
from tzero.falsify.rows import RowMaker
from tzero.falsify.world import World


def perturb(scene: Scene, world: World) -> None:
    maker = RowMaker(scene.values, scene.tables, scene.world)
    for table, uid, row in scene.free(world):
        if scene.random.random() >= 0.8:
            continue
        made = maker.make(table, after=scene.cut.floor(table))
        if made is not None:
            keyed = {column: row[column] for column in table.key}
            world.rows[table.name][uid] = made | keyed


PERTURB = Mutation("perturb", "rows of the future hold other values", any_dated, perturb)
