"""Many labelled queries, each as an engineer would write it: no leak is proved, and of the safe ones all but a few.

Their labels were verified by running them on random rows that were cut, changed and extended after T0; here only the
prover reads them. ``tests.labelled.measure`` runs the file through the falsifier as well.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.labelled.reading import Item, read_items

from tzero.prove import prove

WRITTEN = read_items(Path(__file__).parent / "written.yaml")


def _wrong(items: list[Item], dialect: str) -> list[str]:
    """The items whose label the prover contradicts, or does not reach."""
    asked = (item for item in items if item.runs_on(dialect) and (item.tier == "core" or not item.safe))
    return [i.id for i in asked if prove(i.sql, i.declarations, dialect=dialect).proved is not i.safe]


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
def test_no_leak_is_proved_and_what_is_safe_is(dialect: str) -> None:
    assert _wrong(WRITTEN, dialect) == []


def test_what_makes_a_leak_safe_is_enough() -> None:
    given = [(item, assumption) for item in WRITTEN for assumption in item.safe_if]
    dialects = {"any": "duckdb"}
    lost = [
        f"{item.id} if {assumption}"
        for item, assumption in given
        if not prove(item.sql, item.assuming(assumption), dialect=dialects.get(item.dialect, item.dialect)).proved
    ]
    assert len(given) >= 20
    assert lost == []


def test_a_wrong_label_is_seen() -> None:
    turned = {"SAFE": "LEAK", "LEAK": "SAFE"}
    few = [replace(item, label=turned[item.label], tier="core") for item in WRITTEN[:6]]
    assert _wrong(few, "duckdb") == [item.id for item in few if item.runs_on("duckdb")]
