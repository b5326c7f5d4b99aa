"""Queries of keys that are given: the cells of a grid, or the pairs that there are, in the place of the own row."""

from __future__ import annotations

import itertools
import re

from tests.property.prove_dialects import understood
from tests.property.prove_grammar import Grammar
from tests.property.prove_queries import Query

SPINE = ("shop", "t0")
_SHOPS = "(SELECT DISTINCT shop FROM sales) AS w"
_FIRST, _LAST = "TIMESTAMPTZ '2024-03-28 00:00:00+00'", "TIMESTAMPTZ '2024-04-03 00:00:00+00'"
_MOMENTS = f"generate_series({_FIRST}, {_LAST}, INTERVAL '6 hours') AS t(x)"
_CELLS = (
    "SELECT DISTINCT shop, made FROM sales",
    f"SELECT d.made, w.shop FROM (SELECT DISTINCT made FROM sales) AS d CROSS JOIN {_SHOPS}",
    "SELECT d.made, w.shop FROM (SELECT made FROM offers GROUP BY made) AS d CROSS JOIN shops AS w",
    f"SELECT t.x AS made, w.shop FROM {_MOMENTS} CROSS JOIN {_SHOPS}",
    f"SELECT t.x AS made, u.shop FROM {_MOMENTS} CROSS JOIN unnest(ARRAY['a', 'b', 'c']) AS u(shop)",
    "SELECT made, shop FROM sales UNION SELECT made, shop FROM offers",
    "SELECT shop, MAX(made) AS made FROM sales GROUP BY shop",
)  # fmt: skip
_OF_THE_OWN_ROW = re.compile(r"\bs\.(?:id|kind|price|paid|rating)\b")


class OfKeys(Query):
    """A query whose row is a key: it has no other columns."""

    shown = "s.shop, s.made AS t0"

    def __init__(self, grammar: Grammar) -> None:
        super().__init__(grammar)
        self.own = self.base = f"({grammar.one(_CELLS)}) AS s"


def query_of_keys(seed: object, *, wide: bool = True, dialect: str = "duckdb") -> str:
    """A query with the columns shop and t0, which are given, and one to three features."""
    drawn = (OfKeys(Grammar(f"{seed} {number}", wide=wide)).sql() for number in itertools.count())
    return next(sql for sql in drawn if understood(sql, dialect) and not _OF_THE_OWN_ROW.search(sql))
