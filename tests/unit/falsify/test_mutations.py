"""Every mutation is the only one to catch some planted leak, so none can rot unnoticed."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.falsify.shop import shop

from tzero.falsify import MUTATION_NAMES, Outcome, falsify

ROW = "SELECT s.id, s.sold_at AS t0, {} AS f FROM sales s"

PLANTED: dict[str, tuple[str, dict[str, Any]]] = {
    "remove": ("(SELECT count(*) FROM sales o) < 4", {}),
    "add": ("(SELECT count(*) FROM sales o WHERE o.id % 10 <> 0 AND o.id > 99 AND o.brand BETWEEN 'a' AND 'z')", {}),
    "smaller": ("(SELECT min(o.id) FROM sales o) < 100", {}),
    "novel": ("(SELECT count(*) FROM sales o WHERE o.brand > '~')", {}),
    "perturb": ("(SELECT count(*) FROM sales o WHERE o.id % 10 = 0 AND o.brand > 'c') > 0", {}),
    "late": ("coalesce(s.closed_at = s.sold_at, FALSE)", {}),
    "edit": ("s.brand", {"mutable": frozenset({"brand"})}),
    "arrive": (
        "(SELECT count(*) FROM notes n WHERE n.id = s.id AND n.written_at < s.sold_at"
        " AND n.read_at - n.written_at > INTERVAL 60 HOUR)",
        {},
    ),
    "extremes": ("(SELECT bool_or(isinf(o.weight)) FROM sales o)", {}),
    "combine": (
        "(SELECT count(*) FROM sales o WHERE o.id % 10 <> 0) > 0"
        " AND (SELECT count(*) FROM sales o WHERE o.id % 10 = 0 AND o.brand > 'c') > 0",
        {},
    ),
    "clock": ("now() > TIMESTAMPTZ '2024-04-20 00:00:00+00'", {}),
    "zone": ("extract(hour FROM s.sold_at)", {}),
    "order": ("(SELECT string_agg(b.country, ',') FROM brands b)", {}),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_mutation_catches_what_no_other_does(name: str) -> None:
    value, facts = PLANTED[name]
    query, asked = ROW.format(value), shop(sales=facts)
    others = [other for other in MUTATION_NAMES if other not in (name, "combine")]
    caught = falsify(query, asked, mutations=[name], seconds=20, worlds=400)
    assert caught.witness is not None, str(caught)
    assert caught.witness.mutation == name
    assert caught.witness.column == "f"
    missed = falsify(query, asked, mutations=others, seconds=20, worlds=60)
    assert missed.witness is None, str(missed)


def test_running_again_catches_chance() -> None:
    trial = falsify(ROW.format("random()"), shop(), mutations=["rerun"])
    assert trial.witness is not None
    assert trial.witness.mutation == "rerun"
    assert falsify(ROW.format("s.price"), shop(), mutations=["rerun"], worlds=5).witness is None


def test_every_mutation_has_a_planted_leak() -> None:
    assert {*PLANTED, "rerun"} == set(MUTATION_NAMES)


def test_a_pinned_zone_is_never_changed() -> None:
    query = ROW.format("extract(hour FROM s.sold_at)")
    assert falsify(query, shop(zone="Europe/Oslo"), mutations=["zone", "add"], worlds=20).outcome is Outcome.CLEAN
