"""B1: every column, and the presence of every row, is proved from the definitions alone, for all data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tzero.certify.gate import Finding, GateResult, Verdict
from tzero.certify.proving import Proved, proof_of
from tzero.certify.subject import Subject
from tzero.prove import Finding as Unproved
from tzero.prove import Proof
from tzero.prove import Verdict as Proven
from tzero.sql.outline import outline

_VERDICTS = {Proven.PROVED: Verdict.PROVED, Proven.UNPROVED: Verdict.UNPROVED, Proven.LEAK: Verdict.LEAK}

_SHOWN, _WIDTH = 4, 120


@dataclass(frozen=True, slots=True)
class ProofGate:
    """The proof of the closure down to its declared sources. ``seconds``: how long to look for a witness, if any fails.

    What is not proved needs a signed waiver; with a witness it is a leak, and nobody can waive it.
    """

    seconds: float = 2.0

    code = "B1"
    title = "proof"

    def __call__(self, subject: Subject) -> GateResult:
        found = proof_of(subject, self.seconds)
        proof = found.proof
        proved = sum(column.verdict is Proven.PROVED for column in proof.columns)
        exercised = {"relations": len(found.texts), "columns": max(len(proof.columns) - 1, 0), "proved": proved}
        if len(proof.columns) < 2 and proof.proved:
            return GateResult(self.code, self.title, Verdict.FAIL, "there was no column to prove", exercised)
        findings = tuple(_finding(subject, group) for group in _by_cause(proof.findings))
        notes = tuple(f"assumed: {assumption}" for assumption in proof.assumptions)
        return GateResult(
            self.code,
            self.title,
            _VERDICTS[proof.verdict],
            _summary(proof, proved),
            exercised,
            findings,
            notes,
            evidence=_evidence(found, subject.engine.dialect),
        )


def _evidence(found: Proved, dialect: str) -> dict[str, Any]:
    """The query in lines, and of each column its verdict and its chain of facts, by their number."""
    facts = list(dict.fromkeys(fact for column in found.proof.columns for fact in column.facts))
    return {
        "query": [[line.text, line.column] for line in outline(found.query, dialect)],
        "facts": facts,
        "columns": [
            {
                "column": c.column,
                "verdict": c.verdict.value,
                "given": c.column in found.proof.given,
                "facts": [facts.index(fact) for fact in c.facts],
            }
            for c in found.proof.columns
        ],
        "assumptions": list(found.proof.assumptions),
    }


def _summary(proof: Proof, proved: int) -> str:
    if proof.proved:
        return f"presence and {len(proof.columns) - 1} columns are proved for all data"
    leaks = sum(column.verdict is Proven.LEAK for column in proof.columns)
    seen = f", {leaks} seen to leak" if leaks else ""
    if proof.given:
        given = f"the values of {proved} of {len(proof.columns) - 1} columns are, given that it is"
        return f"whether a row is there is not proved; {given}{seen}"
    return f"{proved} of {len(proof.columns)} are proved (presence counts as one){seen}"


def _by_cause(findings: Iterable[Unproved]) -> Iterable[list[Unproved]]:
    """Findings that say the same of several columns, together."""
    found: dict[object, list[Unproved]] = {}
    for finding in findings:
        cause = (finding.code, finding.verdict, finding.message, finding.view, finding.span)
        found.setdefault(cause, []).append(finding)
    return found.values()


def _finding(subject: Subject, group: list[Unproved]) -> Finding:
    first = next((finding for finding in group if finding.witness), group[0])
    columns = tuple(dict.fromkeys(finding.column for finding in group))
    where = f" It is in: {_short(first.expression)}." if first.expression else ""
    missing = f" It would need: {_short(first.missing)}." if first.missing else ""
    reached = ", ".join(columns[:_SHOWN]) + (f" and {len(columns) - _SHOWN} more" if len(columns) > _SHOWN else "")
    return Finding(
        f"B1.{first.code}",
        f"{first.message}{where}{missing} It reaches {reached}.",
        first.view or str(subject.relation),
        first.column,
        first.fix,
        first.witness,
        columns if len(columns) > 1 else (),
    )


def _short(text: str) -> str:
    """A piece of SQL on one line."""
    line = " ".join(text.split())
    return line if len(line) <= _WIDTH else f"{line[:_WIDTH]}..."
