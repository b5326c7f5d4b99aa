"""A query may join rows under any name: each of these leaks, and only rows about an own row of the past show it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tzero.falsify import Outcome, falsify
from tzero.prove import parse_toml

DECLARED = parse_toml(
    (Path(__file__).parents[2] / "specs" / "declarations.toml").read_text(encoding="utf-8")
).for_query()
LEAKS = {
    "alias": """WITH v AS (SELECT sale AS listing FROM visits)
        SELECT s.id, s.made AS t0, EXISTS (SELECT 1 FROM v WHERE v.listing = s.id) AS f FROM sales s""",
    "names beside an alias": """WITH v(listing) AS (SELECT sale FROM visits)
        SELECT s.id, s.made AS t0, EXISTS (SELECT 1 FROM v WHERE v.listing = s.id) AS f FROM sales s""",
    "grouped": """SELECT s.id, s.made AS t0, q.c AS f FROM sales s
        LEFT JOIN (SELECT sale AS sid, COUNT(*) AS c FROM visits GROUP BY 1) q ON q.sid = s.id""",
    "using": """WITH q AS (SELECT sale AS sid, COUNT(*) AS c FROM visits GROUP BY 1),
        p AS (SELECT id AS sid, made FROM sales) SELECT sid, made AS t0, c AS f FROM p LEFT JOIN q USING (sid)""",
    "in": "SELECT s.id, s.made AS t0, s.id IN (SELECT v.sale FROM visits v) AS f FROM sales s",
    "any": "SELECT s.id, s.made AS t0, s.id = ANY (SELECT v.sale FROM visits v) AS f FROM sales s",
    "several in": "SELECT s.id, s.made AS t0, (s.id, 3) IN (SELECT v.sale, v.n FROM visits v) AS f FROM sales s",
    "except": """SELECT x.id, s.made AS t0, 1 AS f FROM (SELECT id FROM sales EXCEPT SELECT sale FROM visits) x
        JOIN sales s ON s.id = x.id""",
    "union": """WITH e AS (SELECT id AS k, made FROM sales UNION ALL SELECT sale, made FROM visits)
        SELECT s.id, s.made AS t0, (SELECT COUNT(*) FROM e WHERE e.k = s.id) AS f FROM sales s""",
    "window": """WITH e AS (SELECT id AS k, made, 1 AS own FROM sales UNION ALL SELECT sale, made, 0 FROM visits)
        SELECT k AS id, made AS t0, f FROM (SELECT k, made, own, COUNT(*) OVER (PARTITION BY k) AS f FROM e) z
        WHERE own = 1""",
}


@pytest.mark.parametrize("name", LEAKS)
def test_rows_are_about_the_same_thing_under_any_name(name: str) -> None:
    trial = falsify(LEAKS[name], DECLARED, dialect="duckdb", worlds=150)
    assert trial.outcome is Outcome.LEAK, str(trial)
