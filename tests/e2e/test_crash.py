"""kill -9 at random moments: what is there afterwards is the old state or the new one, whole, and a re-run finishes."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest
from tests.e2e.conftest import FEATURES, Shop

ROUNDS = 10 if os.environ.get("TZERO_LONG") else 6
BRANDS = 30
ROWS = 12_000


def write_sales(shop: Shop, rows: int = ROWS) -> None:
    shop.write_sales(rows, brand=[f"brand {(at * 7919) % BRANDS}" for at in range(rows)])


def statistics(shop: Shop) -> tuple[int, int]:
    """How many rows the statistics have, and how often they count a sale: neither is the same in two states."""
    import tzero

    with tzero.open(shop.root) as project, project.session(read_only=True) as engine:
        found = engine.rows("SELECT count(*), CAST(sum(brand_n) AS BIGINT) FROM shop.sale_features_stats")
        # the entrypoint answers as well: base, statistics and view belong together
        engine.rows("SELECT count(*), max(brand_mean) FROM shop.sale_features")
    return found[0]


def kill_during(shop: Shop, after: float, *arguments: str) -> bool:
    """Kill a command some seconds after its first step is done; whether it was still at work."""
    with shop.start(*arguments) as process:
        assert process.stderr is not None
        process.stderr.readline()
        time.sleep(after)
        alive = process.poll() is None
        if alive:
            process.send_signal(signal.SIGKILL)
        process.communicate()
    return alive


def working_seconds(shop: Shop, *arguments: str) -> float:
    """How long a command takes from its first step to its end."""
    with shop.start(*arguments) as process:
        assert process.stderr is not None
        process.stderr.readline()
        started = time.monotonic()
        err = process.communicate()[1]
    assert process.returncode == 0, err
    return time.monotonic() - started


def test_kill_during_refresh(shop: Shop) -> None:
    chance = random.Random(20240501)
    write_sales(shop)
    shop.ok("apply", "--yes")
    old = statistics(shop)
    whole = working_seconds(shop, "refresh")
    interrupted = 0
    for round_ in range(ROUNDS):
        rows = ROWS + 5 * (round_ + 1)
        write_sales(shop, rows)
        interrupted += kill_during(shop, whole * chance.random(), "refresh")
        found = statistics(shop)
        shop.ok("refresh")
        new = statistics(shop)
        assert new != old
        assert found in (old, new), f"round {round_}: neither the old state nor the new one"
        old = new
    assert interrupted >= ROUNDS // 2, "the loop must interrupt something"


def test_kill_during_the_first_apply(shop: Shop) -> None:
    chance = random.Random(7)
    write_sales(shop)
    whole = working_seconds(shop, "apply", "--yes")
    expected = statistics(shop)
    for round_ in range(ROUNDS):
        for path in shop.root.glob("store.duckdb*"):
            path.unlink()
        kill_during(shop, whole * chance.random(), "apply", "--yes")
        shown = shop.ok("show", "--output", "json").json["relations"]
        assert len(shown) in (0, 3), f"round {round_}: half a store"
        shop.ok("apply", "--yes")
        assert statistics(shop) == expected


def test_kill_while_a_definition_changes(shop: Shop) -> None:
    chance = random.Random(11)
    write_sales(shop)
    shop.ok("apply", "--yes")
    texts = [FEATURES.replace('count("brand")', f'count("brand", window="{days}d")') for days in range(3, 3 + ROUNDS)]
    whole = working_seconds(shop, "refresh")
    for round_, text in enumerate(texts):
        before, contract = statistics(shop), shop.ok("contract", "show", "--output", "json").json
        shop.write("features.py", text)
        kill_during(shop, whole * chance.random(), "apply", "--yes")
        left = statistics(shop)
        steps = shop.ok("plan", "--output", "json").json["steps"]
        # what is recorded and what is there change together
        assert (left == before) == bool(steps), f"round {round_}"
        shop.ok("apply", "--yes")
        assert statistics(shop) != before
        assert shop.ok("contract", "show", "--output", "json").json == contract


@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM])
def test_a_polite_signal_rolls_back_too(shop: Shop, signal_: signal.Signals) -> None:
    write_sales(shop)
    shop.ok("apply", "--yes")
    old = statistics(shop)
    whole = working_seconds(shop, "refresh")
    write_sales(shop, ROWS + 5)
    with shop.start("refresh") as process:
        assert process.stderr is not None
        process.stderr.readline()
        time.sleep(whole / 3)
        process.send_signal(signal_)
        err = process.communicate(timeout=60)[1]
    assert "Traceback" not in err
    left = statistics(shop)
    shop.ok("refresh")
    assert left in (old, statistics(shop))
