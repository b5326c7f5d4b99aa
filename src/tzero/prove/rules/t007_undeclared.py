"""The query reads a relation that is neither declared nor a known view."""

from __future__ import annotations

from tzero.prove.rules.rule import Rule

RULE = Rule(
    code="T007",
    name="undeclared-relation",
    summary="The query reads a relation that is neither declared nor a known view.",
    leaks="""
SELECT s.id, s.at AS t0, x.v FROM sales s LEFT JOIN other x ON x.id = s.id
""",
    safe="""
SELECT s.id, s.at AS t0, s.price FROM sales s
""",
    why="Nothing is known of its rows, so nothing can be proved of what is computed from them.",
    missing="the declarations of {relation}",
    fix="declare {relation} with its columns, key and time, or give the SQL of the view",
)
