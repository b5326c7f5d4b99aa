"""What a gate is, and what it says: a verdict, what it exercised, and what it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from tzero.certify.subject import Subject


class Verdict(StrEnum):
    """PASS and PROVED hold; FAIL and LEAK do not, and say why; UNPROVED is neither, and needs a signed waiver."""

    PASS = "PASS"  # noqa: S105  a verdict, no password
    PROVED = "PROVED"
    UNPROVED = "UNPROVED"
    FAIL = "FAIL"
    LEAK = "LEAK"

    @property
    def holds(self) -> bool:
        return self in (Verdict.PASS, Verdict.PROVED)

    @property
    def can_be_waived(self) -> bool:
        return self is Verdict.UNPROVED


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold: what was found, in which relation and column, what to do, and a witness if any.

    ``code`` is stable and names the kind of finding (``A2.clock``, ``C2.backfill``): waivers and documents use it.
    ``columns`` are all columns that it is about, where it is about several.
    """

    code: str
    message: str
    relation: str = ""
    column: str = ""
    fix: str = ""
    witness: Mapping[str, Any] | None = None
    columns: tuple[str, ...] = ()

    @property
    def every_column(self) -> tuple[str, ...]:
        return self.columns or (self.column,)

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": self.message,
            "relation": self.relation,
            "column": self.column,
            "columns": list(self.columns),
            "fix": self.fix,
            "witness": None if self.witness is None else dict(self.witness),
        }


@dataclass(frozen=True, slots=True)
class GateResult:
    """What one gate says. ``exercised`` counts what it looked at (rows, days, segments, worlds, relations, ...).

    ``evidence`` is whatever shows how the verdict was reached, as JSON: the proof of each column, digests of days.
    """

    gate: str
    title: str
    verdict: Verdict
    summary: str
    exercised: Mapping[str, int | float | str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "gate": self.gate,
            "title": self.title,
            "verdict": self.verdict.value,
            "summary": self.summary,
            "exercised": dict(self.exercised),
            "findings": [finding.as_json() for finding in self.findings],
            "notes": list(self.notes),
            "seconds": round(self.seconds, 3),
            "evidence": dict(self.evidence),
        }


class Gate(Protocol):
    """A check of one kind: ``code`` as in the certificate (A1 to C3), ``title`` in a word. Only ever reads.

    A gate that exercised nothing fails: it never passes for want of anything to look at.
    """

    code: str
    title: str

    def __call__(self, subject: Subject) -> GateResult: ...
