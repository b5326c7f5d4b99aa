"""What a search for a witness says of itself: what it found, and what it exercised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from tzero.falsify.witness import Witness


class Outcome(StrEnum):
    """LEAK has a witness; CLEAN found none where things moved; INCONCLUSIVE exercised nothing, or did not end."""

    LEAK = "LEAK"
    CLEAN = "CLEAN"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True, slots=True)
class Exercise:
    """How often a mutation was tried, how often the database refused (``why``), how much of what was free it moved.

    ``unended`` of the refused worlds ran out of their time: the query may never end there. For changes of the session,
    the clock or the order nothing is free to move: ``rows`` are those that were compared.
    """

    worlds: int = 0
    failed: int = 0
    rows: int = 0
    moved: int = 0
    why: str = ""
    unended: int = 0

    @property
    def share(self) -> float:
        return self.moved / self.rows if self.rows else 0.0

    def to_json(self) -> dict[str, Any]:
        return {
            "worlds": self.worlds,
            "failed": self.failed,
            "unended": self.unended,
            "why": self.why,
            "rows": self.rows,
            "moved": self.moved,
            "share": round(self.share, 4),
        }

    def plus(self, *, rows: int = 0, moved: int = 0) -> Exercise:
        """With one more world."""
        return replace(self, worlds=self.worlds + 1, rows=self.rows + rows, moved=self.moved + moved)

    def refused(self, why: str, *, unended: bool = False) -> Exercise:
        """With one more world that could not be run, or not to its end."""
        return replace(
            self,
            worlds=self.worlds + 1,
            failed=self.failed + 1,
            unended=self.unended + unended,
            why=self.why or why,
        )


@dataclass(frozen=True, slots=True)
class Trial:
    """The result of a search. ``unmoved`` are output columns that no mutation moved, even after the cut.

    ``parts`` says of which relations each world holds a part of the rows, ``untried`` for which kinds of change
    there was no time.
    """

    outcome: Outcome
    engine: str
    seed: int
    seconds: float
    databases: int = 0
    cuts: int = 0
    exercised: Mapping[str, Exercise] = field(default_factory=dict)
    unmoved: tuple[str, ...] = ()
    left_alone: tuple[str, ...] = ()
    reason: str = ""
    witness: Witness | None = None
    parts: tuple[str, ...] = ()
    untried: tuple[str, ...] = ()

    @property
    def worlds(self) -> int:
        return sum(exercise.worlds for exercise in self.exercised.values())

    def to_json(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome.value,
            "engine": self.engine,
            "seed": self.seed,
            "seconds": round(self.seconds, 3),
            "databases": self.databases,
            "cuts": self.cuts,
            "worlds": self.worlds,
            "exercised": {name: exercise.to_json() for name, exercise in self.exercised.items()},
            "unmoved": list(self.unmoved),
            "left_alone": list(self.left_alone),
            "parts": list(self.parts),
            "untried": list(self.untried),
            "reason": self.reason,
            "witness": self.witness.to_json() if self.witness else None,
        }

    def __str__(self) -> str:
        lines = [f"{self.outcome.value}: {self._summary()}"]
        if self.witness:
            lines.append(str(self.witness))
        lines.append(
            f"exercised {_number(self.databases, 'database')}, {_number(self.cuts, 'cut')},"
            f" {_number(self.worlds, 'world')} in {self.seconds:.1f} s"
            f" on {self.engine}, seed {self.seed}"
        )
        for name, e in self.exercised.items():
            failed = f", {e.failed} {'did not end' if e.unended else 'could not run'}: {e.why}" if e.failed else ""
            lines.append(f"  {name:<9} {_number(e.worlds, 'world'):>11}, moved {e.share:6.1%} of {e.rows} rows{failed}")
        if self.unmoved:
            lines.append(f"never moved, so nothing is said of: {', '.join(self.unmoved)}")
        if self.untried:
            lines.append(f"not tried for want of time: {', '.join(self.untried)}")
        lines += [f"in part: {part}" for part in self.parts]
        lines += [f"left alone: {name}" for name in self.left_alone]
        return "\n".join(lines)

    def _summary(self) -> str:
        if self.witness:
            return f"{self.witness.column} depends on what is not known at T0"
        if self.outcome is Outcome.INCONCLUSIVE:
            return self.reason
        return "no witness was found"


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
