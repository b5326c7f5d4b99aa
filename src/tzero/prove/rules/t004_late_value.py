"""A value is used before the time at which it becomes known."""

from __future__ import annotations

from tzero.prove.rules.rule import Rule

RULE = Rule(
    code="T004",
    name="late-value",
    summary="A value is used before the time at which it becomes known.",
    leaks="""
SELECT s.id, s.at AS t0, (s.paid < s.at) AS was_paid FROM sales s
""",
    safe="""
SELECT s.id, s.at AS t0, COALESCE(s.paid < s.at, FALSE) AS was_paid FROM sales s
""",
    why=(
        "A label is NULL until it is known. `paid < at` is NULL when it is never paid and FALSE when it "
        "is paid later, so the two futures differ. As a test (WHERE, CASE, FILTER, COALESCE(.., FALSE)) "
        "both are the same, and nothing after T0 is seen."
    ),
    missing="the value is only observed through a test that it became known before {anchor}",
    fix="test that it was known before the anchor: CASE WHEN its time < the anchor THEN .. END",
)
