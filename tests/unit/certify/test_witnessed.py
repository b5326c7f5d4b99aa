"""Witnesses are looked for where there can be one, and nowhere else."""

from __future__ import annotations

import pytest
from tests.unit.falsify.shop import shop

from tzero.certify import witnessed
from tzero.certify.witnessed import with_witness
from tzero.prove import Declarations, Proof, Relation, Verdict, prove

UNDATED = Relation("shops", columns={"brand": "text", "city": "text"}, key=("brand",))
LOOKUP = "SELECT s.id, s.sold_at AS t0, h.city{} FROM sales s LEFT JOIN shops h USING (brand)"
COUNT = ", (SELECT count(*) FROM sales o WHERE o.sold_at <= s.sold_at) AS n"


def declared() -> Declarations:
    return Declarations({**shop().relations, "shops": UNDATED}, shop(zone="UTC").query)


def searched(sql: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Proof, int]:
    """The proof with its witnesses, and how many searches there were."""
    searches = []
    search = witnessed.falsify
    monkeypatch.setattr(witnessed, "falsify", lambda *given, **also: searches.append(sql) or search(*given, **also))
    proof = prove(sql, declared(), dialect="duckdb")
    assert {finding.code for finding in proof.findings} >= {"T006"}
    return with_witness(proof, sql, declared(), "duckdb", {}, 10.0), len(searches)


def test_no_witness_is_looked_for_in_rows_that_have_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    proof, searches = searched(LOOKUP.format(""), monkeypatch)
    assert searches == 0
    assert proof.verdict is Verdict.UNPROVED


def test_one_row_is_a_witness_of_every_column_that_it_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = "".join(
        f", (SELECT {what} FROM sales o WHERE o.sold_at <= s.sold_at) AS f{at}"
        for at, what in enumerate(("count(*)", "count(*) + 1", "max(o.sold_at)", "2 * count(*)"))
    )
    sql = LOOKUP.format(columns)
    proof, searches = searched(sql, monkeypatch)
    leaks = {finding.column for finding in proof.findings if finding.verdict is Verdict.LEAK}
    assert leaks >= {"f0", "f1", "f3"}
    assert searches <= 2
    told = {finding.column: finding.witness for finding in proof.findings if finding.witness}
    assert all(told[name]["before"][name] != told[name]["after"][name] for name in leaks)
    assert proof.of("city").verdict is Verdict.UNPROVED


def test_what_else_leaks_is_shown_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    proof, searches = searched(LOOKUP.format(COUNT), monkeypatch)
    assert searches == 1, "once the count has its witness, the lookup is all that is left"
    assert {finding.column: finding.verdict for finding in proof.findings} == {
        "city": Verdict.UNPROVED,
        "n": Verdict.LEAK,
    }
