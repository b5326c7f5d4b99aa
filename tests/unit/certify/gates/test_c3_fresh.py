"""C3: rows that came after the last refresh."""

from __future__ import annotations

from tests.unit.certify.shop import Shop

from tzero.certify.gate import GateResult, Verdict
from tzero.certify.gates.c3_fresh import FreshGate


def judged(shop: Shop) -> GateResult:
    return FreshGate()(shop.subject())


def test_after_apply_it_is_fresh(shop: Shop) -> None:
    result = judged(shop)
    assert (result.verdict, result.findings) == (Verdict.PASS, ())
    assert result.exercised == {"stored": 1, "keys compared": 1, "totals compared": 1}


def test_a_row_of_a_new_day(shop: Shop) -> None:
    shop.run("INSERT INTO raw.sales VALUES (500, TIMESTAMP '2024-06-01', 'b1', 'red', 1)")
    assert {finding.code for finding in judged(shop).findings} == {"C3.missing"}
    shop.refresh()
    assert judged(shop).verdict is Verdict.PASS


def test_a_row_that_came_late_into_an_old_day(shop: Shop) -> None:
    shop.run("INSERT INTO raw.sales VALUES (500, TIMESTAMP '2024-01-03 01:00', 'b1', 'red', 1)")
    (finding,) = judged(shop).findings
    assert finding.code == "C3.behind"
    assert finding.column == "brand_n"
    shop.refresh()
    assert judged(shop).verdict is Verdict.PASS
