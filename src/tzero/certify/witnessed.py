"""Witnesses for what is not proved: a finding that one shows is a leak."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from tzero.errors import TzeroError
from tzero.falsify import Sql, Witness, falsify
from tzero.falsify.budget import Budget
from tzero.prove import Declarations, Finding, Proof, Verdict

_CIRCUMSTANCES = {"clock": ("T008",), "zone": ("T009",), "order": ("T011", "T010"), "rerun": ("T010", "T011")}
_OF_ROWS = ("T001", "T002", "T003", "T004", "T005", "T006", "T007", "T014")
_UNDATED = "T006"
"""Rows that become known at no declared time: no other future of them can be made, so none is looked for."""
_SHORTEST = 0.1


def with_witness(
    proof: Proof, query: Sql, declarations: Declarations, dialect: str, views: Mapping[str, Sql], seconds: float
) -> Proof:
    """The proof with the witnesses that searches find: one for each column, as far as ``seconds`` reach."""
    budget = Budget(seconds, worlds=1, worked=True)
    shown: dict[str, Witness] = {}
    while (left := budget.left) > (0 if not shown else _SHORTEST) and _open(proof, shown):
        try:
            trial = falsify(
                query, declarations, dialect=dialect, views=views,
                seconds=left, leave_out=tuple(shown), shrinking=max(0.3, seconds / 3),
            )  # fmt: skip
        except TzeroError:
            break
        if trial.witness is None or trial.witness.column in shown:
            break
        for witness in trial.witness.of_each_column():
            shown.setdefault(witness.column, witness)
    for witness in shown.values():
        proof = _shown_by(proof, witness)
    return proof


def _open(proof: Proof, shown: Iterable[str]) -> bool:
    """Whether a column that is not proved, and that a search can show something of, has no witness yet."""
    return bool({finding.column for finding in proof.findings if finding.code != _UNDATED} - set(shown))


def _shown_by(proof: Proof, witness: Witness) -> Proof:
    told = witness.to_json() | {"text": str(witness)}
    leaks = {id(finding) for finding in _explained(proof.findings, witness)}
    findings = tuple(
        replace(finding, verdict=Verdict.LEAK, witness=told) if id(finding) in leaks else finding
        for finding in proof.findings
    )
    columns = tuple(
        replace(c, verdict=Verdict.LEAK) if c.column == witness.column and c.verdict is not Verdict.PROVED else c
        for c in proof.columns
    )
    return replace(proof, findings=findings, columns=columns)


def _explained(findings: Iterable[Finding], witness: Witness) -> list[Finding]:
    """The findings that a witness shows: those of its column about what it changed; all of its column, if none is."""
    mine = [finding for finding in findings if finding.column == witness.column]
    if witness.cut is None:
        found = [finding for finding in mine if finding.code in _CIRCUMSTANCES.get(witness.mutation, ())]
    else:
        changed = {change.relation for change in witness.changes}
        found = [finding for finding in mine if finding.relation in changed and finding.code in _OF_ROWS]
    return found or mine
