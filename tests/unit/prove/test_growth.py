"""The work of a proof grows with the query, not with its powers."""

from __future__ import annotations

import time

from tests.specs.reading import HERE

from tzero.prove import parse_toml, prove

DECLARED = parse_toml((HERE / "declarations.toml").read_text(encoding="utf-8")).for_query()


def test_scalar_subqueries_side_by_side() -> None:
    """Each one is read among the facts of the own row, which must not be said again and again."""
    one = "(SELECT COUNT(*) FROM visits v WHERE v.made < s.made AND v.n > {})"
    listed = ", ".join(f"CASE WHEN {one.format(i)} > 3 THEN {one.format(i + 50)} END AS f{i}" for i in range(20))
    before = time.process_time()
    proof = prove(f"SELECT s.id, s.made AS t0, {listed} FROM sales s", DECLARED, dialect="duckdb")
    assert proof.proved
    assert time.process_time() - before < 20
