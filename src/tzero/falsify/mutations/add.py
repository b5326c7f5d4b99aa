"""Add rows at the cut or later: at the very instant and with the keys of a protected row, or with new ones."""

from __future__ import annotations

from datetime import datetime

from tzero.falsify.mutations.scene import Mutation, Scene, any_dated
from tzero.falsify.rows import RowMaker
from tzero.falsify.tables import Table
from tzero.falsify.world import Row, World


def add(scene: Scene, world: World) -> None:
    maker = RowMaker(scene.values, scene.tables, world)
    for table in scene.tables:
        if table.dated:
            for _ in range(scene.random.randrange(1, 5 if table.own else 9)):
                _add(scene, world, maker, table)


def _add(scene: Scene, world: World, maker: RowMaker, table: Table) -> None:
    floor = scene.cut.floor(table)
    near = _near(scene, world, table) if scene.random.random() < 0.6 else None
    at: datetime | None = floor if near is not None and scene.random.random() < 0.8 else None
    row = maker.make(table, after=floor, at=at, near=near)
    if row is not None:
        world.rows[table.name][world.number()] = row


def _near(scene: Scene, world: World, table: Table) -> Row | None:
    """A protected row, whose keys a leak would have to share; without an own relation, any row."""
    kept = scene.kept_rows() or list(world.rows[table.name].values())
    return scene.random.choice(kept) if kept else None


ADD = Mutation("add", "rows arrive at T0 or later", any_dated, add)
