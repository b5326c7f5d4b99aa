"""Garbage is collected less while a certificate is made, and as usual afterwards."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tzero.sql.collecting import less


@pytest.fixture(autouse=True)
def usual() -> Iterator[tuple[int, int, int]]:
    before = gc.get_threshold()
    yield before
    gc.set_threshold(*before)


def test_within_a_block_and_not_after_the_last_one(usual: tuple[int, int, int]) -> None:
    with less():
        within = gc.get_threshold()
        assert within[0] > usual[0]
        with pytest.raises(ValueError, match="as it may"), less():
            raise ValueError("as it may")
        assert gc.get_threshold() == within
    assert gc.get_threshold() == usual


@pytest.mark.parametrize("number", [0, 1_000_000])
def test_whoever_collects_less_already_goes_on_so(number: int) -> None:
    gc.set_threshold(number, 5, 5)
    with less():
        assert gc.get_threshold() == (number, 5, 5)
    assert gc.get_threshold() == (number, 5, 5)
