"""Training by contract, on every engine: what it does, and every reason to refuse."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.certify.shop import ENGINES, VIEW, Shop
from tests.unit.train.market import experiment, open_market

from tzero.errors import ContractError, FindingError, TzeroError, UncertifiedError
from tzero.report.card import render_card
from tzero.sql.names import RelationName
from tzero.state import model
from tzero.train.experiment import Block, Boosting, Evaluation, Labels, Outcome, OutcomeKind
from tzero.train.prediction import predict
from tzero.train.record import keep, read
from tzero.train.training import explain, train


@pytest.fixture(scope="module", params=ENGINES)
def market(request: pytest.FixtureRequest) -> Iterator[Shop]:
    found = open_market(request.param)
    yield found
    found.engine.close()


@pytest.fixture
def spoilt() -> Iterator[Shop]:
    """A store to be spoilt."""
    found = open_market("duckdb")
    yield found
    found.engine.close()


def refused(shop: Shop, kind: type[TzeroError], **changed: object) -> str:
    with pytest.raises(kind) as caught:
        train(shop.state, experiment(**changed))
    return caught.value.what


def test_a_model_beats_its_baselines_and_is_kept(market: Shop, tmp_path: Path) -> None:
    trained = train(market.state, experiment())
    scores = {(one["measure"], one["by"]): one["value"] for one in trained.card["holdout"]["scores"]}
    assert scores["concordance", "model"] > 0.9
    assert scores["log likelihood", "model"] > scores["log likelihood", "constant"] + 0.2
    folder = keep(market.state, trained, tmp_path)
    content, card = read(folder)
    assert model.find(market.state, card["model"]["sha256"]) is not None
    found = predict(market.state, content, card, threads=1).read_all()
    assert found.num_rows == 1200
    assert found.column_names == ["id", "t0", "days", "p_within_3_days", "p_within_7_days"]
    card["importance"]["features"][0]["feature"] = "<script>\x1b\u202e"
    page = render_card(card)
    assert "<script" not in page and r"&lt;script&gt;\x1b\u202e" in page
    assert "says more than its baselines" in page


def test_engines_agree_to_the_byte() -> None:
    made = []
    for engine in ENGINES:
        shop = open_market(engine)
        trained = train(shop.state, experiment())
        made.append((trained.card["data"]["digests"], trained.model.content))
        shop.engine.close()
    assert all(found == made[0] for found in made)


def test_threads_change_nothing(market: Shop) -> None:
    one, three = (
        train(market.state, experiment(boosting=Boosting(rounds=12, threads=threads))).model.content
        for threads in (1, 3)
    )
    assert one == three


@pytest.mark.parametrize(
    ("kind", "column", "measure", "good"),
    [
        (OutcomeKind.WITHIN, None, "AUC 7 days", lambda value: value > 0.9),
        (OutcomeKind.FLAG, "dear", "AUC", lambda value: value > 0.99),
        (OutcomeKind.VALUE, "worth", "mean absolute error", lambda value: value < 4.0),
    ],
)
def test_other_outcomes(market: Shop, kind: OutcomeKind, column: str | None, measure: str, good: object) -> None:
    labels = replace(experiment().labels, value=column)
    within = dt.timedelta(days=7) if kind is OutcomeKind.WITHIN else None
    card = train(market.state, experiment(labels=labels, outcome=Outcome(kind, within))).card
    value = next(one["value"] for one in card["holdout"]["scores"] if one["measure"] == measure)
    assert good(value)  # type: ignore[operator]


def test_explain_reads_no_row(market: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(market.engine), "arrow", None)
    found = explain(market.state, experiment()).as_json()
    assert found["blocks"][0]["features_hash"] and "ORDER BY" in found["query"]


def test_what_is_compared_may_be_uncertified(market: Shop) -> None:
    market.run("DROP VIEW IF EXISTS market.other")
    market.run(
        "CREATE VIEW market.other AS SELECT f.id, f.price + CASE WHEN o.ended_at IS NULL THEN 9 ELSE 0 END AS price,"
        " f.brand_n, f.brand_shade_n, f.shade_share FROM shop.features f JOIN market.outcomes o ON o.id = f.id"
    )
    found = train(market.state, experiment(), against=RelationName.parse("market.other")).card["comparison"]
    assert [one["certified"] for one in found["relations"]] == [True, False]
    assert found["relations"][0]["period_after"]["value"] > 0.9


def test_no_certificate() -> None:
    shop = open_market("duckdb", certified=False)
    assert "nothing certifies" in refused(shop, UncertifiedError)
    shop.engine.close()


def test_a_stale_certificate(market: Shop) -> None:
    assert "old, and may be" in refused(market, UncertifiedError, max_age=dt.timedelta(0))


def test_another_view(market: Shop) -> None:
    other = Block("shop", RelationName.parse("market.outcomes"), "features")
    assert "nothing certifies market.outcomes" in refused(market, UncertifiedError, blocks=(other,))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("id, t0, price AS cost, brand_n, brand_shade_n, shade_share", "price: promised"),
        ("id, t0, brand_n, price, brand_shade_n, shade_share", "position"),
        ("id, t0, CAST(price AS text) AS price, brand_n, brand_shade_n, shade_share", "type"),
        ("*, 1 AS more", "not promised"),
    ],
)
def test_contract_drift(spoilt: Shop, columns: str, said: str) -> None:
    [(text,)] = spoilt.engine.rows("SELECT sql FROM duckdb_views() WHERE view_name = 'features'")
    body = text.rstrip(";\n ").partition(" AS ")[2]
    spoilt.run(f"CREATE OR REPLACE VIEW shop.features AS SELECT {columns} FROM ({body})")
    assert said in refused(spoilt, UncertifiedError)


def test_a_definition_changed_after_the_certificate(spoilt: Shop) -> None:
    [(text,)] = spoilt.engine.rows("SELECT sql FROM duckdb_views() WHERE view_name = 'features'")
    body = text.rstrip(";\n ").partition(" AS ")[2]
    spoilt.run(f"CREATE OR REPLACE VIEW shop.features AS SELECT * FROM ({body}) LIMIT 2000")
    assert "redefined" in refused(spoilt, UncertifiedError)


def test_refreshed_after_the_certificate(spoilt: Shop) -> None:
    spoilt.run("INSERT INTO raw.sales SELECT 5000, TIMESTAMP '2024-12-01', 'b1', 'red', 3")
    spoilt.refresh()
    assert "came after its certificate" in refused(spoilt, UncertifiedError)


def test_labels_inside_a_block(market: Shop) -> None:
    labels = Labels(RelationName.parse("raw.sales"), "sold_at", "sold_at", "sold_at")
    assert "in the closure of shop.features" in refused(market, FindingError, labels=labels)


def test_labels_without_t0(market: Shop) -> None:
    labels = replace(experiment().labels, t0="listed_at")
    with pytest.raises(TzeroError, match="has no T0 'listed_at'"):
        train(market.state, experiment(labels=labels))


def test_labels_twice(spoilt: Shop) -> None:
    spoilt.run("INSERT INTO market.outcomes SELECT * FROM market.outcomes WHERE id = 7")
    assert "comes more than once" in refused(spoilt, FindingError)


def test_labels_of_another_t0_are_none(spoilt: Shop) -> None:
    spoilt.run("UPDATE market.outcomes SET t0 = t0 + INTERVAL '1 second' WHERE id <= 50")
    card = train(spoilt.state, experiment()).card
    assert card["holdout"]["train_left_out"]["no label of its key and T0"] == 50


def test_train_and_evaluation_overlap(market: Shop) -> None:
    late = Evaluation(since=dt.datetime(2024, 7, 1), train_until=dt.datetime(2024, 6, 28))
    assert "overlaps" in refused(market, FindingError, evaluation=late)


def test_all_censored(spoilt: Shop) -> None:
    spoilt.run("UPDATE market.outcomes SET ended_at = NULL")
    assert "are censored" in refused(spoilt, FindingError)


def test_one_class(spoilt: Shop) -> None:
    spoilt.run("UPDATE market.outcomes SET dear = TRUE")
    labels = replace(experiment().labels, value="dear")
    assert "outcome True" in refused(spoilt, FindingError, labels=labels, outcome=Outcome(OutcomeKind.FLAG))


def test_an_empty_window(market: Shop) -> None:
    future = Evaluation(since=dt.datetime(2030, 1, 1), folds=0)
    assert "no row to judge" in refused(market, FindingError, evaluation=future)


def test_shuffled_labels_beat_nothing(spoilt: Shop) -> None:
    spoilt.run(
        "CREATE OR REPLACE TABLE market.outcomes AS SELECT s.id, s.sold_at AS t0, s.sold_at + life AS ended_at,"
        " s.sold_at + life AS observed_until, s.sold_at + life AS known_at FROM (SELECT *,"
        " (1 + hash(id) % 300) * INTERVAL '1 hour' AS life FROM raw.sales) s"
    )
    card = train(spoilt.state, experiment()).card
    found = next(one for one in card["holdout"]["scores"] if one["measure"] == "concordance")
    assert abs(found["value"] - 0.5) < 0.08


def test_predict_refuses_another_contract(spoilt: Shop, tmp_path: Path) -> None:
    content, card = read(keep(spoilt.state, train(spoilt.state, experiment()), tmp_path))
    card["blocks"][0]["features_hash"] = "0" * 64
    with pytest.raises(ContractError, match="not the one that the model was trained on"):
        predict(spoilt.state, content, card)


def test_a_model_that_was_changed_is_refused(spoilt: Shop, tmp_path: Path) -> None:
    folder = keep(spoilt.state, train(spoilt.state, experiment()), tmp_path)
    (folder / "model.ubj").write_bytes((folder / "model.ubj").read_bytes() + b"x")
    with pytest.raises(FindingError, match="not the model of its card"):
        read(folder)


def test_a_segment_of_every_row_is_none(market: Shop) -> None:
    everything = Evaluation(folds=0, draws=0, segment=("*",))
    assert "segments: there is no rate of one row" in refused(market, FindingError, evaluation=everything)


def test_a_certified_relation_is_compared_as_such(market: Shop) -> None:
    card = train(market.state, experiment(evaluation=Evaluation(folds=0, draws=0)), against=VIEW).card
    here, other = card["comparison"]["relations"]
    assert here == other and other["certified"], "compared with itself it is worth nothing"
