"""Waivers: what they cover, until when, and what nobody can waive."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from tests.unit.certify.shop import Shop

from tzero.certify.certificate import certify
from tzero.certify.certification import Certification
from tzero.certify.gate import Finding, GateResult, Verdict
from tzero.certify.waiver import Waiver, uncovered, unused

TODAY = dt.date(2026, 5, 1)
PRICE = Finding("T006", "weather.temp is not dated", column="temp")
GUST = Finding("T006", "weather.gust is not dated", column="gust")
UNPROVED = GateResult("B1", "proof", Verdict.UNPROVED, "two columns", findings=(PRICE, GUST))
FAILED = GateResult("C1", "future", Verdict.LEAK, "a witness", findings=(PRICE,))
BROAD = Waiver("B1", "Ada", "the feed is never late")


def test_a_waiver_covers_its_gate_code_and_column() -> None:
    assert uncovered([UNPROVED], [BROAD], TODAY) == ()
    assert uncovered([UNPROVED], [Waiver("B1", "Ada", "never late", column="temp")], TODAY) == (GUST,)
    assert uncovered([UNPROVED], [Waiver("B1", "Ada", "never late", code="T001")], TODAY) == (PRICE, GUST)
    assert uncovered([UNPROVED], [Waiver("C1", "Ada", "never late")], TODAY) == (PRICE, GUST)


def test_the_last_day_of_a_waiver_is_its_until() -> None:
    waiver = Waiver("B1", "Ada", "never late", until=TODAY)
    assert uncovered([UNPROVED], [waiver], TODAY) == ()
    assert uncovered([UNPROVED], [waiver], TODAY + dt.timedelta(days=1)) == (PRICE, GUST)


def test_a_waiver_that_covers_nothing_is_reported() -> None:
    other = Waiver("B1", "Ada", "never late", column="rain")
    assert unused([UNPROVED], [BROAD, other], TODAY) == (other,)


def test_unproved_certifies_with_a_waiver_alone(shop: Shop) -> None:
    certification = Certification(shop.subject(), (UNPROVED,))
    assert not certify(certification).is_good
    made = certify(certification, [BROAD])
    assert made.is_good
    assert made.predicate["waivers"][0]["by"] == "Ada"


def test_a_leak_or_a_failure_is_never_waived(shop: Shop) -> None:
    certification = Certification(shop.subject(), (FAILED,))
    assert not certify(certification, [Waiver("C1", "Ada", "we like it")]).is_good


def test_nothing_at_all_certifies_nothing(shop: Shop) -> None:
    assert not certify(Certification(shop.subject(), ())).is_good


def test_a_finding_of_several_columns_needs_each_of_them_waived() -> None:
    both = replace(PRICE, columns=("temp", "gust"))
    result = replace(UNPROVED, findings=(both,))
    temp, gust = (Waiver("B1", "Ada", "never late", column=name) for name in ("temp", "gust"))
    assert uncovered([result], [temp], TODAY) == (both,)
    assert uncovered([result], [temp, gust], TODAY) == ()
    assert unused([result], [temp, gust], TODAY) == ()
    assert uncovered([result], [BROAD], TODAY) == ()


def test_unproved_without_a_finding_cannot_be_waived(shop: Shop) -> None:
    bare = GateResult("B1", "proof", Verdict.UNPROVED, "it does not say what")
    assert not certify(Certification(shop.subject(), (bare,)), [BROAD]).is_good
