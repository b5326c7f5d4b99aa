"""What a relation holds now, beside its accepted baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tzero.certify.baseline.accepted import Accepted, accepted
from tzero.certify.baseline.baseline import Baseline
from tzero.certify.baseline.captures import Rewritten, rewritten
from tzero.certify.baseline.changes import Changes, changes
from tzero.certify.baseline.classification import classify
from tzero.certify.baseline.context import context_of
from tzero.certify.baseline.drift import Drift
from tzero.certify.baseline.evidence import evidence_of
from tzero.certify.baseline.forged import Forged, forged_since, sealed_beneath
from tzero.certify.baseline.taking import take
from tzero.certify.subject import Subject
from tzero.state.capture import Sealed


@dataclass(frozen=True, slots=True)
class Comparison:
    """``before`` is None where nothing was accepted yet: everything is new then, and nothing can have drifted.

    ``rewritten`` are captures of versions beneath it that are not what their refresh appended, and seals of them that
    are not what the last good certificate saw; ``sealed`` is what seals them now.
    """

    now: Baseline
    before: Accepted | None
    changes: Changes
    drifts: tuple[Drift, ...]
    settling_days: int
    rewritten: tuple[Rewritten | Forged, ...] = ()
    sealed: Mapping[str, Sealed] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether nothing is other than what was accepted, or appended by a refresh."""
        return not self.drifts and not self.rewritten

    @property
    def is_same(self) -> bool:
        """Whether there is nothing to write: not one digest, and no seal, differs from what was last written."""
        if self.before is None or self.drifts or self.before.record.sha256 != self.now.sha256:
            return False
        return all(day.day in self.before.days and self.before.days[day.day].seal == day.seal for day in self.now.days)

    def is_settled(self, day: str) -> bool:
        """Whether a day of now is before the last ``settling_days`` days that have rows."""
        days = [found.day for found in self.now.days]
        return day not in days[len(days) - self.settling_days :]

    def as_json(self) -> dict[str, Any]:
        last = self.before.record if self.before else None
        return {
            "relation": self.now.relation,
            "sha256": self.now.sha256,
            "accepted": None
            if last is None
            else {"number": last.number, "sha256": last.sha256, "by": last.accepted_by, "at": last.accepted_at},
            "settling_days": self.settling_days,
            "compared": self.changes.compared,
            "unbroken_days": self.now.unbroken,
            "drifts": [drift.as_json() for drift in self.drifts],
            "rewritten": [found.as_json() for found in self.rewritten],
            "settling": [{"day": day.day, "columns": list(day.columns)} for day in self.changes.settling],
            "new_days": list(self.changes.grown),
            "new_columns": list(self.changes.new_columns),
            "lost_columns": list(self.changes.lost_columns),
        }


def compare(subject: Subject, full: bool = False) -> Comparison:
    """Digest the relation now and compare it with what was accepted. Base rows are read only where a day drifted.

    Days whose seals are unbroken are not digested again, unless ``full``.
    """
    before = accepted(subject.state, subject.relation)
    now = take(subject, None if full else before)
    sealed = sealed_beneath(subject)
    history: tuple[Rewritten | Forged, ...] = (
        *rewritten(subject),
        *forged_since(subject, before.record if before else None),
    )
    if before is None:
        days = tuple(day.day for day in now.days)
        return Comparison(now, None, Changes(grown=days), (), subject.settling_days, history, sealed)
    found = changes(now, before)
    drifts = difference(subject, now, before, found)
    return Comparison(now, before, found, drifts, subject.settling_days, history, sealed)


def difference(subject: Subject, now: Baseline, before: Accepted, found: Changes | None = None) -> tuple[Drift, ...]:
    """Why settled days are not what was accepted, one drift per cause; nothing where they are."""
    differing = found if found is not None else changes(now, before)
    if not differing.drifted:
        return ()
    context = context_of(subject)
    return classify(str(subject.relation), differing, before, context, now.probe, evidence_of(subject))
