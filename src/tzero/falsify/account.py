"""What a search has done so far, and the trial that it comes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tzero.errors import EngineError, OutOfTimeError
from tzero.falsify.budget import Budget
from tzero.falsify.tables import Table
from tzero.falsify.trial import Exercise, Outcome, Trial
from tzero.falsify.witness import Witness

_NOTHING = "no mutation moved anything, even after the cut: nothing was exercised"


@dataclass
class Account:
    """Counts databases, cuts, and the worlds of each mutation; keeps the witness."""

    engine: str
    seed: int
    budget: Budget
    exercised: dict[str, Exercise] = field(default_factory=dict)
    databases: int = 0
    unended: int = 0
    """Databases of which the query did not come to an end, as they were."""
    cuts: int = 0
    witness: Witness | None = None
    untried: list[str] = field(default_factory=list)
    """Kinds of change for which there was no time."""

    @property
    def moved(self) -> bool:
        """Whether any mutation moved anything after its cut."""
        return any(exercise.moved for exercise in self.exercised.values())

    @property
    def worlds(self) -> int:
        return sum(exercise.worlds for exercise in self.exercised.values())

    def over(self, share: float = 1.0) -> bool:
        """Whether the search ends: a witness, a share of the budget is spent, or a share of what is enough.

        A whole search ends before its budget only where it moved something: else it has exercised nothing yet.
        """
        if self.witness is not None or self.budget.over(self.worlds, share):
            return True
        return self.budget.is_enough(share) and (share < 1 or self.moved)

    def count(self, name: str, *, rows: int = 0, moved: int = 0) -> None:
        self.exercised[name] = self._of(name).plus(rows=rows, moved=moved)

    def refused(self, name: str, error: EngineError) -> None:
        """A world that the database could not run, or did not come to the end of."""
        unended = isinstance(error, OutOfTimeError)
        self.exercised[name] = self._of(name).refused(error.what, unended=unended)

    def trial(
        self,
        tables: Iterable[Table],
        *,
        failure: str = "",
        moved: bool,
        unmoved: tuple[str, ...] = (),
        undeclared: Iterable[str] = (),
        parts: tuple[str, ...] = (),
    ) -> Trial:
        """``moved``: whether any mutation moved anything after its cut; ``failure``: why nothing could be tried."""
        outcome, reason = self._outcome(failure, moved)
        alone = [f"{name}, which is not declared or has no key" for name in undeclared]
        alone += [
            f"{table.name}, which declares no time at which its rows became known"
            for table in tables
            if not table.dated and not table.relation.static
        ]
        return Trial(
            outcome, self.engine, self.seed, self.budget.elapsed, self.databases, self.cuts, dict(self.exercised),
            () if self.witness else unmoved, tuple(alone), reason, self.witness, parts,
            () if self.witness else tuple(name for name in self.untried if name not in self.exercised),
        )  # fmt: skip

    def _of(self, name: str) -> Exercise:
        return self.exercised.get(name, Exercise())

    def _outcome(self, failure: str, moved: bool) -> tuple[Outcome, str]:
        if self.witness:
            return Outcome.LEAK, ""
        unended = self.unended + sum(exercise.unended for exercise in self.exercised.values())
        if failure or not moved:
            return Outcome.INCONCLUSIVE, failure or _NOTHING
        if unended:
            worlds = "a world" if unended == 1 else f"{unended} worlds"
            return Outcome.INCONCLUSIVE, f"{worlds} ran out of time: what the query gives there is not known"
        return Outcome.CLEAN, ""
