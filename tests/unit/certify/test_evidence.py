"""What a certificate shows beside its verdicts: the curves, the declarations, the chain, the proof of each column."""

from __future__ import annotations

import datetime as dt
import time

from tests.unit.certify.own import OWN_SQL, own_subject
from tests.unit.certify.shop import Shop

from tzero.certify.certificate import certify, keep
from tzero.certify.certification import Certification
from tzero.certify.curves import curves_of
from tzero.certify.gate import GateResult, Verdict
from tzero.certify.gates.b1_proof import ProofGate
from tzero.report.page import render_page

GOOD = GateResult("A1", "objects", Verdict.PASS, "all there")


def test_curves_hold_one_median_of_every_day(shop: Shop) -> None:
    found = curves_of(shop.subject())
    days = [dt.date.fromisoformat(day) for day in found["days"]]
    assert (days[0], days[-1], len(days)) == (dt.date(2024, 1, 1), dt.date(2024, 1, 26), 26)
    assert sum(found["rows"]) == 120
    assert found["features"]["brand_n"][0] == 0
    assert found["features"]["brand_n"][-1] == 39  # of the 119 rows of earlier days, those of its brand
    assert "id" not in found["features"]


def test_curves_of_a_view_that_shows_its_own_t0(shop: Shop) -> None:
    subject = own_subject(shop, OWN_SQL)
    assert sum(curves_of(subject)["rows"]) == 120


def test_a_certificate_names_the_one_before_it(shop: Shop) -> None:
    first = certify(Certification(shop.subject(), (GOOD,)))
    keep(shop.state, first)
    second = certify(Certification(shop.subject(), (GOOD,)), max_age=dt.timedelta(days=2))
    assert (first.predicate["previous"], second.predicate["previous"]) == (None, first.id)
    assert second.predicate["max_age_seconds"] == 172_800


def test_a_certificate_says_what_was_declared(shop: Shop) -> None:
    made = certify(Certification(shop.subject(), (GOOD,)))
    assert made.predicate["declarations"]["relations"]["raw.sales"]["time"] == "sold_at"


def test_the_proof_is_shown_line_by_line(shop: Shop) -> None:
    evidence = ProofGate(seconds=0)(own_subject(shop, OWN_SQL)).evidence
    columns = {item["column"]: item for item in evidence["columns"]}
    assert columns["n"]["verdict"] == "PROVED"
    facts = [evidence["facts"][number] for number in columns["n"]["facts"]]
    assert "rows of raw.sales are bounded before t0" in facts
    assert {column for _, column in evidence["query"]} == {"", "id", "t0", "n"}


def test_a_certificate_says_how_long_the_last_build_took(shop: Shop) -> None:
    later = "ended_at = started_at + interval '3 seconds'"
    shop.run(f"UPDATE feature_store.t0_run SET {later} WHERE relation = 'shop.features_stats'")
    made = certify(Certification(shop.subject(), (GOOD,)))
    assert made.predicate["built_seconds"] == 3.0
    assert "what they check was built in 3.0 s" in render_page(made)
    whole = certify(Certification(shop.subject(), (GOOD,)), since=time.monotonic() - 5)
    assert 5 <= whole.predicate["seconds"] < 50
    assert f"{whole.predicate['seconds']:.1f} s</b>" in render_page(whole)
    own = certify(Certification(own_subject(shop, OWN_SQL), (GOOD,)))
    assert own.predicate["built_seconds"] is own.predicate["seconds"] is None
    assert "was built in" not in render_page(own)
