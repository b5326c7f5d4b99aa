"""Data is made for what a query asks of it: each of these leaks shows only where rows lie as its text says."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.falsify.shop import shop

from tzero.falsify import Outcome, falsify
from tzero.prove import parse_toml

DECLARED = parse_toml(
    (Path(__file__).parents[2] / "specs" / "declarations.toml").read_text(encoding="utf-8")
).for_query()
SAME_SHOP = "FROM sales o WHERE o.shop = s.shop AND"
LEAKS = {
    "the first of equal prices": (
        f"(SELECT first_value(o.kind) OVER (ORDER BY o.price) {SAME_SHOP} o.made < s.made LIMIT 1)"
    ),
    "a sum of numbers of seconds": (f"(SELECT sum(epoch(o.made)) {SAME_SHOP} o.made < s.made)"),
}
"""What depends on the order in which rows lie."""


@pytest.mark.parametrize("name", LEAKS)
def test_what_rows_are_ordered_by_repeats_and_numbers_of_seconds_have_parts(name: str) -> None:
    """Few databases are enough: without ties, or parts of seconds, many are not."""
    query, needed = f"SELECT s.id, s.made AS t0, {LEAKS[name]} AS f FROM sales s", 0
    for seed in range(8):
        trial = falsify(query, DECLARED, seconds=20, worlds=200, seed=seed, mutations=["order"], shrinking=0.0)
        assert trial.outcome is Outcome.LEAK, str(trial)
        needed += trial.databases
    assert needed <= 45


@pytest.mark.parametrize(("columns", "found"), [({"price"}, Outcome.LEAK), (set(), Outcome.CLEAN)])
def test_own_rows_are_about_rows_of_other_relations(columns: set[str], found: Outcome) -> None:
    """A note is about a sale that is there: its price is edited in place, or never."""
    query = """SELECT n.note_id, n.read_at AS t0, s.price FROM notes n
        JOIN sales s ON s.id = n.id AND s.sold_at < n.read_at"""
    asked = shop("notes", sales={"mutable": frozenset(columns)})
    trial = falsify(query, asked, seconds=20, worlds=200, shrinking=0.0)
    assert trial.outcome is found, str(trial)
    assert trial.exercised["add"].moved or found is Outcome.LEAK
