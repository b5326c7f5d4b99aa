"""The ways in which the future, or the session, may turn out otherwise: one file each."""

from __future__ import annotations

from tzero.falsify.mutations.add import ADD
from tzero.falsify.mutations.arrive import ARRIVE
from tzero.falsify.mutations.circumstance import Circumstance, Setting, Stage
from tzero.falsify.mutations.clock import CLOCK
from tzero.falsify.mutations.combine import COMBINE
from tzero.falsify.mutations.edit import EDIT
from tzero.falsify.mutations.extremes import EXTREMES
from tzero.falsify.mutations.late import LATE
from tzero.falsify.mutations.novel import NOVEL
from tzero.falsify.mutations.order import ORDER
from tzero.falsify.mutations.perturb import PERTURB
from tzero.falsify.mutations.remove import REMOVE
from tzero.falsify.mutations.rerun import RERUN
from tzero.falsify.mutations.scene import Mutation, Scene
from tzero.falsify.mutations.smaller import SMALLER
from tzero.falsify.mutations.zone import ZONE

CIRCUMSTANCES = (CLOCK, RERUN, ZONE, ORDER)
MUTATIONS = (COMBINE, ADD, REMOVE, LATE, NOVEL, EDIT, ARRIVE, PERTURB, SMALLER, EXTREMES)
"""In the order in which they take turns."""
NAMES = tuple(each.name for each in (*CIRCUMSTANCES, *MUTATIONS))

__all__ = [
    "CIRCUMSTANCES",
    "LATE",
    "MUTATIONS",
    "NAMES",
    "ORDER",
    "ZONE",
    "Circumstance",
    "Mutation",
    "Scene",
    "Setting",
    "Stage",
]
