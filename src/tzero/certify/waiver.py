"""Waivers: what somebody signs for although it is not proved. Nothing that is shown to be wrong can be waived."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tzero.certify.gate import Finding, GateResult


@dataclass(frozen=True, slots=True)
class Waiver:
    """Who waives what, and why. It covers the findings of ``gate`` with its ``code`` and ``column``, where given."""

    gate: str
    by: str
    reason: str
    code: str | None = None
    column: str | None = None
    until: dt.date | None = None

    def covers(self, result: GateResult, finding: Finding, column: str, today: dt.date) -> bool:
        """Whether it holds today for a finding about a column; the day ``until`` is its last."""
        in_time = self.until is None or today <= self.until
        same = self.code in (None, finding.code) and self.column in (None, column)
        return in_time and same and self.gate == result.gate

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "until": None if self.until is None else self.until.isoformat()}


def uncovered(results: Iterable[GateResult], waivers: Sequence[Waiver], today: dt.date) -> tuple[Finding, ...]:
    """The findings of unproved gates with a column that no waiver covers."""
    return tuple(
        finding
        for result in results
        if result.verdict.can_be_waived
        for finding in result.findings
        if not all(
            any(waiver.covers(result, finding, column, today) for waiver in waivers) for column in finding.every_column
        )
    )


def unused(results: Sequence[GateResult], waivers: Sequence[Waiver], today: dt.date) -> tuple[Waiver, ...]:
    """Waivers that cover nothing: expired, or no longer needed."""
    open_ = [
        (result, finding, column)
        for result in results
        if result.verdict.can_be_waived
        for finding in result.findings
        for column in finding.every_column
    ]
    return tuple(w for w in waivers if not any(w.covers(*found, today) for found in open_))
