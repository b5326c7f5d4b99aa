"""What a mutation has at hand, and what every mutation of data is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from tzero.falsify.cut import Cut
from tzero.falsify.tables import Table
from tzero.falsify.values import Values
from tzero.falsify.world import Row, World


@dataclass(frozen=True, slots=True)
class Scene:
    """A database, a cut in it, and the values to draw from."""

    tables: tuple[Table, ...]
    world: World
    cut: Cut
    values: Values

    @property
    def random(self) -> Random:
        return self.values.random

    def free(self, world: World) -> Iterator[tuple[Table, int, Row]]:
        """Every row of a world that may be changed or removed."""
        for table in self.tables:
            for uid, row in list(world.rows[table.name].items()):
                if self.cut.is_free(table, uid, row):
                    yield table, uid, row

    def kept_rows(self) -> list[Row]:
        """The own rows at the cut that are protected."""
        return [row for rows in self.world.rows.values() for uid, row in rows.items() if uid in self.cut.kept]


@dataclass(frozen=True, slots=True)
class Mutation:
    """A way in which the future may turn out otherwise. ``apply`` changes the world that it is given."""

    name: str
    says: str
    applies: Callable[[tuple[Table, ...]], bool]
    apply: Callable[[Scene, World], None]


def any_dated(tables: tuple[Table, ...]) -> bool:
    return any(table.dated for table in tables)
