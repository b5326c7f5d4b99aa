"""C1: what changes in the past when the future of the very rows changes."""

from __future__ import annotations

import re

import pytest
from tests.unit.certify.own import OWN_SQL, own_subject
from tests.unit.certify.shop import Shop

from tzero.certify.gate import GateResult, Verdict
from tzero.certify.gates.c1_future import FutureGate
from tzero.errors import EngineError
from tzero.falsify import Outcome, falsify_relation

LEAKS = {
    "n": OWN_SQL.replace("o.sold_at < s.sold_at", "o.sold_at <= s.sold_at"),
    "total": OWN_SQL.replace("FROM raw.sales s", ", count(*) OVER (PARTITION BY brand) AS total FROM raw.sales s"),
    "share": OWN_SQL.replace("FROM raw.sales s", ", percent_rank() OVER (ORDER BY price) AS share FROM raw.sales s"),
    "(row presence)": f"{OWN_SQL} WHERE NOT EXISTS (SELECT 1 FROM raw.sales l WHERE l.brand = s.brand "
    "AND l.color = s.color AND l.sold_at > s.sold_at)",
}


def judged(shop: Shop, query: str, seconds: float = 60.0) -> GateResult:
    return FutureGate(seconds, worlds=120)(own_subject(shop, query))


def test_a_compiled_view_stands(shop: Shop) -> None:
    result = FutureGate(60.0, worlds=30)(shop.subject())
    assert (result.verdict, result.findings) == (Verdict.PASS, ())
    assert result.exercised["worlds"] >= 30
    assert int(result.exercised["rows moved"]) > 0
    assert {"add", "remove", "perturb"} <= set(str(result.exercised["kinds of change"]).split(", "))


@pytest.mark.parametrize("column", LEAKS)
def test_a_leak_has_a_witness(shop: Shop, column: str) -> None:
    result = judged(shop, LEAKS[column])
    assert result.verdict is Verdict.LEAK
    (finding,) = result.findings
    assert (finding.code, finding.column) == ("C1.leak", column)
    assert finding.witness is not None
    assert finding.witness["changes"][0]["relation"] == "raw.sales"
    assert finding.witness["before"] != finding.witness["after"]


def test_a_part_of_a_large_relation_is_enough(shop: Shop) -> None:
    gate = FutureGate(60.0, worlds=120, most=40)
    result = gate(own_subject(shop, LEAKS["n"]))
    assert result.verdict is Verdict.LEAK
    assert result.notes == ("120 rows of raw.sales: each world holds about 40 near its cut, 10 of all times",)
    result = FutureGate(60.0, worlds=30, most=40)(shop.subject())
    assert result.verdict is Verdict.PASS
    assert 0 < int(result.exercised["rows compared"]) < 30 * 120
    assert not [note for note in result.notes if "could not be run" in note]


@pytest.mark.parametrize("held", [True, False])
def test_what_worlds_share_is_held_where_it_may_be_and_let_go(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, held: bool
) -> None:
    made = []
    execute = shop.engine.execute

    def noted(query: str) -> None:
        made.extend(re.findall(r'TEMPORARY TABLE "(\w+)"', query))
        execute(query)

    monkeypatch.setattr(shop.engine, "execute", noted)
    monkeypatch.setattr(shop.engine, "read_only", not held)
    found = FutureGate(60.0, worlds=30, most=40)(shop.subject())
    assert found.verdict is Verdict.PASS
    assert int(found.exercised["rows moved"]) > 0
    assert not [note for note in found.notes if "could not be run" in note]
    assert FutureGate(60.0, worlds=120, most=40)(own_subject(shop, LEAKS["n"])).verdict is Verdict.LEAK
    assert set(made) == ({"taken_part_0", "taken_before"} if held else set())
    for name in made:
        with pytest.raises(EngineError):
            shop.engine.rows(f"SELECT * FROM {name}")


def test_a_stored_table_that_was_filled_by_hand_is_taken_by_its_definition(shop: Shop) -> None:
    """What C1 tries is the definition; that the rows are its rows is for B2 to say."""
    if shop.on_postgres:
        pytest.skip("a materialized view takes no rows but its query's")
    shop.run("UPDATE shop.features_stats SET brand_n = brand_n + 1")
    assert FutureGate(60.0, worlds=8)(shop.subject()).verdict is Verdict.PASS


def test_nothing_to_exercise_fails(shop: Shop) -> None:
    shop.run("DELETE FROM raw.sales")
    result = judged(shop, OWN_SQL)
    assert result.verdict is Verdict.FAIL
    assert [finding.code for finding in result.findings] == ["C1.inconclusive"]


def test_what_is_left_alone_is_said(shop: Shop) -> None:
    shop.run("CREATE TABLE raw.fashion AS SELECT 'red' AS color, 1 AS hot")
    query = OWN_SQL.replace("FROM raw.sales s", ", f.hot FROM raw.sales s LEFT JOIN raw.fashion f ON f.color = s.color")
    result = FutureGate(60.0, worlds=8)(own_subject(shop, query))
    assert any("raw.fashion" in note for note in result.notes)


def test_a_search_ends_in_proportion_to_the_build_and_says_what_it_did_not_try(shop: Shop) -> None:
    """No seconds, no share of them: what was tried is what it takes until something moves."""
    subject = shop.subject()
    trial = falsify_relation(
        subject.engine, subject.relation, subject.declarations, views=subject.views, sources=subject.sources,
        seconds=60.0, enough=0.0, worlds=120,
    )  # fmt: skip
    assert trial.outcome is Outcome.CLEAN
    assert sum(exercise.moved for exercise in trial.exercised.values()) > 0
    assert trial.seconds < 30
    assert {"rerun", "order"} <= set(trial.untried)
    assert not set(trial.untried) & set(trial.exercised)
    whole = FutureGate(worlds=120)(subject)
    assert whole.verdict is Verdict.PASS
    assert {"add", "remove"} <= set(str(whole.exercised["kinds that moved rows"]).split(", "))
