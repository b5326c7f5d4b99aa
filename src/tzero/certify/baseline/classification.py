"""Find the cause of each changed day from evidence: definitions, base rows, versions, in this order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tzero.certify.baseline.accepted import Accepted
from tzero.certify.baseline.changes import Changes, DayChange
from tzero.certify.baseline.context import DEFINITION, ENGINE, TZERO, changed
from tzero.certify.baseline.drift import Drift, DriftKind
from tzero.certify.baseline.evidence import BaseChange, Evidence, How

_EXAMPLES = 5
_EDITS = (How.MOVED, How.EDITED)


@dataclass(frozen=True, slots=True)
class _Causes:
    """What changed since a baseline was accepted."""

    evidence: Evidence
    definitions: tuple[str, ...]
    engine: tuple[str, ...]
    version: tuple[str, ...]

    def of(self, day: DayChange) -> tuple[DriftKind, tuple[BaseChange, ...]]:
        """Rows that were there before explain a day before versions do: they are seen, versions are only suspected."""
        earlier = tuple(change for change in self.evidence.changes if change.reaches(day.day))
        later = tuple(change for change in self.evidence.changes if not change.reaches(day.day))
        if self.definitions:
            return DriftKind.DEFINITION, ()
        if any(change.how in _EDITS for change in earlier):
            return DriftKind.EDIT, tuple(change for change in earlier if change.how in _EDITS)
        if earlier:
            return DriftKind.BACKFILL, earlier
        if self.engine:
            return DriftKind.ENGINE, ()
        if self.version:
            return DriftKind.VERSION, ()
        return (DriftKind.LEAK, later) if later else (DriftKind.UNEXPLAINED, ())


def classify(
    relation: str, found: Changes, before: Accepted, context: Mapping[str, str], probe: str, evidence: Evidence
) -> tuple[Drift, ...]:
    """One drift per cause, that with the earliest day first.

    ``context`` and ``probe`` are those of now. Definitions come first: another computation needs no other reason.
    """
    was = before.record.context
    engine = changed(was, context, ENGINE) or ((ENGINE,) if probe != before.record.probe else ())
    version = (*changed(was, context, TZERO), *changed(was, context, "driver"))
    causes = _Causes(evidence, changed(was, context, DEFINITION), engine, version)
    grouped: dict[DriftKind, list[DayChange]] = {}
    base: dict[DriftKind, dict[BaseChange, None]] = {}
    for day in found.drifted:
        kind, rows = causes.of(day)
        grouped.setdefault(kind, []).append(day)
        base.setdefault(kind, {}).update(dict.fromkeys(rows))
    return tuple(
        Drift(kind, relation, tuple(days), tuple(base[kind])[:_EXAMPLES], tuple(_also(causes)))
        for kind, days in grouped.items()
    )


def _also(causes: _Causes) -> list[str]:
    """What else changed meanwhile, in words."""
    listed = (
        ("definitions", causes.definitions),
        ("engine", causes.engine),
        ("versions", causes.version),
    )
    found = [f"{what} changed: {', '.join(names)}" for what, names in listed if names]
    for how in How:
        rows = sum(change.rows for change in causes.evidence.changes if change.how is how)
        if rows:
            found.append(f"{rows:,} base rows {how}")
    if causes.evidence.unknown:
        found.append(f"nothing was kept to compare with of {', '.join(causes.evidence.unknown)}")
    return found
