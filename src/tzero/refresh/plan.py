"""A plan: the steps, and the fingerprint of everything that it was made from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tzero.errors import StalePlanError, UsageError
from tzero.refresh.coverage import Coverage
from tzero.refresh.steps import Step, as_json

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Digests of what a plan depends on: the declarations, the sources' columns, and the store as it is."""

    declarations: str
    sources: str
    store: str

    @classmethod
    def of(cls, declarations: object, sources: object, store: object) -> Fingerprint:
        return cls(*(_digest(part) for part in (declarations, sources, store)))

    @property
    def digest(self) -> str:
        """All of it as one: a run that did not end is gone on with under the same one only."""
        return _digest([self.declarations, self.sources, self.store])

    def changes(self, other: Fingerprint) -> tuple[str, ...]:
        """Which parts differ, in words."""
        parts = (
            ("the declarations", self.declarations, other.declarations),
            ("the sources' columns", self.sources, other.sources),
            ("the store", self.store, other.store),
        )
        return tuple(what for what, mine, theirs in parts if mine != theirs)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do to a target, in order: each of ``units`` is a transaction of its own.

    ``notes`` are things seen on the way that tzero leaves alone; ``coverage`` is how much of the data the vocabularies
    cover, where that was asked for.
    """

    command: str
    target: str
    units: tuple[tuple[Step, ...], ...]
    fingerprint: Fingerprint
    notes: tuple[str, ...] = ()
    coverage: tuple[Coverage, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(step for unit in self.units for step in unit)

    @property
    def is_resumable(self) -> bool:
        """Whether what it has committed is worth something when it stops: an apply is one transaction."""
        return self.command == "refresh"

    @property
    def is_empty(self) -> bool:
        return not self.steps

    def refuse_if_stale(self, planned: Fingerprint) -> None:
        """Raise StalePlanError unless the plan that was agreed to is still this one."""
        changed = planned.changes(self.fingerprint)
        if changed:
            raise StalePlanError(
                f"{' and '.join(changed)} changed after the plan was made", fix="make a new plan and look at it"
            )

    def as_json(self) -> dict[str, Any]:
        fingerprint = self.fingerprint
        return {
            "format": FORMAT,
            "command": self.command,
            "target": self.target,
            "fingerprint": {
                "declarations": fingerprint.declarations,
                "sources": fingerprint.sources,
                "store": fingerprint.store,
            },
            "steps": [{"transaction": at, **as_json(s)} for at, unit in enumerate(self.units, 1) for s in unit],
            "notes": list(self.notes),
            "vocabularies": [item.as_json() for item in self.coverage],
        }


def saved_fingerprint(text: str) -> Fingerprint:
    """The fingerprint of a plan that was saved as JSON. The steps are not read back: they are planned anew.

    Raises UsageError where the text is no saved plan.
    """
    try:
        found: Mapping[str, Any] = json.loads(text)
        if found["format"] != FORMAT:
            raise UsageError(f"this plan has format {found['format']}, not {FORMAT}", fix="make a new plan")
        parts = found["fingerprint"]
        return Fingerprint(str(parts["declarations"]), str(parts["sources"]), str(parts["store"]))
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError("this is no saved plan", fix="save one with tzero plan --output json > plan.json") from error


def _digest(part: object) -> str:
    return hashlib.sha256(json.dumps(part, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
