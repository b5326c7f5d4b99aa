"""A world after a mutation, every declaration kept."""

from __future__ import annotations

from tzero.falsify.constraints import settle
from tzero.falsify.mutations.scene import Mutation, Scene
from tzero.falsify.world import World, changes


def mutated(mutation: Mutation, scene: Scene) -> World:
    """The scene's database as it is when the future turns out otherwise; the database itself stays as it is."""
    world = scene.world.copy()
    mutation.apply(scene, world)
    touched = list(changes(scene.world, world))
    for table in scene.tables:
        rows, old = world.rows[table.name], scene.world.rows[table.name]
        changed = [change.uid for change in touched if change.relation == table.name and change.uid in rows]
        movable = {uid for uid in changed if uid not in old or scene.cut.is_free(table, uid, old[uid])}
        settle(table, rows, changed, movable, scene.cut.times)
    return world
