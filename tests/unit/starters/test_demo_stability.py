"""How many rows of a relation are still what they were."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tzero.starters.demo.stability import compare

BEFORE = {"a": [1, 1, 2], "b": [1, 2, 1], "n": [5, None, 7], "x": [0.1, None, -0.0]}


@pytest.mark.parametrize(
    ("changes", "unchanged"),
    [
        ({}, 3),
        ({"n": [5, None, 8]}, 2),
        ({"n": [None, None, 7]}, 2),
        ({"n": [5, 0, 7]}, 2),
        ({"n": [6, None, 7], "x": [0.1, None, 1.0]}, 1),
        ({"a": [1, 1, 3]}, 2),
    ],
    ids=["nothing", "a value", "to NULL", "from NULL", "two rows", "a key"],
)
def test_changes_are_counted(changes: dict[str, list[object]], unchanged: int) -> None:
    before, after = pa.table(BEFORE), pa.table(BEFORE | changes)
    turned = after.take(pa.array([2, 0, 1]))
    found = compare("shop.features", before, turned, ["a", "b"])
    assert (found.rows, found.unchanged) == (3, unchanged)


def test_rows_that_come_are_no_change_and_rows_that_go_are() -> None:
    table = pa.table(BEFORE)
    assert compare("shop.features", table.slice(1), table, ["a", "b"]).unchanged == 2
    gone = compare("shop.features", table, table.slice(1), ["a", "b"])
    assert (gone.rows, gone.unchanged) == (3, 2)


def test_a_relation_that_was_empty() -> None:
    table = pa.table(BEFORE)
    assert compare("shop.features", table.slice(0, 0), table, ["a", "b"]).unchanged == 0
