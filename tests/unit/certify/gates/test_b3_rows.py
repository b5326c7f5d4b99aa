"""B3: rows that are missing, that stand twice, that have no T0."""

from __future__ import annotations

from tests.unit.certify.shop import Shop

from tzero.certify.gate import Verdict
from tzero.certify.gates.b3_rows import RowsGate


def failing(shop: Shop) -> dict[str, str]:
    result = RowsGate()(shop.subject())
    assert result.verdict is Verdict.FAIL
    return {finding.code: finding.message for finding in result.findings}


def shown_as(shop: Shop, query: str) -> None:
    shop.run("ALTER VIEW shop.features RENAME TO hidden", f"CREATE VIEW shop.features AS {query}")


def test_one_row_for_each(shop: Shop) -> None:
    result = RowsGate()(shop.subject())
    assert (result.verdict, result.findings) == (Verdict.PASS, ())
    assert result.exercised == {"rows": 120, "own rows": 120}


def test_rows_that_stand_twice(shop: Shop) -> None:
    shown_as(shop, "SELECT * FROM shop.hidden UNION ALL SELECT * FROM shop.hidden WHERE id IN (3, 4)")
    assert failing(shop)["B3.repeated_key"].startswith("2 keys (id) stand on several rows")


def test_rows_that_are_lost(shop: Shop) -> None:
    shown_as(shop, "SELECT * FROM shop.hidden WHERE price < 6")
    assert set(failing(shop)) == {"B3.missing"}


def test_rows_that_are_about_nothing(shop: Shop) -> None:
    shown_as(shop, "SELECT * FROM shop.hidden UNION ALL SELECT id + 1000, t0, price, brand_n, brand_shade_n, "
                   "shade_share FROM shop.hidden WHERE id = 1")  # fmt: skip
    assert failing(shop)["B3.extra"].endswith("such as 1001")


def test_a_row_without_a_moment(shop: Shop) -> None:
    shop.run("INSERT INTO raw.sales VALUES (500, NULL, 'b1', 'red', 1), (501, 'infinity', 'b1', 'red', 1)")
    messages = failing(shop)
    assert messages["B3.t0"].startswith(("1 rows", "2 rows"))


def test_no_rows_at_all(shop: Shop) -> None:
    shop.run("DELETE FROM raw.sales")
    assert "B3.empty" in failing(shop)
