"""Add rows at the cut or later: at the very instant and with the keys of a protected row, or with new ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tzero.falsify.mutations.scene import Mutation, Scene, any_dated
from tzero.falsify.rows import RowMaker
from tzero.falsify.tables import Table
from tzero.falsify.world import Row, World


def add(scene: Scene, world: World) -> None:
    for _ in added(scene, world):
        pass


def added(scene: Scene, world: World, *, below: bool = False) -> Iterator[tuple[Table, Row]]:
    """Add rows to every dated relation, and give each once it is there; ``below``: before all others by their keys."""
    maker = RowMaker(scene.values, scene.tables, world)
    for table in scene.tables:
        for _ in range(scene.random.randrange(1, 5 if table.own else 9) if table.dated else 0):
            row = _made(scene, world, maker, table, below)
            if row is not None:
                world.rows[table.name][world.number()] = row
                yield table, row


def _made(scene: Scene, world: World, maker: RowMaker, table: Table, below: bool) -> Row | None:
    floor = scene.cut.floor(table)
    near = _near(scene, world, table) if scene.random.random() < 0.6 else None
    at: datetime | None = floor if near is not None and scene.random.random() < 0.8 else None
    return maker.make(table, after=floor, at=at, near=near, below=below)


def _near(scene: Scene, world: World, table: Table) -> Row | None:
    """A protected row, whose keys a leak would have to share; without an own relation, any row."""
    kept = scene.kept_rows() or list(world.rows[table.name].values())
    return scene.random.choice(kept) if kept else None


ADD = Mutation("add", "rows arrive at T0 or later", any_dated, add)
