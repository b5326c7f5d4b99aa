"""The page of a certificate: whole, alone, and harmless whatever the data say."""

from __future__ import annotations

import re

import pytest
from tests.unit.certify.shop import Shop, open_shop

from tzero.certify.baseline import compare, grow
from tzero.certify.certificate import Certificate, certify
from tzero.certify.certification import Certification, pass_gates
from tzero.certify.gate import Finding, GateResult, Verdict
from tzero.certify.gates.c2_baseline import BaselineGate
from tzero.certify.verify import verify
from tzero.report.page import render_page

HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e"
WITNESS = {
    "says": "a later row came",
    "cut": "2024-01-05T00:00:00",
    "changes": [
        {"relation": "raw.sales", "verb": "added", "before": None, "after": {"brand": HOSTILE, "sold_at": "2024-02-01"}}
    ],
    "column": "n",
    "before": {"id": 7, "t0": "2024-01-02", "n": 1},
    "after": {"id": 7, "t0": "2024-01-02", "n": 2},
    "text": HOSTILE,
}  # fmt: skip
GOOD = GateResult("A1", "objects", Verdict.PASS, "all there", {"relations": 3})
LEAK = GateResult(
    "C1", "future", Verdict.LEAK, "n leaks", findings=(Finding("C1.leak", HOSTILE, "s.t", "n", "", WITNESS),)
)


@pytest.fixture
def shop() -> Shop:
    return open_shop("duckdb")


def made(shop: Shop, *results: GateResult) -> Certificate:
    return certify(Certification(shop.subject(), results))


def test_a_good_page_says_so_and_shows_its_pictures(shop: Shop) -> None:
    page = render_page(made(shop, GOOD))
    assert "A model may be trained on this table." in page
    assert page.count("<svg") > 5
    assert "shop.features_base" in page


def test_a_leak_is_told_as_a_story(shop: Shop) -> None:
    page = render_page(made(shop, GOOD, LEAK))
    assert "it knows the future" in page
    assert "reaches back 30 days" in page
    assert "A row was added to raw.sales" in page


def test_the_page_runs_nothing_and_loads_nothing(shop: Shop) -> None:
    page = render_page(made(shop, GOOD, LEAK))
    assert "<script" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert not re.search(r"""(src|href)\s*=|url\((?!#)|@import""", page)


def test_a_changed_certificate_is_told(shop: Shop) -> None:
    found = made(shop, LEAK)
    wrong = {check.what for check in verify(found, found.id) if not check.holds}
    assert wrong == {"gates"}  # only one gate ran
    turned = Certificate({**found.statement, "predicate": {**found.predicate, "verdict": "CERTIFIED"}})
    wrong = {check.what for check in verify(turned, found.id) if not check.holds}
    assert wrong == {"id", "gates", "verdict"}
    links = [{**link, "definition": "SELECT 1"} for link in found.predicate["lineage"]]
    redefined = Certificate({**found.statement, "predicate": {**found.predicate, "lineage": links}})
    assert "digests" in {check.what for check in verify(redefined, redefined.id) if not check.holds}


def test_the_map_of_digests_is_drawn_and_its_drift_marked(shop: Shop) -> None:
    subject = shop.subject()
    grow(subject, compare(subject))
    shop.run("UPDATE raw.sales SET price = price + 1 WHERE CAST(sold_at AS date) = DATE '2024-01-05'")
    page = render_page(certify(pass_gates(subject, [BaselineGate()])))
    assert "Day by day" in page
    assert "<title>price: drift, 2024-01-05</title>" in page
    assert "<title>price: same, 2024-01-01 to 2024-01-04</title>" in page
    assert "<title>id: same, 2024-01-01 to 2024-01-25</title>" in page


def test_a_first_baseline_is_drawn_as_new(shop: Shop) -> None:
    page = render_page(certify(pass_gates(shop.subject(), [BaselineGate()])))
    assert "<title>price: new, 2024-01-01 to 2024-01-26</title>" in page
