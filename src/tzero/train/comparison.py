"""What a leak was worth: the same model on another relation, as three ways of judging it see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tzero.errors import FindingError, MissingRelationError
from tzero.features.suggest import nearest
from tzero.sql.names import RelationName
from tzero.state.schema import StateSchema
from tzero.train.admission import Admitted
from tzero.train.canonical import Doubles
from tzero.train.dataset import Dataset
from tzero.train.evaluation import Task
from tzero.train.experiment import OutcomeKind
from tzero.train.metrics.bootstrap import Interval, interval
from tzero.train.metrics.concordance import concordance
from tzero.train.metrics.ranking import auc
from tzero.train.model import Model, fit, margins
from tzero.train.outcomes import Known, known_at
from tzero.train.splits import Split, latest_origin, require_apart
from tzero.train.stopping import Stop, stop_of

_PARTS = 4
MEASURES = {
    OutcomeKind.TIME: "concordance",
    OutcomeKind.WITHIN: "AUC",
    OutcomeKind.FLAG: "AUC",
    OutcomeKind.VALUE: "mean absolute error",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """How good a model on one relation looks: by a random split, by a split in time, and in the period after, on the
    features as they were at T0."""

    relation: str
    certified: bool
    random: Interval
    in_time: Interval
    after: Interval

    def as_json(self) -> dict[str, Any]:
        return {
            "relation": self.relation,
            "certified": self.certified,
            "random_split": self.random.as_json(),
            "split_in_time": self.in_time.as_json(),
            "period_after": self.after.as_json(),
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both relations, judged on the same rows."""

    measure: str
    here: Seen
    other: Seen

    def as_json(self) -> dict[str, Any]:
        return {"measure": self.measure, "relations": [self.here.as_json(), self.other.as_json()]}


def check_comparable(state: StateSchema, relation: RelationName, admitted: Admitted) -> None:
    """Refuse a relation that has not the key and the features of the first block, before it is read."""
    described = state.engine.describe(relation)
    if described is None:
        raise MissingRelationError(f"there is no relation {relation}", fix="correct --compare")
    names = [column.name for column in described.columns]
    for name in (*admitted.spine.key, *admitted.features):
        if name not in names:
            raise FindingError(
                f"{relation} has no column {name!r}, and cannot be compared with {admitted.block.relation}",
                fix=f"leave a feature out of both with --exclude; {nearest(name, names)}",
            )


def compare(task: Task, split: Split, other: Dataset, relation: RelationName, *, certified: bool) -> Comparison:
    """Fit the same model on both. ``other`` holds the same rows, with the features of the relation as they are now.

    The period after is the holdout. A model meets its rows as they come, when a feature can hold no more than what
    the certified relation says: that is what both models are given there.
    """
    if other.digests["t0"] != task.dataset.digests["t0"] or _keys(other) != _keys(task.dataset):
        raise FindingError(f"{relation} changed while it was read", fix="compare again, while nothing changes")
    first = str(task.experiment.blocks[0].relation)
    here = _seen(task, split, task.dataset, first, certified=True)
    there = _seen(task, split, other, str(relation), certified=certified)
    return Comparison(MEASURES[task.experiment.outcome.kind], here, there)


def _seen(task: Task, split: Split, dataset: Dataset, relation: str, *, certified: bool) -> Seen:
    outcome = task.experiment.outcome
    trained = known_at(dataset, outcome, split.train(dataset.t0), split.cutoff)
    judged = known_at(dataset, outcome, split.judge(dataset.t0), split.known_until)
    latest = latest_origin(dataset, split)
    earlier = known_at(dataset, outcome, latest.train(dataset.t0), latest.cutoff)
    later = known_at(dataset, outcome, latest.judge(dataset.t0), latest.known_until)
    require_apart(latest, earlier.rows, later.rows, dataset.t0)
    stop = stop_of(dataset, outcome, task.experiment.boosting, split)
    chosen = np.random.default_rng(task.experiment.boosting.seed).random(len(trained)) < 1.0 / _PARTS
    return Seen(
        relation,
        certified,
        _judged(task, stop, dataset, trained.of(~chosen), dataset, trained.of(chosen)),
        _judged(task, stop, dataset, earlier, dataset, later),
        _judged(task, stop, dataset, trained, task.dataset, judged),
    )


def _judged(task: Task, stop: Stop, features: Dataset, train: Known, met: Dataset, judge: Known) -> Interval:
    """Fit on one dataset, and judge on the rows of one as a model meets them."""
    experiment = task.experiment
    model: Model = fit(
        features.features,
        features.names,
        train,
        experiment.outcome.kind,
        experiment.boosting,
        stop.rounds,
        stop.scale,
        lambda *_: None,
    )
    if not len(judge):
        return Interval(None)
    margin = margins(model, met.features, judge.rows)
    t0 = met.t0[judge.rows]
    draws = experiment.evaluation.draws
    return interval(lambda at: _measure(judge, margin, at), t0, draws, experiment.boosting.seed, 2_000)


def _measure(judge: Known, margin: Doubles, at: Any) -> float | None:
    if judge.y is None and judge.lives is not None:
        return concordance(judge.lives.of(at), -margin[at])
    assert judge.y is not None
    if np.isin(judge.y, (0.0, 1.0)).all():
        return auc(judge.y[at] == 1.0, margin[at])
    return float(np.abs(margin[at] - judge.y[at]).mean())


def _keys(dataset: Dataset) -> list[str]:
    return [digest for name, digest in dataset.digests.items() if name.startswith("key.")]
