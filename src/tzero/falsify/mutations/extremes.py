"""Let rows of the future hold NULLs, infinities, and times without end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tzero.falsify.mutations.scene import Mutation, Scene, any_dated
from tzero.falsify.tables import Table
from tzero.falsify.world import Row, World

_FLOATS = (float("inf"), float("-inf"), float("nan"))
_LAST = datetime(9000, 1, 1, tzinfo=UTC)


def extremes(scene: Scene, world: World) -> None:
    for table, _, row in scene.free(world):
        for column in _open(table):
            if scene.random.random() < 0.5:
                row[column] = _extreme(scene, table, column, row)


def _open(table: Table) -> list[str]:
    fixed = {*table.key, table.known, *table.relation.monotone, *table.late_times, *table.relation.late}
    return [column for column in table.kinds if column not in fixed]


def _extreme(scene: Scene, table: Table, column: str, row: Row) -> Any:
    if table.nullable(column) and scene.random.random() < 0.6:
        return None
    if table.kinds[column].kind == "double":
        return scene.random.choice(_FLOATS)
    if table.is_time(column) and column != table.relation.time:
        return scene.values.times.written(table.kinds[column].kind, _LAST)
    return row[column]


EXTREMES = Mutation("extremes", "rows of the future hold NULLs, infinities and times without end", any_dated, extremes)
