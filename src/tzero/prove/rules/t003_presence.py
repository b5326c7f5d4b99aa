"""Whether the row is there at all depends on rows that are not known before T0."""

from __future__ import annotations

from tzero.prove.rules.rule import Rule

RULE = Rule(
    code="T003",
    name="later-presence",
    summary="Whether the row is there at all depends on rows that are not known before T0.",
    leaks="""
SELECT s.id, s.at AS t0 FROM sales s
WHERE NOT EXISTS (SELECT 1 FROM visits v WHERE v.sale = s.id AND v.at > s.at)
""",
    safe="""
SELECT s.id, s.at AS t0 FROM sales s
WHERE NOT EXISTS (SELECT 1 FROM visits v WHERE v.sale = s.id AND v.at < s.at)
""",
    why=(
        "A training set whose rows were chosen with later knowledge is biased, though no column shows "
        "it: an inner join, a WHERE, a HAVING, a grid of keys that were first seen later."
    ),
    missing="{time} < {anchor}",
    fix="use LEFT JOIN, or bound the condition by {time} < the anchor",
)
