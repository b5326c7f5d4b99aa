"""Findings, those of one cause together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Cause:
    """What was found, in which columns, and what to do about it."""

    gate: str
    verdict: str
    code: str
    message: str
    relation: str
    fix: str
    columns: tuple[str, ...]
    witness: Mapping[str, Any] | None = None

    @property
    def text(self) -> str:
        """A counterexample in words; empty where there is none."""
        return str((self.witness or {}).get("text", ""))

    @property
    def also(self) -> tuple[str, ...]:
        """What else changed since a baseline that drifted was accepted."""
        return tuple((self.witness or {}).get("also", ()))


def causes(gates: Iterable[Mapping[str, Any]]) -> tuple[Cause, ...]:
    """The findings of the gates of a certificate; those that differ in their column alone are one.

    What no witness shows is not proved, beside a leak too.

    >>> finding = {"code": "B1.T006", "message": "undated", "relation": "s.t", "fix": "date it", "witness": None}
    >>> two = [{**finding, "column": "a"}, {**finding, "column": "b"}]
    >>> causes([{"gate": "B1", "verdict": "UNPROVED", "findings": two}])[0].columns
    ('a', 'b')
    >>> causes([{"gate": "B1", "verdict": "LEAK", "findings": two}])[0].verdict
    'UNPROVED'
    """
    found: dict[tuple[str, ...], Cause] = {}
    for gate in gates:
        for finding in gate["findings"]:
            parts = tuple(str(finding[name]) for name in ("code", "message", "relation", "fix"))
            known = found.get((gate["gate"], *parts))
            columns = (*(known.columns if known else ()), *([finding["column"]] if finding["column"] else []))
            witness = (known.witness if known else None) or finding["witness"]
            verdict = "UNPROVED" if gate["verdict"] == "LEAK" and not witness else gate["verdict"]
            code, message, relation, fix = parts
            found[(gate["gate"], *parts)] = Cause(
                gate["gate"], verdict, code, message, relation, fix, tuple(dict.fromkeys(columns)), witness
            )
    return tuple(found.values())
