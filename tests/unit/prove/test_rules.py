"""Every rule's example leaks as the rule says, and the other one does not; the reference page says the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tzero.falsify import Outcome, falsify
from tzero.prove import parse_toml, prove
from tzero.prove.diagnosis import ANCHOR_CODE, CODES, PRESENCE_CODE, TIE_CODE
from tzero.prove.rules import EXAMPLE_DECLARATIONS, RULES, Rule, reference

DECLARED = parse_toml(EXAMPLE_DECLARATIONS).for_query()


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code)
def test_examples(rule: Rule) -> None:
    leaks = prove(rule.leaks, DECLARED, dialect=rule.dialect)
    assert rule.code in [finding.code for finding in leaks.findings]
    safe = prove(rule.safe, DECLARED, dialect=rule.dialect)
    assert safe.proved, safe.findings


WITHOUT_WITNESS = {"T006", "T007", "T012"}
"""Of what is undated, undeclared or not understood no data can be made that shows it."""


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code)
def test_examples_by_data(rule: Rule) -> None:
    safe = falsify(rule.safe, DECLARED, dialect=rule.dialect, seconds=20, worlds=60)
    assert safe.outcome is Outcome.CLEAN, str(safe)
    if rule.code not in WITHOUT_WITNESS:
        leaks = falsify(rule.leaks, DECLARED, dialect=rule.dialect, seconds=20, worlds=400)
        assert leaks.outcome is Outcome.LEAK, str(leaks)


def test_every_finding_has_a_rule() -> None:
    assert {*CODES.values(), ANCHOR_CODE, PRESENCE_CODE, TIE_CODE} == set(RULES)


def test_the_reference_page_is_what_the_rules_say() -> None:
    page = Path(__file__).parents[3] / "docs" / "reference" / "rules.md"
    assert page.read_text(encoding="utf-8") == reference()
