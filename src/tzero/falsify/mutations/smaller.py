"""Add rows whose keys come before all others: what breaks a tie by key takes them first."""

from __future__ import annotations

from tzero.falsify.mutations.add import added
from tzero.falsify.mutations.scene import Mutation, Scene, any_dated
from tzero.falsify.world import World


def smaller(scene: Scene, world: World) -> None:
    for _ in added(scene, world, below=True):
        pass


SMALLER = Mutation("smaller", "rows with smaller keys arrive at T0 or later", any_dated, smaller)
