"""All of it at once: what only shows together."""

from __future__ import annotations

from tzero.falsify.mutations.add import add
from tzero.falsify.mutations.arrive import ARRIVE
from tzero.falsify.mutations.edit import EDIT
from tzero.falsify.mutations.late import LATE
from tzero.falsify.mutations.perturb import perturb
from tzero.falsify.mutations.scene import Mutation, Scene, any_dated
from tzero.falsify.world import World


def combine(scene: Scene, world: World) -> None:
    perturb(scene, world)
    add(scene, world)
    for other in (LATE, ARRIVE, EDIT):
        if other.applies(scene.tables):
            other.apply(scene, world)


COMBINE = Mutation("combine", "the future is another one altogether", any_dated, combine)
