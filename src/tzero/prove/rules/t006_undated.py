"""Nothing declares when the rows of a relation became known."""

from __future__ import annotations

from tzero.prove.rules.rule import Rule

RULE = Rule(
    code="T006",
    name="undated-relation",
    summary="Nothing declares when the rows of a relation became known.",
    leaks="""
SELECT s.id, s.at AS t0, h.city FROM sales s LEFT JOIN shops h ON h.shop = s.shop
""",
    safe="""
SELECT s.id, s.at AS t0, s.shop FROM sales s
""",
    why=(
        "A lookup table can be filled in years later. Declare `known_at` and compare with it, or declare"
        " the relation `static` when it never changes."
    ),
    missing="known_at of {relation}",
    fix="declare known_at (or time) of {relation} and NOT NULL on it, or static = true",
)
