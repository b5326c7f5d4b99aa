"""A4: definitions that changed behind the back of whoever answers for them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.certify.shop import Shop

from tzero.certify.acceptance import accept, accept_changed, accept_found
from tzero.certify.gate import GateResult, Verdict
from tzero.certify.gates.a4_definition import DefinitionGate
from tzero.certify.lineage import lineage_of
from tzero.errors import UsageError
from tzero.features.views import FeatureView
from tzero.refresh.declared import Declared
from tzero.state import accepted


def judged(shop: Shop) -> GateResult:
    return DefinitionGate()(shop.subject())


def replace_by_hand(shop: Shop) -> None:
    """Let the features show another price, under the same names and types."""
    text = str(lineage_of(shop.subject()).relation.definition)
    query = text[text.upper().index("SELECT") :]
    columns = "id, t0, price + 1 AS price, brand_n, brand_shade_n, shade_share"
    shop.run(f"CREATE OR REPLACE VIEW shop.features AS SELECT {columns} FROM ({query.rstrip().rstrip(';')}) AS f")


def test_what_apply_built_is_accepted(shop: Shop) -> None:
    result = judged(shop)
    assert (result.verdict, result.findings) == (Verdict.PASS, ())
    assert result.exercised == {"definitions": 3, "accepted before": 3}


def test_a_refresh_accepts_nothing(shop: Shop) -> None:
    before = accepted.latest(shop.state)
    shop.refresh()
    assert accepted.latest(shop.state) == before


def test_a_view_that_was_replaced_by_hand(shop: Shop) -> None:
    replace_by_hand(shop)
    result = judged(shop)
    assert result.verdict is Verdict.FAIL
    (finding,) = result.findings
    assert finding.code == "A4.changed"
    assert finding.relation == "shop.features"
    assert "tzero apply accepted it on" in finding.message


def test_declarations_that_were_not_applied(shop: Shop) -> None:
    (view,) = shop.declared.views
    fewer = FeatureView(str(view.name), view.rows, **dict(view.features[1:]))
    shop.declared = replace(shop.declared, views=(fewer,))
    result = judged(shop)
    assert "A4.declared" in {finding.code for finding in result.findings}
    assert result.verdict is Verdict.FAIL


def test_a_view_of_somebody_else_is_accepted_at_first_sight_and_watched_from_then_on(shop: Shop) -> None:
    shop.run("CREATE VIEW raw.clean AS SELECT * FROM raw.sales WHERE price >= 0")
    (view,) = shop.declared.views
    source = replace(view.rows.source, relation=replace(view.rows.source.relation, name="clean"))
    rows = replace(view.rows, source=source)
    other = FeatureView(str(view.name), rows, n=rows.before_day(zone="UTC").count("brand"))
    shop.declared = Declared((other,))
    shop.apply()
    result = judged(shop)
    assert result.verdict is Verdict.PASS
    assert any(note.startswith("raw.clean is seen for the first time") for note in result.notes)
    assert [str(name) for name in accept_found(shop.state, lineage_of(shop.subject()))] == ["raw.clean"]
    shop.run("CREATE OR REPLACE VIEW raw.clean AS SELECT * FROM raw.sales WHERE price >= 1")
    assert [finding.relation for finding in judged(shop).findings] == ["raw.clean"]


def test_a_change_is_accepted_by_name_and_reason(shop: Shop) -> None:
    replace_by_hand(shop)
    lineage = lineage_of(shop.subject())
    with pytest.raises(UsageError, match="a name and a reason"):
        accept_changed(shop.state, lineage, "Ada", " ")
    assert [str(name) for name in accept_changed(shop.state, lineage, "Ada", "prices include tax")] == ["shop.features"]
    assert judged(shop).verdict is Verdict.PASS
    assert accepted.latest(shop.state)["shop.features"].accepted_by == "Ada"


def test_a_subject_is_accepted_whole(shop: Shop) -> None:
    replace_by_hand(shop)
    assert [str(name) for name in accept(shop.subject(), "Ada", "prices include tax")] == ["shop.features"]
    assert judged(shop).verdict is Verdict.PASS
    assert accept(shop.subject(), "Ada", "again") == ()
