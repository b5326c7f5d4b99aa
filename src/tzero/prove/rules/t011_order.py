"""A value depends on the order in which rows happen to come."""

from __future__ import annotations

from tzero.prove.rules.rule import Rule

RULE = Rule(
    code="T011",
    name="physical-order",
    summary="A value depends on the order in which rows happen to come.",
    leaks="""
SELECT s.id, s.at AS t0, SUM(o.rating) AS r
FROM sales s LEFT JOIN sales o ON o.at < s.at GROUP BY s.id, s.at
""",
    safe="""
SELECT s.id, s.at AS t0, SUM(CAST(o.rating AS DECIMAL(18, 6))) AS r
FROM sales s LEFT JOIN sales o ON o.at < s.at GROUP BY s.id, s.at
""",
    why=(
        "Ties in ORDER BY, collections without an order and sums of doubles come out differently after a"
        " reload, on more threads or on another engine. Order by a key, and add exact numbers."
    ),
    missing="a total order: unique ordering keys, or exact numbers",
    fix="add a unique key to ORDER BY, or cast to a decimal before adding",
)
