"""Rows at exactly T0 are used: the bound is <= where it has to be <."""

from __future__ import annotations

from tzero.prove.rules.rule import Rule

RULE = Rule(
    code="T014",
    name="same-instant",
    summary="Rows at exactly T0 are used: the bound is <= where it has to be <.",
    leaks="""
SELECT s.id, s.at AS t0, COUNT(v.id) AS n FROM sales s
LEFT JOIN visits v ON v.sale = s.id AND v.at <= s.at GROUP BY s.id, s.at
""",
    safe="""
SELECT s.id, s.at AS t0, COUNT(v.id) AS n FROM sales s
LEFT JOIN visits v ON v.sale = s.id AND v.at < s.at GROUP BY s.id, s.at
""",
    why=(
        "Two events of one instant do not see each other: which of them is stored first is not "
        "knowledge. A default window frame and ROWS .. 1 PRECEDING over ties do the same, and so does an"
        " id as a tie-break. An order key that is unique in its partition would do as well."
    ),
    missing="{time} < {anchor}, or unique times",
    fix=(
        "write < instead of <=, end the frame before the peers (RANGE .. INTERVAL '1 microsecond' "
        "PRECEDING, EXCLUDE GROUP), or declare the times unique"
    ),
)
