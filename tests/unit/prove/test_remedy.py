"""A fix says what to write at the place that it points to: it speaks of the join, the window or the group there."""

from __future__ import annotations

import pytest

from tzero.prove import Finding, parse_toml, prove
from tzero.prove.rules import EXAMPLE_DECLARATIONS

DECLARED = EXAMPLE_DECLARATIONS
HEAD = "SELECT s.id, s.at AS t0"


def found(sql: str, code: str, declared: str = DECLARED) -> Finding:
    proof = prove(sql, parse_toml(declared).for_query(), dialect="duckdb")
    codes = [finding.code for finding in proof.findings]
    assert code in codes, codes
    return next(finding for finding in proof.findings if finding.code == code)


@pytest.mark.parametrize(("sql", "code", "said", "unsaid"), [
    (f"{HEAD}, v.n FROM sales s LEFT JOIN visits v ON v.sale = s.id", "T001",
     "add to the ON of its join: v.at < s.at", "LEFT JOIN"),
    (f"{HEAD}, v.n FROM sales s JOIN visits v ON v.sale = s.id", "T003",
     "use LEFT JOIN, or add to its ON: v.at", "WHERE"),
    (f"{HEAD}, v.n FROM sales s LEFT JOIN visits v ON v.sale = s.id", "T003", "each match is a row", "use LEFT JOIN"),
    (f"{HEAD}, (SELECT MAX(v.n) FROM visits v) AS f FROM sales s", "T002", "add to its WHERE", "frame"),
    ("WITH c AS (SELECT shop, COUNT(*) AS n FROM sales GROUP BY shop)"
     f" {HEAD}, c.n FROM sales s LEFT JOIN c ON c.shop = s.shop", "T002", "before grouping", "frame"),
    (f"{HEAD}, AVG(s.price) OVER (PARTITION BY s.shop) AS f FROM sales s", "T002", "without an order", "ON"),
    (f"{HEAD}, AVG(s.price) OVER (ORDER BY s.at ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING) AS f FROM sales s", "T002",
     "end the frame before the own row", "ON"),
    (f"{HEAD}, COUNT(*) OVER (ORDER BY s.at) AS f FROM sales s", "T014", "before the peers", "instead of <="),
    (f"{HEAD}, LAG(s.price) OVER (ORDER BY s.at) AS f FROM sales s", "T014", "LAST_VALUE, with RANGE", "end the frame"),
    (f"{HEAD}, ROW_NUMBER() OVER (ORDER BY s.at, s.id) AS f FROM sales s", "T014", "RANK does not", "frame"),
    (f"{HEAD}, LEAD(s.price) OVER (ORDER BY s.at) AS f FROM sales s", "T002", "look back with LAG", "frame"),
    (f"{HEAD}, NTILE(4) OVER (ORDER BY s.at) AS f FROM sales s", "T002", "whole partition", "end the frame"),
    (f"{HEAD}, LAG(s.price) OVER (ORDER BY s.shop, s.id) AS f FROM sales s", "T002",
     "order by sales.at", "end the"),
    (f"{HEAD}, o.price FROM sales o JOIN sales s ON s.shop = o.shop", "T003",
     "join it by its whole key", "declare own"),
    (f"{HEAD}, (SELECT ANY_VALUE(v.room) FROM visits v WHERE v.at < s.at) AS f FROM sales s", "T011",
     "MIN or MAX", "NULL"),
    (f"{HEAD}, (SELECT COUNT(*) FROM visits v WHERE v.at <= s.at) AS f FROM sales s", "T014", "instead of <=", "frame"),
    (f"{HEAD} FROM sales s WHERE EXISTS (SELECT 1 FROM visits v WHERE v.sale = s.id)", "T003", "WHERE", "LEFT JOIN"),
    (f"{HEAD}, SUM(s.rating) OVER (ORDER BY s.at GROUPS BETWEEN 2 PRECEDING AND 1 PRECEDING) AS f FROM sales s",
     "T011", "cast to a decimal", "unique key"),
    (f"{HEAD}, ROW_NUMBER() OVER (PARTITION BY s.shop ORDER BY s.price) AS f FROM sales s", "T011",
     "unique key as the last term", "decimal"),
    (f"{HEAD}, (SELECT string_agg(v.room, ',') FROM visits v WHERE v.at < s.at) AS f FROM sales s", "T011",
     "ORDER BY inside the call", "decimal"),
    (f"{HEAD}, my_score(s.price) AS f FROM sales s", "T012", "pure_functions = ['my_score']", "recursion"),
    (f"{HEAD}, s.prise AS f FROM sales s", "T012", "correct the name", "pure_functions"),
    ("WITH RECURSIVE r AS (SELECT id, at FROM sales UNION ALL SELECT r.id, q.at FROM r, r q) SELECT id, at t0 FROM r",
     "T012", "without recursion", "pure_functions"),
])  # fmt: skip
def test_a_fix_speaks_of_its_place(sql: str, code: str, said: str, unsaid: str) -> None:
    finding = found(sql, code)
    assert said in finding.fix
    assert unsaid not in finding.fix


def test_a_row_without_an_owner_may_be_the_row_itself() -> None:
    spine = DECLARED.replace('own = "sales"', 'spine = ["id"]')
    finding = found(f"{HEAD} FROM sales s", "T014", spine)
    assert "declare own = 'sales'" in finding.fix
    assert finding.missing == "own = 'sales'"


def test_what_a_view_holds_is_also_told_where_it_is_read() -> None:
    views = {"totals": "SELECT shop, MAX(price) AS top FROM sales GROUP BY shop", "more": "SELECT * FROM totals"}
    sql = f"{HEAD},\n t.top FROM sales s LEFT JOIN more t ON t.shop = s.shop"
    proof = prove(sql, parse_toml(DECLARED).for_query(), dialect="duckdb", views=views)
    (finding,) = [finding for finding in proof.findings if finding.column == "top" and finding.code == "T002"]
    assert finding.view == "totals"
    assert finding.read_at is not None
    assert (finding.read_at.line, sql[finding.read_at.start : finding.read_at.end]) == (2, "more t")
