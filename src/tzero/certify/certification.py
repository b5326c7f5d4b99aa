"""All gates over one subject."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tzero.certify.gate import Finding, Gate, GateResult, Verdict
from tzero.certify.subject import Subject
from tzero.errors import TzeroError

Progress = Callable[[Gate], None]


@dataclass(frozen=True, slots=True)
class Certification:
    """What every gate said of one subject, in the order of the gates."""

    subject: Subject
    results: tuple[GateResult, ...]

    @property
    def failed(self) -> tuple[GateResult, ...]:
        """The gates that do not hold and that nobody may waive."""
        return tuple(result for result in self.results if not result.verdict.holds and not result.verdict.can_be_waived)

    @property
    def unproved(self) -> tuple[GateResult, ...]:
        """The gates that need a signed waiver."""
        return tuple(result for result in self.results if result.verdict.can_be_waived)


def pass_gates(subject: Subject, gates: Sequence[Gate], progress: Progress = lambda _: None) -> Certification:
    """Run gates one after another. A gate that cannot run fails with the reason; the others still run."""
    results = []
    for gate in gates:
        progress(gate)
        results.append(_passed(subject, gate))
    return Certification(subject, tuple(results))


def _passed(subject: Subject, gate: Gate) -> GateResult:
    started = time.monotonic()
    try:
        result = gate(subject)
    except TzeroError as error:
        finding = Finding(f"{gate.code}.cannot_run", error.what, str(subject.relation), fix=error.fix or "")
        result = GateResult(gate.code, gate.title, Verdict.FAIL, f"could not run: {error.what}", findings=(finding,))
    return replace(result, seconds=time.monotonic() - started)
