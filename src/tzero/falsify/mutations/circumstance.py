"""What may differ between two runs over the same rows, and never change the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

from tzero.falsify.world import World


@dataclass(frozen=True, slots=True)
class Setting:
    """How a query is run: over which rows, as which text, in which zone, with how many threads."""

    world: World
    sql: str
    zone: str = "UTC"
    threads: int = 1

    def over(self, world: World) -> Setting:
        return replace(self, world=world)


@dataclass(frozen=True, slots=True)
class Stage:
    """What circumstances may change: texts of the query with the clock stopped at two times, and zones."""

    random: Random
    stopped: tuple[str, str] | None = None
    zones: tuple[str, ...] = ()


Pair = tuple[Setting, Setting, str]
"""Two ways to run a query that must give the same rows, and what differs between them."""


@dataclass(frozen=True, slots=True)
class Circumstance:
    name: str
    says: str
    pairs: Callable[[Setting, Stage], Iterator[Pair]]
