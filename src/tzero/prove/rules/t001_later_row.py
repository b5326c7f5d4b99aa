"""A row of another relation enters, and nothing says that it was known before T0."""

from __future__ import annotations

from tzero.prove.rules.rule import Rule

RULE = Rule(
    code="T001",
    name="later-row",
    summary="A row of another relation enters, and nothing says that it was known before T0.",
    leaks="""
SELECT s.id, s.at AS t0, v.n FROM sales s LEFT JOIN visits v ON v.id = s.id
""",
    safe="""
SELECT s.id, s.at AS t0, v.n FROM sales s LEFT JOIN visits v ON v.id = s.id AND v.at < s.at
""",
    why=(
        "A join brings in every matching row, also one that arrives after T0. A strict comparison of the"
        " row's own time with the anchor keeps to the past."
    ),
    missing="{time} < {anchor}",
    fix="join only rows with {time} < the anchor",
)
