"""What a check has to say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """A note is to be known, a finding to be acted upon."""

    NOTE = "note"
    FINDING = "finding"


@dataclass(frozen=True, slots=True)
class Finding:
    """``what`` was found, and what to do about it."""

    what: str
    fix: str
    level: Level = Level.FINDING


@dataclass(frozen=True, slots=True)
class Checked:
    """A check that was made, and what it found. ``skipped`` says why it could not be made."""

    check: str
    about: str
    findings: tuple[Finding, ...] = ()
    skipped: str | None = None

    def as_json(self) -> dict[str, object]:
        return {
            "check": self.check,
            "about": self.about,
            "skipped": self.skipped,
            "findings": [{"level": f.level.value, "what": f.what, "fix": f.fix} for f in self.findings],
        }


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Every check of a store. ``healthy`` where there is nothing to act upon."""

    target: str
    checks: tuple[Checked, ...]

    @property
    def healthy(self) -> bool:
        return not any(f.level is Level.FINDING for checked in self.checks for f in checked.findings)

    def of(self, check: str) -> tuple[Finding, ...]:
        """What one check found."""
        return next(checked.findings for checked in self.checks if checked.check == check)

    def as_json(self) -> dict[str, object]:
        return {"target": self.target, "healthy": self.healthy, "checks": [each.as_json() for each in self.checks]}
