"""How many trees: as many as help on later rows of the training window, which nothing of the judged rows can move."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tzero.train.canonical import DAY_US
from tzero.train.dataset import Column, Dataset
from tzero.train.evaluation import Task, judge
from tzero.train.experiment import Boosting, Evaluation, Outcome, OutcomeKind
from tzero.train.splits import holdout, latest_origin
from tzero.train.stopping import stop_of

OUTCOME = Outcome(OutcomeKind.TIME, horizons=(7,))
MANY = Boosting(rounds=400, rate=0.3, depth=6, threads=1, min_child_weight=1.0, l2=0.0)
FEW_WEEKS = Evaluation(folds=0, draws=0)


def lives(rows: int = 2000, *, effect: float = 0.4, seed: int = 3) -> Dataset:
    """Rows of 200 days, of which the first of ten features moves the log life by ``effect``."""
    drawn = np.random.default_rng(seed)
    features = drawn.normal(size=(rows, 10)).astype(np.float32)
    t0 = np.sort(drawn.integers(0, 200 * DAY_US, rows))
    life = np.exp(1.0 + effect * features[:, 0] + drawn.normal(size=rows))
    ended = t0 + (life * DAY_US).astype(np.int64)
    times = {"event_at": ended, "observed_until": ended, "known_at": ended}
    columns = tuple(Column(f"x{at}", "b") for at in range(10))
    return Dataset(columns, features, t0, np.ones(rows, np.bool_), times, None, {})


def task(dataset: Dataset, boosting: Boosting) -> Task:
    class Wanted:
        outcome, evaluation = OUTCOME, FEW_WEEKS

    wanted: Any = Wanted()
    wanted.boosting = boosting
    return Task(dataset, wanted)


def test_fewer_trees_than_there_may_be_do_better() -> None:
    dataset = lives()
    split = holdout(dataset, OUTCOME, FEW_WEEKS)
    model, found = judge(task(dataset, MANY), split, 0)
    every, overfitted = judge(task(dataset, replace(MANY, patience=0)), split, 0)
    assert model.rounds < 60 < every.rounds == 400
    told, untold = found.score("log likelihood"), overfitted.score("log likelihood")
    assert told is not None and untold is not None and told > untold + 0.1
    assert model.scale == pytest.approx(1.0, abs=0.1), "the noise about the prediction, not about a constant"


def test_what_is_judged_moves_nothing() -> None:
    dataset = lives()
    split = holdout(dataset, OUTCOME, FEW_WEEKS)
    before = stop_of(dataset, OUTCOME, MANY, split)
    late = dataset.t0 >= split.judge_from
    dataset.features[late] = 7.0
    unknown = {
        name: np.where(moment > split.cutoff, moment + 90 * DAY_US, moment) for name, moment in dataset.times.items()
    }
    assert stop_of(replace(dataset, times=unknown), OUTCOME, MANY, split) == before
    dataset.features[~late] += np.float32(1.0) * (np.arange(10) == 0) * (np.flatnonzero(~late) % 2)[:, None]
    assert stop_of(dataset, OUTCOME, MANY, split) != before, "what is trained on does"


def test_the_inner_origin_lies_inside_the_training_window() -> None:
    dataset = lives()
    split = holdout(dataset, OUTCOME, FEW_WEEKS)
    inner = latest_origin(dataset, split)
    assert inner.judge_until <= split.train_until and inner.known_until == split.cutoff
    assert inner.judge_from - inner.train_until == split.judge_from - split.train_until


def test_a_small_window_is_not_parted() -> None:
    dataset = lives(120)
    found = stop_of(dataset, OUTCOME, MANY, holdout(dataset, OUTCOME, FEW_WEEKS))
    assert (found.rounds, found.split, found.scale) == (100, None, None)
