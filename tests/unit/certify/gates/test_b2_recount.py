"""B2: values that are not what counting again gives, planted; a sample says that it is one."""

from __future__ import annotations

import itertools
import re

import pytest
from tests.unit.certify.own import OWN_SQL, own_subject
from tests.unit.certify.shop import VIEW, Shop

from tzero.certify.gate import GateResult, Verdict
from tzero.certify.gates.b2_recount import RecountGate
from tzero.certify.subject import Subject

STATS = "shop.features_stats"
VALUES = 3 * 312


def judged(shop: Shop, subject: Subject | None = None) -> GateResult:
    return RecountGate()(subject or shop.subject())


def failing(result: GateResult) -> set[tuple[str, str]]:
    assert result.verdict is Verdict.FAIL
    return {(finding.code, finding.column) for finding in result.findings}


def redefined(shop: Shop, brand_n: str) -> None:
    """The statistics made anew, with another definition of one count."""
    subject = shop.subject()
    assert subject.deployment is not None
    relation = next(item for item in subject.deployment.relations if item.is_stored)
    text = (
        f"SELECT x.t0_day, x.brand, x.shade, CAST({brand_n} AS int) AS brand_n, x.brand_shade_n, x.shade_share "
        f"FROM ({shop.engine.render(relation.query)}) AS x"
    )
    if shop.on_postgres:
        view = shop.engine.rows("SELECT pg_catalog.pg_get_viewdef('shop.features'::pg_catalog.regclass)")[0][0]
        shop.run(f"DROP MATERIALIZED VIEW {STATS} CASCADE", f"CREATE MATERIALIZED VIEW {STATS} AS {text}")
        shop.run(f"CREATE VIEW {VIEW} AS {view}")
    else:
        shop.run(f"CREATE OR REPLACE TABLE {STATS} AS {text}")


def test_every_value_of_a_fresh_store(shop: Shop) -> None:
    result = judged(shop)
    assert (result.verdict, result.findings, result.notes) == (Verdict.PASS, (), ())
    assert result.exercised["values compared"] == result.exercised["values"] == VALUES


def test_a_count_that_includes_its_own_day(shop: Shop) -> None:
    redefined(shop, "x.brand_n")
    assert judged(shop).verdict is Verdict.PASS, "the same count"
    redefined(shop, "(SELECT count(*) FROM shop.features_base AS b WHERE b.brand = x.brand AND b.t0_day <= x.t0_day)")
    assert failing(judged(shop)) == {("B2.recount", "brand_n")}


def test_a_count_that_is_wrong_at_one_key_alone(shop: Shop) -> None:
    redefined(shop, "CASE WHEN x.t0_day = '2024-01-03' AND x.brand = 'b2' THEN 0 ELSE x.brand_n END")
    result = judged(shop)
    assert failing(result) == {("B2.recount", "brand_n")}
    assert re.search(r"\(2024-01-03, b2, \w+\) stands 0", result.findings[0].message)


def test_one_value_changed_by_hand(shop: Shop) -> None:
    if shop.on_postgres:
        pytest.skip("a materialized view takes no rows but its query's")
    shop.run(f"UPDATE {STATS} SET brand_n = brand_n + 1 WHERE t0_day = '2024-01-10' AND brand = 'b1' AND shade = 'red'")
    result = judged(shop)
    assert failing(result) == {("B2.recount", "brand_n")}
    (finding,) = result.findings
    assert finding.message.startswith("1 of 312 values of brand_n")
    assert finding.witness is not None
    assert finding.witness["key"] == {"t0_day": "2024-01-10", "brand": "b1", "shade": "red"}
    assert int(finding.witness["found"]) == int(finding.witness["counted"]) + 1


def test_a_row_that_came_late_into_the_past(shop: Shop) -> None:
    shop.run("INSERT INTO raw.sales VALUES (900, '2024-01-02 01:00:00', 'b1', 'red', 1)")
    assert ("B2.recount", "brand_n") in failing(judged(shop))
    shop.refresh()
    assert judged(shop).verdict is Verdict.PASS


def test_a_view_that_shows_something_else(shop: Shop) -> None:
    query = (
        "SELECT b.id, b.t0, b.price, coalesce(s.brand_n, 0) + 1 AS brand_n, coalesce(s.brand_shade_n, 0) "
        f"AS brand_shade_n, s.shade_share FROM shop.features_base b LEFT JOIN {STATS} s "
        "ON s.t0_day = b.t0_day AND s.brand = b.brand AND s.shade = b.shade"
    )
    shop.run(f"CREATE OR REPLACE VIEW {VIEW} AS {query}")
    result = judged(shop)
    assert failing(result) == {("B2.shown", "brand_n")}
    assert "120 of 120 rows" in result.findings[0].message


def test_too_little_time_means_a_sample_that_says_so(shop: Shop) -> None:
    ticks = itertools.count()
    result = RecountGate(seconds=20.0, clock=lambda: next(ticks), least=0, batch=16)(shop.subject())
    assert result.verdict is Verdict.PASS
    assert 0 < int(result.exercised["values compared"]) < VALUES
    (note,) = result.notes
    assert "all of them would take about" in note
    assert next(ticks) < 30, "what is left when the time is over is left out"


def test_no_time_at_all_fails(shop: Shop) -> None:
    result = RecountGate(seconds=0.0, least=0)(shop.subject())
    assert (result.verdict, result.summary) == (Verdict.FAIL, "there was no value to count again")


def test_some_values_are_compared_however_busy_the_machine_is(shop: Shop) -> None:
    result = RecountGate(seconds=0.0, least=10, batch=16)(shop.subject())
    assert result.verdict is Verdict.PASS
    assert 10 <= int(result.exercised["values compared"]) < VALUES


def test_a_view_without_statistics(shop: Shop) -> None:
    result = judged(shop, own_subject(shop, OWN_SQL))
    assert result.verdict is Verdict.PASS
    assert result.summary.startswith("not applicable")
    assert result.exercised == {"statistics": 0, "stored": 0}


def test_what_a_users_own_view_stores_is_computed_again(shop: Shop) -> None:
    if not shop.on_postgres:
        pytest.skip("this engine has no materialized views")
    shop.run("CREATE MATERIALIZED VIEW shop.kept AS SELECT * FROM raw.sales")
    subject = own_subject(shop, OWN_SQL.replace("raw.sales o", "shop.kept o"))
    assert judged(shop, subject).exercised == {"statistics": 0, "stored": 1}
    shop.run("INSERT INTO raw.sales VALUES (900, '2024-01-02 01:00:00', 'b1', 'red', 1)")
    result = judged(shop, subject)
    assert failing(result) == {("B2.stored", "")}
    assert "1 rows of shop.kept" in result.findings[0].message
