"""A query inside another one may provably have no row: DISTINCT of nothing is nothing, and hides no leak beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tzero.prove import parse_toml, prove

DECLARED = parse_toml(
    (Path(__file__).parents[2] / "specs" / "declarations.toml").read_text(encoding="utf-8")
).for_query()
INNER = "SELECT {} 1 AS v FROM visits o WHERE o.made < s.made HAVING COUNT(o.sale) IS NULL"


@pytest.mark.parametrize("distinct", ["", "DISTINCT", "DISTINCT ON (COUNT(*))"])
@pytest.mark.parametrize("beside", ["", ", (SELECT MAX(z.price) FROM sales z) AS leak"])
def test_distinct_of_no_row(distinct: str, beside: str) -> None:
    query = f"SELECT s.id, s.made AS t0, ({INNER.format(distinct)}) AS f{beside} FROM sales s"
    assert not prove(query, DECLARED, dialect="postgres").proved
