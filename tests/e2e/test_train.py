"""tzero train and tzero predict on the simulated market: what the simulator's own truth says of the model."""

from __future__ import annotations

import io
import json
import re
import shutil
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.e2e.conftest import Shop
from tests.e2e.market_training import DEVICE, LEAKY, PRICE, SHUFFLED, certified_demonstration, certify_quickly

import tzero
from tzero.cli.main import main

BRIEF = ("--threads", "1", "--folds", "1", "--draws", "20", "--output", "json")
_HELD = """
SELECT o.t0, coalesce(o.sold_at, o.observed_until) - o.t0 AS life, o.sold_at IS NOT NULL AS sold,
       ln(t.hazard_per_day) - t.frailty_effect AS told, t.price_effect, t.p_sold_14d
FROM market.listing_outcomes_v1 o JOIN market.truth t USING (generation, listing_id)
WHERE o.t0 >= ? AND o.t0 < ? AND o.observed_until > o.t0
"""


@dataclass(frozen=True)
class Market:
    """The folder of the demonstration, and what ``tzero train`` said there."""

    root: Path
    said: dict[str, Any]

    @property
    def card(self) -> dict[str, Any]:
        found: dict[str, Any] = self.said["card"]
        return found

    @property
    def model(self) -> str:
        return str(self.said["folder"])


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Market:
    root = tmp_path_factory.mktemp("training") / "phones"
    certified_demonstration(root)
    with redirect_stdout(io.StringIO()) as out, pytest.raises(SystemExit) as left:
        main(["--project", str(root), "train", *BRIEF, "--compare", LEAKY])
    assert not left.value.code
    return Market(root, json.loads(out.getvalue()))


@pytest.fixture
def phones(market: Market, capsys: pytest.CaptureFixture[str]) -> Shop:
    return Shop(market.root, capsys)


def score(card: dict[str, Any], measure: str = "concordance", by: str = "model") -> dict[str, float]:
    found: dict[str, float] = next(
        one for one in card["holdout"]["scores"] if (one["measure"], one["by"]) == (measure, by)
    )
    return found


def rows_between(market: Market, first: str, last: str) -> dict[str, NDArray[Any]]:
    with duckdb.connect(str(market.root / "store.duckdb"), read_only=True) as connection:
        found: dict[str, NDArray[Any]] = connection.execute(_HELD, [first, last]).fetchnumpy()
    return found


def concordance(rows: dict[str, NDArray[Any]], risk: NDArray[np.float64]) -> float:
    """Of pairs of which one was sold while the other was still there: how often it had the higher risk."""
    life, sold = rows["life"], rows["sold"]
    first = sold[:, None] & (life[:, None] < life[None, :])
    return float((first & (risk[:, None] > risk[None, :])).sum() / first.sum())


def test_the_model_lies_between_its_baseline_and_the_truth(market: Market) -> None:
    card = market.card
    held = rows_between(market, card["holdout"]["judged"][0], "9999-01-01")
    assert card["holdout"]["judged_rows"] == len(held["life"])
    model, baseline = score(card), score(card, by="segment rate")
    assert baseline["value"] < model["low"], "it beats the baseline beyond chance"
    assert model["value"] < concordance(held, held["told"]), "nobody beats all but the frailty, which nobody sees"
    # the price is known at T0; of the rest, rarity and taste, the past tells a part
    assert model["value"] > concordance(held, held["price_effect"]) - 0.02
    assert score(card, "log likelihood")["value"] > score(card, "log likelihood", "constant")["value"]
    assert card["importance"]["features"][0]["feature"] == "price_to_usual", "the strongest planted effect"
    assert {block["block"] for block in card["importance"]["blocks"]} == {"device_meta", "price"}


def test_the_leak_is_worth_what_was_planted(market: Market) -> None:
    honest, leaky = market.card["comparison"]["relations"]
    assert (honest["certified"], leaky["certified"]) == (True, False)
    train = rows_between(market, *market.card["holdout"]["train"])
    assert leaky["random_split"]["value"] == pytest.approx(concordance(train, train["p_sold_14d"]), abs=0.03)
    assert leaky["split_in_time"]["value"] > honest["split_in_time"]["value"] + 0.04
    assert leaky["period_after"]["value"] < honest["period_after"]["value"], "rows that come have no future"
    assert leaky["period_after"]["high"] < leaky["random_split"]["low"]


def test_shuffled_labels_beat_nothing(phones: Shop) -> None:
    found = phones.run("train", *BRIEF, "--labels", SHUFFLED)
    assert found.code == 0, found.err
    card = found.json["card"]
    assert score(card)["low"] < 0.5 < score(card)["high"]
    assert score(card, "log likelihood")["value"] < score(card, "log likelihood", "constant")["value"] + 0.005


def test_what_would_be_read_and_why_it_may_be(phones: Shop) -> None:
    found = phones.run("train", "--explain")
    assert found.code == 0, found.err
    for line in (
        r"^feature_store\.device_meta_encoded_t0_v1: 59 features of 61 columns may be read$",
        r"^feature_store\.listing_price_t0_v1: 3 features of 6 columns may be read$",
        r"^  contract +listing_price_t0_v1, hash [0-9a-f]{16}, as the live columns are$",
        r"^  in none of the 3 relations that price is made from$",
    ):
        assert re.search(line, found.out, re.MULTILINE), line


@pytest.mark.parametrize(
    "style",
    [
        "--device_meta_features_view {} --device_meta_feature_set={}",
        "--device-meta-features-view={} --device-meta-feature-set {}",
    ],
)
def test_blocks_may_be_named_either_way(phones: Shop, style: str) -> None:
    found = phones.run(
        "train", *style.format(DEVICE, "iphone_device_meta_encoded_v2_model").split(), "--explain", "--output", "json"
    )
    assert found.code == 0, found.err
    assert [block["block"] for block in found.json["blocks"]] == ["device_meta"], "in place of those of tzero.toml"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--device-meta-features-view", DEVICE), 2, "has no feature_set"),
        (("--leaky-features-view", LEAKY, "--leaky-feature-set", "x"), 1, f"nothing certifies {LEAKY}"),
        (("--labels", "raw.listing_scrapes"), 1, "in the closure of"),
        (("--labels", "market.nothing"), 3, "no relation market.nothing"),
        (("--compare", PRICE), 1, "has no column"),
        (("--evaluate-from", "2031-01-01"), 1, "no row to judge"),
    ],
)
def test_it_refuses(phones: Shop, arguments: tuple[str, ...], code: int, said: str) -> None:
    found = phones.run("train", *BRIEF[:-2], *arguments)
    assert (found.code, found.out) == (code, ""), found.err
    assert said in found.err


def test_the_card_is_a_page(market: Market) -> None:
    page = (Path(market.model) / "card.html").read_text()
    assert "<script" not in page and not re.search(r"(src|href)=|url\(", page), "nothing from elsewhere"
    for part in (
        "price_to_usual",
        LEAKY,
        market.card["data"]["digest"][:16],
        market.card["blocks"][1]["certificate"][:16],
    ):
        assert part in page, part


def test_predictions_are_of_every_row(phones: Shop, market: Market) -> None:
    found = phones.run("predict", market.model, "--since", "2025-04-01", "--output", "json")
    assert found.code == 0, found.err
    rows = found.json
    assert rows and min(row["t0"] for row in rows) >= "2025-04-01"
    assert all(0 <= row["p_within_7_days"] <= row["p_within_14_days"] <= 1 for row in rows)


def test_predict_refuses_another_contract(market: Market, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(market.root, tmp_path / "phones")
    phones = Shop(tmp_path / "phones", capsys)
    query = phones.root / "upstream" / "listing_price_t0_v1.sql"
    query.write_text(query.read_text().replace("AS price_to_usual", "AS price_to_usual, 1 AS more"))
    assert phones.run("apply", "--yes").code == 0
    with tzero.open(phones.root) as project:
        project.accept(PRICE, by="me", why="one more column")
        certify_quickly(project, PRICE)
        certify_quickly(project, DEVICE)
    found = phones.run("predict", market.model)
    assert (found.code, found.out) == (1, "")
    assert "the contract 'listing_price_t0_v1' is not the one that the model was trained on" in found.err
