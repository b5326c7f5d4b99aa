"""Why accepted digests changed: one drift per cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tzero.certify.baseline.changes import DayChange
from tzero.certify.baseline.evidence import BaseChange


class DriftKind(StrEnum):
    """What changed the past. ``UNEXPLAINED``: nothing that the relation is made from changed at all."""

    LEAK = "leak"
    BACKFILL = "backfill"
    EDIT = "edit"
    DEFINITION = "definition"
    ENGINE = "engine"
    VERSION = "version"
    UNEXPLAINED = "unexplained"


_SAID = {
    DriftKind.LEAK: "changed, and nothing of these days or before did: rows that came later reach them",
    DriftKind.BACKFILL: "changed because the past gained or lost rows",
    DriftKind.EDIT: "changed because rows of the past were edited in place",
    DriftKind.DEFINITION: "changed because what computes them is defined otherwise now",
    DriftKind.ENGINE: "changed under another engine or another version of it, the rows being the same",
    DriftKind.VERSION: "changed under another version of tzero or of its driver, the rows being the same",
    DriftKind.UNEXPLAINED: "changed, and nothing that they are made from did: "
    "what computes them is not deterministic, or somebody wrote to what is stored",
}
_ACCEPT = "accept it: tzero baseline accept {relation} --by NAME --why REASON"
_FIXES = {
    DriftKind.LEAK: "find the expression with tzero check and the row with tzero falsify; never accept it",
    DriftKind.BACKFILL: "if the rows are right, retrain what was trained on these days and " + _ACCEPT,
    DriftKind.EDIT: "declare history=True of the source if edits shall not change the past, or " + _ACCEPT,
    DriftKind.DEFINITION: "restore the definition, or retrain and " + _ACCEPT,
    DriftKind.ENGINE: "compare the values of a few rows, then " + _ACCEPT,
    DriftKind.VERSION: "compare the values of a few rows, then " + _ACCEPT,
    DriftKind.UNEXPLAINED: "run tzero refresh; if it stays, ask gate A2 what depends on order or chance, "
    "and who may write to the store",
}


@dataclass(frozen=True, slots=True)
class Drift:
    """Settled days that changed for one reason: which columns of them, and base rows that show it.

    ``also`` are other things that changed meanwhile; ``base`` are for a leak the later rows that came.
    """

    kind: DriftKind
    relation: str
    days: tuple[DayChange, ...]
    base: tuple[BaseChange, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for day in self.days for name in day.columns))

    @property
    def cells(self) -> int:
        return sum(len(day.columns) for day in self.days)

    @property
    def message(self) -> str:
        days = f"{_listed([day.day for day in self.days])} of {self.relation} {_SAID[self.kind]}"
        columns = f"columns: {_listed(self.columns)}" if self.columns else "rows came or went"
        rows = f"; such as {'; '.join(str(change) for change in self.base[:3])}" if self.base else ""
        return f"{days} ({columns}{rows})"

    @property
    def fix(self) -> str:
        return _FIXES[self.kind].format(relation=self.relation)

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "relation": self.relation,
            "message": self.message,
            "fix": self.fix,
            "days": [
                {"day": day.day, "columns": list(day.columns), "rows_before": day.rows_before, "rows_now": day.rows_now}
                for day in self.days
            ],
            "columns": list(self.columns),
            "base_rows": [change.as_json() for change in self.base],
            "also": list(self.also),
        }


def _listed(names: Sequence[str], most: int = 4) -> str:
    """
    >>> _listed(["a", "b", "c", "d", "e", "f"])
    'a, b, c and 3 more'
    """
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
