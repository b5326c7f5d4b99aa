"""Add rows that hold what no row has yet: a segment or a category that is first seen at the cut or later."""

from __future__ import annotations

from tzero.falsify.mutations.add import added
from tzero.falsify.mutations.scene import Mutation, Scene, any_dated
from tzero.falsify.tables import Table
from tzero.falsify.world import World


def novel(scene: Scene, world: World) -> None:
    for table, row in added(scene, world):
        columns = _open(table)
        for column in scene.random.sample(columns, scene.random.randint(1, len(columns))) if columns else ():
            row[column] = scene.values.novel(table, column)


def _open(table: Table) -> list[str]:
    """Columns that say what a row is like, not which one it is or when, and not how much."""
    refers = {column for match in table.refers_to.values() for column in match.values()}
    fixed = {*table.key, *refers, *table.relation.monotone, *table.relation.late}
    unique = {column for columns in table.relation.unique for column in columns}
    likes = [column for column, type_ in table.kinds.items() if type_.kind in ("text", "integer", "bigint")]
    return [column for column in likes if column not in fixed | unique]


NOVEL = Mutation("novel", "segments and categories are first seen at T0 or later", any_dated, novel)
