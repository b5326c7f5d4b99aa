from __future__ import annotations

import math
from datetime import date

import numpy as np

from tzero.starters.device_meta.market.arithmetic import exponential, logarithm
from tzero.starters.device_meta.market.catalogue import CELLS, MODELS
from tzero.starters.device_meta.market.hashing import Draws, splitmix64
from tzero.starters.device_meta.market.popularity import popularity


def test_splitmix64_gives_the_published_sequence() -> None:
    golden = 0x9E3779B97F4A7C15
    states = np.array([(1234567 + n * golden) % 2**64 for n in range(3)], dtype=np.uint64)
    assert splitmix64(states).tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_exponential_and_logarithm_agree_with_the_library() -> None:
    x = np.linspace(-50, 50, 20_001)
    assert np.allclose(exponential(x), [math.exp(v) for v in x], rtol=1e-15, atol=0)
    y = exponential(x)
    assert np.allclose(logarithm(y), [math.log(v) for v in y], rtol=1e-15, atol=2e-16)


def test_streams_are_independent_and_even() -> None:
    index = np.arange(200_000)
    one, two = Draws(3).uniform("one", index), Draws(3).uniform("two", index)
    assert abs(one.mean() - 0.5) < 0.003
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.01
    assert abs(np.corrcoef(one[1:], one[:-1])[0, 1]) < 0.01
    bell = Draws(3).bell("bell", index)
    assert abs(bell.mean()) < 0.01
    assert abs(bell.std() - 1) < 0.01


def test_pick_follows_the_weights() -> None:
    counts = np.bincount(Draws(3).pick("lot", np.arange(100_000), (1, 0, 3)), minlength=3)
    assert counts[1] == 0
    assert abs(counts[2] / counts[0] - 3) < 0.15


def test_a_launch_lowers_price_and_popularity_of_older_models() -> None:
    start = date(2024, 7, 20)
    state = popularity(Draws(7), 20_000, 540, start)
    number = next(n for n, model in enumerate(MODELS) if (model.generation, model.variant) == (15, "pro"))
    launch = (date(2024, 9, 20) - start).days
    price = state.reference_price[number]
    assert (price[launch] - price[launch + 30]) > 3 * (price[launch - 30] - price[launch])
    momentum = state.momentum[number]
    assert momentum[launch + 60] < momentum[launch - 1]


def test_unlaunched_cells_are_never_drawn() -> None:
    start = date(2024, 7, 20)
    state = popularity(Draws(7), 20_000, 540, start)
    lots = np.concatenate([np.arange(1 << 12) << 20, [(1 << 32) - 1]])
    for day in (0, 61, 62, 425, 426, 539):
        for cell in set(state.cell_on(np.full(len(lots), day), lots).tolist()):
            assert (MODELS[CELLS[cell].model].launch - start).days <= day
