"""A proof that takes too much work is given up: nothing is proved then, and the finding says what to do."""

from __future__ import annotations

import pytest

from tzero.prove import parse_toml, prove, prover
from tzero.prove.domain.work import TooMuchWorkError, limited, spend
from tzero.prove.proof import Verdict

DECLARED = """
[query]
anchor = "t0"
own = "sales"
[relations.sales]
columns = {id = "int", brand = "text", t0 = "timestamp"}
key = ["id"]
time = "t0"
not_null = ["id", "t0"]
"""
SQL = """
SELECT s.id, s.t0, (SELECT count(*) FROM sales e WHERE e.brand = s.brand AND e.t0 < s.t0) AS n FROM sales s
"""


def test_a_proof_that_takes_too_much_work_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    declarations = parse_toml(DECLARED).for_query()
    assert prove(SQL, declarations, dialect="duckdb").proved
    monkeypatch.setattr(prover, "MOST_WORK", 5)
    proof = prove(SQL, declarations, dialect="duckdb")
    assert proof.verdict is Verdict.UNPROVED
    assert [column.verdict for column in proof.columns] == [Verdict.UNPROVED]
    (finding,) = proof.findings
    assert finding.code == "T012"
    assert "given up" in finding.message
    assert "parts" in finding.fix


def test_what_one_proof_spends_is_not_taken_from_the_next() -> None:
    for _ in range(3):
        with limited(10):
            spend(10)
            with pytest.raises(TooMuchWorkError):
                spend(1)
    spend(1_000_000)  # outside of a proof nothing is counted
