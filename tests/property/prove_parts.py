"""What a random query has so far: every shape of a feature adds to it."""

from __future__ import annotations

from tests.property.prove_grammar import Grammar
from tests.property.prove_relations import Relation

OWN = "sales AS s"


class Parts:
    """What a query under construction has so far."""

    def __init__(self, grammar: Grammar) -> None:
        self.g = grammar
        self.joins: list[str] = []
        self.filters: list[str] = []
        self.ctes: list[str] = []
        self.own = self.base = OWN
        """The own row ``s``, and what it comes from: itself, or a join that has it in it."""
        self.recursive = False

    def met(self, relation: Relation, alias: str) -> str:
        """The conditions on a row of a relation; a day is before the day of the anchor."""
        g = self.g
        found = g.conditions(relation, alias, "s.made", "s")
        if relation.of("day") and g.often(0.93):
            zone = g.one(("UTC", "UTC", "UTC", "Europe/Oslo"))
            found += f" AND {alias}.day {g.one(('<', '<', '<', '<='))} CAST(s.made AT TIME ZONE '{zone}' AS DATE)"
        return found

    def joined(self, text: str, name: str) -> str:
        self.joins.append(text)
        return f"{name}.v"

    def column(self, relation: Relation) -> str:
        """What tells rows of a relation apart, as far as anything does."""
        return next(iter((*relation.of("word"), *relation.of("key"), *relation.of("day"), *relation.of("time"))))
