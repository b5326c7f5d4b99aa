"""The output has no usable anchor, so there is no T0 to be before."""

from __future__ import annotations

from tzero.prove.rules.rule import Rule

RULE = Rule(
    code="T013",
    name="no-anchor",
    summary="The output has no usable anchor, so there is no T0 to be before.",
    leaks="""
SELECT s.shop, MAX(s.at) AS t0, COUNT(*) AS n FROM sales s GROUP BY s.shop
""",
    safe="""
SELECT s.id, s.at AS t0 FROM sales s
""",
    why=(
        "Every row of a feature view needs one T0: a column of a time type that is never NULL, and for "
        "an own row its own time."
    ),
    missing="an output column {anchor} of a time type that is never NULL",
    fix="name the anchor column, declare its type and NOT NULL on it",
)
