"""A value may be overwritten in place later, so what is read today is not what was there at T0."""

from __future__ import annotations

from tzero.prove.rules.rule import Rule

RULE = Rule(
    code="T005",
    name="mutable-column",
    summary="A value may be overwritten in place later, so what is read today is not what was there at T0.",
    leaks="""
SELECT s.id, s.at AS t0, COUNT(v.id) AS n FROM sales s
LEFT JOIN visits v ON v.sale = s.id AND v.at < s.at AND v.room = 'a' GROUP BY s.id, s.at
""",
    safe="""
SELECT s.id, s.at AS t0, COUNT(v.id) AS n FROM sales s
LEFT JOIN visits v ON v.sale = s.id AND v.at < s.at GROUP BY s.id, s.at
""",
    why=(
        "No predicate on times helps: the row is old, its value is new. Only a history of versions says "
        "what the value was."
    ),
    missing="{note}: an append-only history of it",
    fix=("read an append-only history of versions, or drop the column from 'mutable' when it never changes"),
)
