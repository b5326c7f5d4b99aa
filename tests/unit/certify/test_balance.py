"""How many events an anchor sees: looked up in a table, or in a sorted list where a table were too large."""

from __future__ import annotations

import numpy as np
import pytest

from tzero.certify.recount import balance
from tzero.certify.recount.balance import Balance
from tzero.certify.recount.keys import NONE, Whole


def _seen(keys: Whole, moments: Whole, numbers: Whole, key: int, anchor: int) -> int:
    return int(sum(n for k, m, n in zip(keys, moments, numbers, strict=True) if k == key != NONE and m < anchor))


@pytest.mark.parametrize("most", [0, 2**22], ids=["list", "table"])
def test_an_anchor_sees_what_entered_before_it_and_has_not_left(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(balance, "_MOST_CELLS", most)
    random = np.random.default_rng(7)
    keys, enter = random.integers(-1, 6, 200), random.integers(-30, 30, 200)
    leave, numbers = enter + random.integers(1, 20, 200), random.integers(-3, 9, 200)
    asked, anchors = random.integers(-1, 9, 400), random.integers(-40, 60, 400)
    found = Balance(keys, enter, leave, numbers).at(asked, anchors)
    for key, anchor, number in zip(asked.tolist(), anchors.tolist(), found.tolist(), strict=True):
        assert number == _seen(keys, enter, numbers, key, anchor) - _seen(keys, leave, numbers, key, anchor)
    assert len(set(found.tolist())) > 10


@pytest.mark.parametrize("most", [0, 2**22], ids=["list", "table"])
def test_without_events_nothing_is_seen(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(balance, "_MOST_CELLS", most)
    none = np.zeros(0, np.int64)
    assert Balance(none, none, None, none).at(np.array([NONE, 0, 3]), np.array([1, 2, 3])).tolist() == [0, 0, 0]
