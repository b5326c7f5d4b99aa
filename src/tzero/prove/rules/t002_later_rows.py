"""A value is computed from all rows of a set, and the set is not complete before T0."""

from __future__ import annotations

from tzero.prove.rules.rule import Rule

RULE = Rule(
    code="T002",
    name="later-rows",
    summary="A value is computed from all rows of a set, and the set is not complete before T0.",
    leaks="""
SELECT s.id, s.at AS t0, AVG(s.price) OVER (PARTITION BY s.shop) AS mean FROM sales s
""",
    safe="""
SELECT s.id, s.at AS t0,
       AVG(s.price) OVER (
         PARTITION BY s.shop ORDER BY s.at
         RANGE BETWEEN UNBOUNDED PRECEDING AND INTERVAL '1 microsecond' PRECEDING
       ) AS mean
FROM sales s
""",
    why=(
        "An aggregate, a window frame, NOT EXISTS, the NULL of an outer join and LIMIT all say something"
        " of rows that are not there. Membership of one row is not enough: every row that could still "
        "join the set must be bounded. That the latest row is in the past proves nothing either, for a "
        "later one would take its place."
    ),
    missing="{time} < {anchor} for every row of the set",
    fix=("bound the set by {time} < the anchor: a FILTER, a join condition, or a frame that ends before the own row"),
)
