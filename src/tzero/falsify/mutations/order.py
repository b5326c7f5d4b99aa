"""Lay the same rows in another physical order, and read them with more threads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from tzero.falsify.mutations.circumstance import Circumstance, Pair, Setting, Stage
from tzero.falsify.world import World

_TIMES = 3


def order(setting: Setting, stage: Stage) -> Iterator[Pair]:
    for number in range(_TIMES):
        other = replace(setting, world=_shuffled(setting.world, stage.random), threads=setting.threads + number % 2)
        yield setting, other, "the physical order of rows"


def _shuffled(world: World, random: Random) -> World:
    found = World()
    for name, rows in world.rows.items():
        uids = list(rows)
        random.shuffle(uids)
        found.rows[name] = {uid: rows[uid] for uid in uids}
    return found


ORDER = Circumstance("order", "the rows lie in another order", order)
