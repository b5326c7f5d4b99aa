"""B1: every column, and the presence of every row, is proved from the definitions alone, for all data."""

from __future__ import annotations

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
        findings = tuple(_finding(subject, unproved) for unproved in proof.findings)
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
            {"column": c.column, "verdict": c.verdict.value, "facts": [facts.index(fact) for fact in c.facts]}
            for c in found.proof.columns
        ],
        "assumptions": list(found.proof.assumptions),
    }


def _summary(proof: Proof, proved: int) -> str:
    if proof.proved:
        return f"presence and {len(proof.columns) - 1} columns are proved for all data"
    leaks = sum(column.verdict is Proven.LEAK for column in proof.columns)
    seen = f", {leaks} seen to leak" if leaks else ""
    return f"{proved} of {len(proof.columns)} are proved (presence counts as one){seen}"


def _finding(subject: Subject, unproved: Unproved) -> Finding:
    where = f" in {unproved.expression}" if unproved.expression else ""
    missing = f"; it would need {unproved.missing}" if unproved.missing else ""
    return Finding(
        f"B1.{unproved.code}",
        f"{unproved.message}{where}{missing}",
        unproved.view or str(subject.relation),
        unproved.column,
        unproved.fix,
        unproved.witness,
    )
