"""Every literate case, by the prover and by the falsifier: neither trusts the other."""

from __future__ import annotations

import pytest
from tests.specs.reading import Case, cases

from tzero.falsify import Outcome, falsify
from tzero.prove import prove

CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_prover(case: Case) -> None:
    proof = prove(case.sql, case.declarations, dialect=case.dialect)
    found = [(finding.code, finding.column) for finding in proof.findings]
    if case.expected == "PROVED":
        assert proof.proved, found
    else:
        assert not proof.proved
        assert (case.code, case.column) in found


@pytest.mark.parametrize("case", [c for c in CASES if c.expected == "PROVED"], ids=lambda case: case.id)
def test_what_is_proved_is_never_falsified(case: Case) -> None:
    trial = falsify(case.sql, case.declarations, dialect=case.dialect, seconds=20, worlds=80)
    assert trial.outcome is not Outcome.LEAK, str(trial.witness)


@pytest.mark.parametrize("case", [c for c in CASES if c.expected == "LEAK"], ids=lambda case: case.id)
def test_what_leaks_has_a_witness(case: Case) -> None:
    trial = falsify(case.sql, case.declarations, dialect=case.dialect, seconds=90)
    assert trial.outcome is Outcome.LEAK, str(trial)
