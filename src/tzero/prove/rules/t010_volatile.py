"""A value changes from call to call."""

from __future__ import annotations

from tzero.prove.rules.rule import Rule

RULE = Rule(
    code="T010",
    name="volatile-function",
    summary="A value changes from call to call.",
    leaks="""
SELECT s.id, s.at AS t0, random() AS r FROM sales s
""",
    safe="""
SELECT s.id, s.at AS t0, s.id % 100 AS r FROM sales s
""",
    why=("A random sample cannot be computed again. A function of the key samples as well, and for ever the same."),
    missing="a function of the row",
    fix="use a hash of the key",
)
