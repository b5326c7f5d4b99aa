"""What a proof assumes beside the declared facts is printed with it."""

from __future__ import annotations

import duckdb
import pytest
from tests.specs.reading import HERE

from tzero.prove import parse_toml, prove
from tzero.prove.transfer.times import FINITE

DECLARED = parse_toml((HERE / "declarations.toml").read_text(encoding="utf-8")).for_query()
SELECT = "SELECT s.id, s.made AS t0, "


@pytest.mark.parametrize("feature", [
    "(SELECT COUNT(*) FROM visits v WHERE v.made <= s.made - INTERVAL '1 hour') AS f FROM sales s",
    "(SELECT COUNT(*) FROM visits v WHERE NOT (v.made + INTERVAL '1 hour' > s.made)) AS f FROM sales s",
    "COUNT(*) OVER (ORDER BY s.made RANGE BETWEEN UNBOUNDED PRECEDING AND INTERVAL '1 hour' PRECEDING) AS f"
    " FROM sales s",
])  # fmt: skip
def test_an_interval_says_nothing_of_infinity(feature: str) -> None:
    proof = prove(SELECT + feature, DECLARED, dialect="duckdb")
    assert proof.proved
    assert FINITE in proof.assumptions


def test_a_strict_comparison_needs_no_finite_times() -> None:
    feature = "(SELECT COUNT(*) FROM visits v WHERE v.made < s.made) AS f FROM sales s"
    proof = prove(SELECT + feature, DECLARED, dialect="duckdb")
    assert proof.proved
    assert FINITE not in proof.assumptions


def test_why_it_is_assumed() -> None:
    """An event at infinity is seen by an anchor at infinity, though it is a day before it."""
    query = "SELECT e <= e - INTERVAL '1 day' FROM (SELECT TIMESTAMPTZ 'infinity' AS e)"
    assert duckdb.connect().execute(query).fetchall() == [(True,)]


def test_text_that_sorts_like_a_day() -> None:
    day = "strftime({}.made AT TIME ZONE 'UTC', '%Y-%m-%d')"
    feature = f"(SELECT COUNT(*) FROM visits v WHERE {day.format('v')} < {day.format('s')}) AS f FROM sales s"
    proof = prove(SELECT + feature, DECLARED, dialect="duckdb")
    assert proof.proved
    assert any("four digits" in text for text in proof.assumptions)


@pytest.mark.parametrize("feature", [
    "(SELECT SUM(CAST(v.n AS DOUBLE)) FROM visits v WHERE v.made < s.made) AS f FROM sales s",
    "SUM(CAST(s.id AS DOUBLE)) OVER (ORDER BY s.made GROUPS BETWEEN 9 PRECEDING AND 1 PRECEDING) AS f FROM sales s",
])  # fmt: skip
def test_whole_numbers_as_doubles_add_up_exactly_while_they_are_small(feature: str) -> None:
    proof = prove(SELECT + feature, DECLARED, dialect="duckdb")
    assert proof.proved
    assert any("2**53" in text for text in proof.assumptions)


@pytest.mark.parametrize("feature", [
    "(SELECT SUM(CAST(o.price AS DOUBLE)) FROM sales o WHERE o.made < s.made) AS f FROM sales s",
    "(SELECT ROUND(AVG(o.p)) FROM (SELECT price / 2 AS p, made FROM sales) o WHERE o.made < s.made) AS f FROM sales s",
    "SUM(s.rating) OVER (ORDER BY s.made GROUPS BETWEEN 9 PRECEDING AND 1 PRECEDING) AS f FROM sales s",
])  # fmt: skip
def test_other_doubles_do_not(feature: str) -> None:
    proof = prove(SELECT + feature, DECLARED, dialect="duckdb")
    assert [finding.code for finding in proof.findings] == ["T011"]
