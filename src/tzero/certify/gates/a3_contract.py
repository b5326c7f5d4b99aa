"""A3: the columns of the very relation certified are those of its contract."""

from __future__ import annotations

from dataclasses import dataclass

from tzero.certify.gate import Finding, GateResult, Verdict
from tzero.certify.subject import Subject
from tzero.errors import StateError
from tzero.sql.names import RelationName
from tzero.state import feature_contract
from tzero.state.contract import Contract, differences

_FIX = "run tzero apply to write a new contract, or restore the relation"


@dataclass(frozen=True, slots=True)
class ContractGate:
    """Names, order and types, against the contract tables; the contract must be of this relation and of no other."""

    code = "A3"
    title = "contract"

    def __call__(self, subject: Subject) -> GateResult:
        try:
            contract = feature_contract.read(subject.state, subject.contract)
        except StateError as error:
            return self._result((Finding("A3.tampered", error.what, fix=error.fix or ""),), 0, error.what)
        if contract is None:
            what = f"no contract {subject.contract!r} is kept"
            return self._result((Finding("A3.missing", what, str(subject.relation), fix="run tzero apply"),), 0, what)
        findings = (*self._elsewhere(subject, contract), *self._different(subject, contract))
        said = f"{len(contract.columns)} columns as promised, hash {contract.features_hash[:16]}"
        return self._result(findings, len(contract.columns), f"{len(findings)} differences" if findings else said)

    def _elsewhere(self, subject: Subject, contract: Contract) -> tuple[Finding, ...]:
        if RelationName.parse(contract.relation) == subject.relation:
            return ()
        what = f"the contract {contract.name!r} is of {contract.relation}, not of {subject.relation}"
        return (Finding("A3.relation", what, str(subject.relation), fix=_FIX),)

    def _different(self, subject: Subject, contract: Contract) -> tuple[Finding, ...]:
        live = subject.engine.describe(subject.relation)
        columns = [(column.name, column.dtype) for column in live.columns] if live else []
        return tuple(
            Finding(f"A3.{found.problem}", str(found), str(subject.relation), found.column, _FIX)
            for found in differences(contract, columns)
        )

    def _result(self, findings: tuple[Finding, ...], columns: int, summary: str) -> GateResult:
        verdict = Verdict.FAIL if findings or not columns else Verdict.PASS
        return GateResult(self.code, self.title, verdict, summary, {"columns": columns}, findings)
