"""What has no row proves nothing of the others: every rule that drops rows, with a leak beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.specs.reading import HERE

from tzero.prove import parse_toml, prove
from tzero.prove.domain.row import Row
from tzero.prove.transfer.from_clause import FromClause
from tzero.prove.transfer.select import Selection

DECLARED = parse_toml((HERE / "declarations.toml").read_text(encoding="utf-8")).for_query()
LEAK = "(SELECT MAX(x.price) FROM sales AS x) AS f"
PICK = f"SELECT s.id, s.made AS t0, {LEAK}"
OWN = f"{PICK} FROM sales AS s"
BOTH = "SELECT q.sale FROM {q} AS q UNION SELECT q.sale FROM {q} AS q"
ON = "q.sale = s.id AND q.made < s.made"

EMPTY = {
    "false": "(SELECT v.sale, v.made FROM visits AS v WHERE FALSE)",
    "contradiction": "(SELECT v.sale, v.made FROM visits AS v WHERE v.n = 1 AND v.n = 2)",
    "never NULL": "(SELECT v.sale, v.made FROM visits AS v WHERE v.made IS NULL)",
    "having": "(SELECT v.sale, MAX(v.made) AS made FROM visits AS v GROUP BY v.sale HAVING v.sale = 1 AND v.sale = 2)",
    "a union": "(SELECT v.sale, v.made FROM visits AS v WHERE FALSE UNION SELECT 1, made FROM visits WHERE 1 = 2)",
    "no row asked": "(SELECT v.sale, v.made FROM visits AS v LIMIT 0)",
}  # fmt: skip
"""Relations without a row, by why they have none."""

READ = {
    "LEFT JOIN": f"{OWN} LEFT JOIN {{q}} AS q ON q.sale = s.id",
    "RIGHT JOIN": f"{PICK} FROM {{q}} AS q RIGHT JOIN sales AS s ON q.sale = s.id",
    "RIGHT JOIN of it": f"{OWN} RIGHT JOIN {{q}} AS q ON q.sale = s.id",
    "FULL JOIN": f"{OWN} FULL JOIN {{q}} AS q ON q.sale = s.id",
    "FULL JOIN from it": f"{PICK} FROM {{q}} AS q FULL JOIN sales AS s ON q.sale = s.id",
    "JOIN": f"{OWN} JOIN {{q}} AS q ON q.sale = s.id",
    "CROSS JOIN": f"{OWN} CROSS JOIN {{q}} AS q",
    "comma": f"{OWN}, {{q}} AS q",
    "from it": f"{PICK} FROM {{q}} AS q, sales AS s",
    "LATERAL": f"{OWN} LEFT JOIN LATERAL {{q}} AS q ON TRUE",
    "in parentheses": f"{OWN} LEFT JOIN (visits AS w JOIN {{q}} AS q ON q.sale = w.sale) ON w.sale = s.id",
    "right in parentheses": (
        f"{PICK} FROM (visits AS w JOIN {{q}} AS q ON q.sale = w.sale) "
        "RIGHT JOIN sales AS s ON w.sale = s.id"
    ),
    "two joins": f"{OWN} LEFT JOIN {{q}} AS q ON q.sale = s.id LEFT JOIN {{q}} AS r ON r.sale = q.sale",
    "a right join after a left": (
        f"{PICK} FROM visits AS w LEFT JOIN {{q}} AS q ON q.sale = w.sale "
        "RIGHT JOIN sales AS s ON s.id = q.sale"
    ),
    "NOT EXISTS": f"{OWN} WHERE NOT EXISTS (SELECT 1 FROM {{q}} AS q WHERE q.sale = s.id)",
    "EXISTS": f"{OWN} WHERE EXISTS (SELECT 1 FROM {{q}} AS q WHERE q.sale = s.id)",
    "NOT IN": f"{OWN} WHERE s.id NOT IN (SELECT q.sale FROM {{q}} AS q)",
    "IN": f"{OWN} WHERE s.id IN (SELECT q.sale FROM {{q}} AS q)",
    "ALL": f"{OWN} WHERE s.id > ALL (SELECT q.sale FROM {{q}} AS q)",
    "ANY": f"{OWN} WHERE NOT s.id > ANY (SELECT q.sale FROM {{q}} AS q)",
    "a scalar": f"{PICK}, (SELECT q.sale FROM {{q}} AS q) AS g FROM sales AS s",
    "a scalar tested": f"{OWN} WHERE (SELECT q.sale FROM {{q}} AS q) IS NULL",
    "a count": f"{OWN} WHERE (SELECT COUNT(*) FROM {{q}} AS q) = 0",
    "an array": f"{PICK}, ARRAY(SELECT q.sale FROM {{q}} AS q ORDER BY q.sale) AS g FROM sales AS s",
    "a total": f"{OWN} CROSS JOIN (SELECT COUNT(*) AS c FROM {{q}} AS q) AS z",
    "HAVING alone": f"{OWN} CROSS JOIN (SELECT 1 AS c FROM {{q}} AS q HAVING TRUE) AS z",
    "GROUP BY ()": f"{OWN} CROSS JOIN (SELECT 1 AS c FROM {{q}} AS q GROUP BY ()) AS z",
    "ROLLUP": f"{OWN} CROSS JOIN (SELECT COUNT(*) AS c FROM {{q}} AS q GROUP BY ROLLUP (q.sale)) AS z",
    "CUBE": f"{OWN} CROSS JOIN (SELECT q.sale AS c FROM {{q}} AS q GROUP BY CUBE (q.sale)) AS z",
    "GROUPING SETS": f"{OWN} CROSS JOIN (SELECT 1 AS c FROM {{q}} AS q GROUP BY GROUPING SETS ((q.sale), ())) AS z",
    "a total of a union": f"{OWN} CROSS JOIN (SELECT COUNT(*) AS c FROM ({BOTH}) AS y) AS z",
    "EXCEPT": f"{OWN} EXCEPT SELECT q.sale, q.made, 1 FROM {{q}} AS q",
    "EXCEPT ALL": f"{OWN} EXCEPT ALL SELECT q.sale, q.made, 1 FROM {{q}} AS q",
    "INTERSECT": f"{OWN} INTERSECT SELECT q.sale, q.made, 1 FROM {{q}} AS q",
    "UNION": f"{OWN} UNION SELECT q.sale, q.made, 1 FROM {{q}} AS q",
    "UNION ALL": f"SELECT q.sale AS id, q.made AS t0, 1 AS f FROM {{q}} AS q UNION ALL {OWN}",
    "a CTE": f"WITH e AS {{q}} {OWN} LEFT JOIN e ON e.sale = s.id",
    "a recursive CTE": (
        f"WITH RECURSIVE e AS (SELECT q.sale FROM {{q}} AS q UNION ALL SELECT e.sale + 1 FROM e WHERE e.sale < 5) "
        f"{OWN} LEFT JOIN e ON e.sale = s.id"
    ),
    "a step of a recursion": (
        f"WITH RECURSIVE e(sale) AS (SELECT 1 UNION ALL SELECT q.sale FROM e, {{q}} AS q WHERE e.sale < 5) "
        f"{OWN} LEFT JOIN e ON e.sale = s.id"
    ),
    "it is the query": f"SELECT q.sale AS id, q.made AS t0, {LEAK} FROM {{q}} AS q",
    "a window": f"SELECT q.sale AS id, q.made AS t0, COUNT(*) OVER () AS f, {LEAK} FROM {{q}} AS q",
    "the first of it": f"{OWN} LEFT JOIN LATERAL (SELECT q.sale FROM {{q}} AS q ORDER BY q.made LIMIT 1) AS z ON TRUE",
    "DISTINCT ON": f"{OWN} LEFT JOIN (SELECT DISTINCT ON (q.sale) q.* FROM {{q}} AS q ORDER BY q.sale) AS z ON TRUE",
}  # fmt: skip
"""What reads one: each has rows that leak all the same, or would if there were any."""

ONLY_DUCKDB = {
    "ASOF LEFT JOIN": f"{OWN} ASOF LEFT JOIN {{q}} AS q ON {ON}",
    "ASOF JOIN": f"{OWN} ASOF JOIN {{q}} AS q ON {ON}",
    "ASOF RIGHT JOIN": f"{PICK} FROM {{q}} AS q ASOF RIGHT JOIN sales AS s ON {ON}",
    "ASOF FULL JOIN": f"{OWN} ASOF FULL JOIN {{q}} AS q ON {ON}",
    "SEMI JOIN": f"{OWN} SEMI JOIN {{q}} AS q ON q.sale = s.id",
    "ANTI JOIN": f"{OWN} ANTI JOIN {{q}} AS q ON q.sale = s.id",
    "ANTI JOIN of it": "SELECT q.sale AS id, q.made AS t0, 1 AS f FROM {q} AS q ANTI JOIN sales AS s ON q.sale = s.id",
    "UNION ALL BY NAME": f"SELECT q.sale AS id, q.made AS t0, 1 AS f FROM {{q}} AS q UNION ALL BY NAME {OWN}",
    "POSITIONAL JOIN": f"{OWN} POSITIONAL JOIN {{q}} AS q",
    "QUALIFY": f"{OWN} LEFT JOIN (SELECT 1 FROM {{q}} AS q QUALIFY RANK() OVER (ORDER BY q.sale) = 1) AS z ON TRUE",
}  # fmt: skip
NO_ROW = (
    "RIGHT JOIN of it", "JOIN", "CROSS JOIN", "comma", "from it", "EXISTS", "IN", "INTERSECT", "it is the query",
    "a window", "ASOF JOIN", "SEMI JOIN", "ANTI JOIN of it",
)  # fmt: skip
"""Those that have no row either: of the others some row leaks."""

CASES = [(what, sql, "duckdb") for what, sql in {**READ, **ONLY_DUCKDB}.items()]
CASES += [(what, sql, "postgres") for what, sql in READ.items()]
IDS = [f"{what}, {dialect}" for what, _, dialect in CASES]
FEW = ("contradiction", "no row asked")
"""Of each other dialect, so many."""


def proved(what: str, sql: str, dialect: str) -> list[str]:
    """The kinds of emptiness with which a query is wrongly proved; where it has rows, beside one that is safe."""
    texts = {why: sql.replace("{q}", q) for why, q in EMPTY.items() if dialect == "duckdb" or why in FEW}
    if what not in NO_ROW:
        texts = {
            why: f"SELECT id, made AS t0, 1 AS f FROM sales UNION ALL SELECT z.* FROM ({sql}) AS z"
            for why, sql in texts.items()
        }
    return [why for why, text in texts.items() if prove(text, DECLARED, dialect=dialect).proved]


@pytest.mark.parametrize(("what", "sql", "dialect"), CASES, ids=IDS)
def test_no_row_hides_a_leak(what: str, sql: str, dialect: str) -> None:
    assert proved(what, sql, dialect) == []


def test_a_query_without_a_row_is_told_so() -> None:
    found = prove("SELECT id, made AS t0 FROM sales WHERE id = 1 AND id = 2", DECLARED, dialect="duckdb")
    assert "No row can be in the result" in found.findings[0].message


def _no_totals(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Selection, "_is_a_row_of_none", lambda self: False)


def _no_left_row(patch: pytest.MonkeyPatch) -> None:
    two_sided = FromClause._two_sided
    patch.setattr(
        FromClause, "_two_sided", lambda self, frames, *rest: two_sided(self, frames, *rest) if frames else []
    )


def _no_pairs(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(FromClause, "_forgetting", lambda self, frames, join, *_: self._cross(frames, join.this))


def _no_match(patch: pytest.MonkeyPatch) -> None:
    joined = FromClause._joined

    def dropped(self: FromClause, frame: Any, alias: str, rows: list[Row], *rest: Any) -> Any:
        return joined(self, frame, alias, rows, *rest) if rows else []

    patch.setattr(FromClause, "_joined", dropped)


@pytest.mark.parametrize(
    ("what", "plant"),
    [
        ("ROLLUP", _no_totals), ("CUBE", _no_totals), ("GROUPING SETS", _no_totals), ("HAVING alone", _no_totals),
        ("a total", _no_totals), ("RIGHT JOIN", _no_left_row), ("FULL JOIN from it", _no_left_row),
        ("ASOF RIGHT JOIN", _no_pairs), ("ASOF FULL JOIN", _no_pairs), ("POSITIONAL JOIN", _no_pairs),
        ("LEFT JOIN", _no_match), ("ANTI JOIN", _no_match),
    ],
)  # fmt: skip
def test_a_rule_that_drops_too_much_is_caught(
    what: str, plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    assert proved(what, {**READ, **ONLY_DUCKDB}[what], "duckdb")
