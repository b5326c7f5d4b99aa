"""A3: every way in which the columns can differ from what is promised, planted."""

from __future__ import annotations

from tests.unit.certify.shop import Shop

from tzero.certify.gate import GateResult, Verdict
from tzero.certify.gates.a3_contract import ContractGate

SHOWN = "id, t0, price, brand_n, brand_shade_n, shade_share"


def judged(shop: Shop) -> GateResult:
    return ContractGate()(shop.subject())


def failing(shop: Shop) -> set[str]:
    result = judged(shop)
    assert result.verdict is Verdict.FAIL
    return {finding.code for finding in result.findings}


def shown_as(shop: Shop, columns: str) -> None:
    """Show the view's columns otherwise, under its name."""
    kind = "" if shop.engine.kind(shop.subject().relation) is None else "ALTER VIEW shop.features RENAME TO hidden"
    shop.run(kind, f"CREATE VIEW shop.features AS SELECT {columns} FROM shop.hidden")


def test_the_promised_columns_pass(shop: Shop) -> None:
    result = judged(shop)
    assert result.verdict is Verdict.PASS
    assert result.exercised["columns"] == len(SHOWN.split(", "))


def test_a_column_renamed(shop: Shop) -> None:
    shown_as(shop, SHOWN.replace("brand_n,", "brand_n AS brand_m,"))
    assert failing(shop) == {"A3.missing", "A3.extra"}


def test_a_column_added(shop: Shop) -> None:
    shown_as(shop, f"{SHOWN}, 1 AS one_more")
    assert failing(shop) == {"A3.extra"}


def test_a_column_retyped(shop: Shop) -> None:
    shown_as(shop, SHOWN.replace("price", "CAST(price AS text) AS price"))
    assert failing(shop) == {"A3.type"}


def test_columns_in_another_order(shop: Shop) -> None:
    shown_as(shop, SHOWN.replace("price, brand_n", "brand_n, price"))
    assert failing(shop) == {"A3.position"}


def test_the_contract_of_another_relation(shop: Shop) -> None:
    shop.run("UPDATE feature_store.feature_set SET relation = 'ml.another_view'")
    assert failing(shop) == {"A3.relation"}


def test_a_contract_that_was_changed_by_hand(shop: Shop) -> None:
    shop.run("UPDATE feature_store.feature_contract SET dtype = 'text' WHERE feature_name = 'price'")
    assert failing(shop) == {"A3.tampered"}


def test_no_contract(shop: Shop) -> None:
    shop.run("DELETE FROM feature_store.feature_contract", "DELETE FROM feature_store.feature_set")
    assert failing(shop) == {"A3.missing"}
