"""Overwrite mutable columns in place, of rows of any age."""

from __future__ import annotations

from typing import Any

from tzero.falsify.mutations.scene import Mutation, Scene
from tzero.falsify.tables import Table
from tzero.falsify.world import World


def edit(scene: Scene, world: World) -> None:
    for table in scene.tables:
        columns = sorted(table.relation.mutable)
        for row in world.rows[table.name].values():
            if columns and scene.random.random() < 0.4:
                for column in columns:
                    row[column] = _value(scene, table, column)


def _value(scene: Scene, table: Table, column: str) -> Any:
    if table.is_time(column):
        return scene.values.time(table.kinds[column].kind, scene.cut.floor(table))
    return scene.values.value(table, column, new=True)


def has_mutable(tables: tuple[Table, ...]) -> bool:
    return any(table.relation.mutable for table in tables)


EDIT = Mutation("edit", "mutable columns are overwritten in place", has_mutable, edit)
