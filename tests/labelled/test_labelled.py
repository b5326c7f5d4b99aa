"""Labelled queries through the falsifier and the prover: a few of our own, and a file that ``TZERO_LABELLED`` names."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from tests.labelled.measure import engine_of, measure
from tests.labelled.reading import read_items
from tests.servers import versions

GIVEN = os.environ.get("TZERO_LABELLED")
OWN = Path(__file__).parent / "corpus.yaml"
ENOUGH = 0.95
POSTGRES = pytest.param("postgres", marks=pytest.mark.skipif(not versions(), reason="no PostgreSQL server here"))


def test_every_label_of_our_own_is_right() -> None:
    found = measure(read_items(OWN), "duckdb", 20, 0, worlds=80)
    assert (found.leaks, found.missed, found.false_alarms, found.not_run) == (2, [], [], [])
    assert (found.wrongly_proved, found.unproved) == ([], [])
    assert (found.assumed, found.not_flipped) == (1, [])


def test_a_wrong_label_is_seen() -> None:
    turned = {"SAFE": "LEAK", "LEAK": "SAFE"}
    items = [replace(item, label=turned[item.label]) for item in read_items(OWN)]
    found = measure(items, "duckdb", 20, 0, worlds=80)
    assert found.missed == found.wrongly_proved == ["earlier-images"]
    assert len(found.false_alarms) == 2
    assert len(found.unproved) == 2


def test_an_assumption_that_is_not_enough_is_seen() -> None:
    leaks = [replace(item, safe_if=("pin_timezone",)) for item in read_items(OWN) if not item.safe]
    assert len(measure(leaks, "duckdb", 20, 0, worlds=80).not_flipped) == 4


@pytest.mark.skipif(not GIVEN, reason="TZERO_LABELLED names no file")
@pytest.mark.parametrize(
    "dialect", ["duckdb", pytest.param("postgres", marks=pytest.mark.skipif(not versions(), reason="no server"))]
)
def test_a_file_of_labels(dialect: str) -> None:
    with engine_of(dialect) as engine:
        found = measure(read_items(Path(GIVEN or "")), dialect, 2, 0, engine)
    assert not found.false_alarms
    assert not found.wrongly_proved
    assert not found.not_flipped
    assert len(found.missed) <= (1 - ENOUGH) * found.leaks, str(found)
