"""A value depends on when the query is run."""

from __future__ import annotations

from tzero.prove.rules.rule import Rule

RULE = Rule(
    code="T008",
    name="clock",
    summary="A value depends on when the query is run.",
    leaks="""
SELECT s.id, s.at AS t0, extract(epoch FROM now()) - extract(epoch FROM s.at) AS age FROM sales s
""",
    safe="""
SELECT s.id, s.at AS t0, extract(epoch
FROM TIMESTAMPTZ '2024-01-01 00:00:00+00') - extract(epoch FROM s.at) AS age FROM sales s
""",
    why=(
        "What is computed today for a past T0 must come out the same tomorrow. A view that was created "
        "with `'now'` holds the time of its creation."
    ),
    missing="a constant instead of the clock",
    fix="use the anchor, or a declared constant",
)
