"""Every shape of a feature: what a query may say besides aggregates of what was before, a file for each family.

Each shape joins to the own row ``s``, or is an expression of it; each is near to being safe, and mostly is.
"""

from __future__ import annotations

from tests.property.prove_chains import Chains
from tests.property.prove_collected import Collected
from tests.property.prove_frames import Frames
from tests.property.prove_grids import Grids
from tests.property.prove_joins import Joins
from tests.property.prove_lookups import Lookups
from tests.property.prove_sets import Sets
from tests.property.prove_totals import Totals
from tests.property.prove_trees import Trees
from tests.property.prove_windows import Windows


class Shapes(Lookups, Windows, Joins, Totals, Grids, Frames, Sets, Trees, Chains, Collected):
    """All of them, each as likely as any other of its half."""

    def any(self) -> str:
        return self._older() if self.g.often(0.45) else self._newer()

    def _older(self) -> str:
        return self.g.call(
            self.keyed_by_anchor, self.first_seen, self.lookup, self.qualified, self.nested, self.counted_from,
            self.chain, self.ordered, self.compared, self.steps, self.set_operation, self.named_window, self.threshold,
            self.full, self.every, self.switched, self.window_inside, self.offer, self.distinct_on,
        )  # fmt: skip

    def _newer(self) -> str:
        return self.g.call(
            self.sided, self.sided, self.crossed, self.by_name, self.as_of, self.by_being_there, self.totals,
            self.totals, self.without_keys, self.totals_of_own, self.grid, self.grid, self.framed, self.framed,
            self.passed_over, self.together, self.asked_of, self.deep, self.tree, self.tree, self.tree,
            self.recursion, self.recursion, self.days, self.collected,
        )  # fmt: skip
