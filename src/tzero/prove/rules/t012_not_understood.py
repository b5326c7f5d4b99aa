"""An expression or a clause is not understood, so nothing is assumed of it."""

from __future__ import annotations

from tzero.prove.rules.rule import Rule

RULE = Rule(
    code="T012",
    name="not-understood",
    summary="An expression or a clause is not understood, so nothing is assumed of it.",
    leaks="""
SELECT s.id, s.at AS t0, my_score(s.price) AS score FROM sales s
""",
    safe="""
SELECT s.id, s.at AS t0, round(s.price) AS score FROM sales s
""",
    why=(
        "A function may read tables or the clock whatever it is declared as. What the prover does not "
        "know, it does not pass through."
    ),
    missing="{note}",
    fix=("rewrite it with known functions, or declare pure_functions = [..] when it only depends on its arguments"),
)
