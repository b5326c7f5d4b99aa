"""tzero train on real flights: the labels stand beside the events that the features count, and are known on landing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import Shop
from tests.e2e.market_training import certify_quickly

import tzero
from tzero.cli.main import main

VIEW = "flights.delay_features_t0_v1"
BRIEF = ("--threads", "1", "--folds", "1", "--draws", "20", "--rounds", "60", "--output", "json")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("delays") / "flights"
    with pytest.raises(SystemExit) as left:
        main(["demo", "flights", "--days", "14", "--dir", str(root), "--no-certify"])
    assert not left.value.code
    with tzero.open(root) as project:
        certify_quickly(project, VIEW)
    return root


@pytest.fixture
def flights(folder: Path, capsys: pytest.CaptureFixture[str]) -> Shop:
    return Shop(folder, capsys)


def scores(flights: Shop, *options: str) -> tuple[dict[str, Any], dict[tuple[str, str], float]]:
    found = flights.run("train", *BRIEF, *options)
    assert found.code == 0, found.err
    held = found.json["card"]["holdout"]
    return held, {(one["measure"], one["by"]): one["value"] for one in held["scores"]}


def test_whether_a_flight_is_late(flights: Shop) -> None:
    held, found = scores(flights)
    assert found["AUC", "model"] > found["AUC", "segment rate"] + 0.02
    assert found["log likelihood", "model"] > found["log likelihood", "constant"]
    assert held["train_left_out"].keys() == {"no value"}, (
        "cancelled flights never landed; the embargo leaves out the rest"
    )
    assert held["embargo_days"] > 0.5, "as long as the longest flight took to be known"


def test_without_an_embargo_what_had_not_landed_is_left_out(flights: Shop) -> None:
    held, _ = scores(flights, "--embargo", "0h")
    assert held["train_left_out"]["not known at the cutoff"] > 5


def test_how_late_it_is(flights: Shop) -> None:
    _, found = scores(flights, "--outcome", "value", "--value", "arrival_delay")
    assert found["root mean squared error", "model"] < found["root mean squared error", "constant"]


def test_the_departures_cannot_be_their_own_labels(flights: Shop) -> None:
    found = flights.run("train", "--labels", "flights.departures", "--label-t0", "scheduled_at")
    assert found.code == 1
    assert f"the labels flights.departures are in the closure of {VIEW}" in found.err
