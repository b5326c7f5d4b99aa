"""What a demonstration made, as data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tzero.project.shown import ShownRelation
from tzero.starters.demo.certifying import Certified
from tzero.starters.demo.feed import Example
from tzero.starters.demo.stability import Stability
from tzero.starters.demo.stages import Stage


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A store that was built, refreshed and read. ``features`` are a few rows; ``stability`` compares the states
    before and after ``later``; ``next_steps`` pairs commands with what they do."""

    starter: str
    what: str
    folder: Path
    target: str
    view: str
    relations: tuple[ShownRelation, ...]
    contract_columns: int
    key: tuple[str, ...]
    features: tuple[dict[str, Any], ...]
    later: str
    why_changed: str
    stability: tuple[Stability, ...]
    certificates: tuple[Certified, ...]
    example: Example
    stages: tuple[Stage, ...]
    seconds: float
    next_steps: tuple[tuple[str, str], ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "starter": self.starter,
            "what": self.what,
            "project": str(self.folder),
            "target": self.target,
            "view": self.view,
            "relations": [relation.as_json() for relation in self.relations],
            "contract_columns": self.contract_columns,
            "features": list(self.features),
            "later": self.later,
            "stability": [item.as_json() for item in self.stability],
            "certificates": [item.as_json() for item in self.certificates],
            "example": self.example.as_json(),
            "stages": [stage.as_json() for stage in self.stages],
            "seconds": round(self.seconds, 3),
            "next": [{"command": command, "why": why} for command, why in self.next_steps],
        }
