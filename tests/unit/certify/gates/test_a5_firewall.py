"""A5: labels and "current" rows in the closure, planted."""

from __future__ import annotations

from tests.unit.certify.shop import Shop

from tzero.certify.gate import Verdict
from tzero.certify.gates.a5_firewall import FirewallGate


def test_nothing_forbidden(shop: Shop) -> None:
    result = FirewallGate()(shop.subject(firewall=("ml.labels*",), current=frozenset({"is_current"})))
    assert result.verdict is Verdict.PASS
    assert result.exercised["relations"] == 4
    assert result.notes == ()


def test_a_relation_of_labels_is_named_with_its_reader(shop: Shop) -> None:
    result = FirewallGate()(shop.subject(firewall=("raw.*",)))
    assert result.verdict is Verdict.FAIL
    (finding,) = result.findings
    assert finding.code == "A5.relation"
    assert "raw.sales is behind the firewall" in finding.message
    assert "read by shop.features_base" in finding.message


def test_a_column_that_marks_the_current_row(shop: Shop) -> None:
    result = FirewallGate()(shop.subject(current=frozenset({"color"})))
    assert result.verdict is Verdict.FAIL
    assert {(finding.code, finding.column) for finding in result.findings} == {("A5.current", "color")}


def test_without_a_firewall_it_says_so(shop: Shop) -> None:
    assert "list labels" in FirewallGate()(shop.subject()).notes[0]
