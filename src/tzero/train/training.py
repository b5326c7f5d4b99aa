"""The whole way: admit, read, judge, fit, and say what was done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tzero.certify.guard import require_certified
from tzero.errors import UncertifiedError
from tzero.sql.names import RelationName
from tzero.state.schema import StateSchema
from tzero.train.admission import Admitted, admit, require_unchanged
from tzero.train.baselines import segment_places
from tzero.train.card import card_of
from tzero.train.comparison import Comparison, check_comparable, compare
from tzero.train.dataset import Dataset, read_dataset, training_query
from tzero.train.evaluation import Judgement, Task, judge
from tzero.train.experiment import Experiment
from tzero.train.importance import importance
from tzero.train.model import Model
from tzero.train.splits import Split, folds, holdout

Progress = Callable[[str, int, int | None], None]
"""Is told what is being done, how far it has come, and of how much, where that is known."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model, and the card that says all there is to say about it (see `tzero.train.card`)."""

    model: Model
    card: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Admission:
    """What would be read, and why it may be: nothing of it has been."""

    admitted: tuple[Admitted, ...]
    experiment: Experiment
    sql: str

    def as_json(self) -> dict[str, Any]:
        return {
            "blocks": [found.as_json() for found in self.admitted],
            "labels": {
                **self.experiment.labels.as_json(),
                "outside": [
                    {"block": found.block.name, "relations_in_closure": len(found.closure)} for found in self.admitted
                ],
            },
            "outcome": self.experiment.outcome.as_json(),
            "query": self.sql,
        }


def explain(state: StateSchema, experiment: Experiment) -> Admission:
    """Check all that is checked before the first row is read. Raises as `admit` does."""
    admitted = admit(state, experiment)
    query = training_query(state.engine, admitted, experiment.labels)
    return Admission(admitted, experiment, state.engine.render(query.tree))


def train(
    state: StateSchema,
    experiment: Experiment,
    *,
    against: RelationName | None = None,
    progress: Progress = lambda *_: None,
) -> Trained:
    """Train on certified features alone, and judge on later rows.

    ``against`` is a relation with the same columns that is compared, certified or not; the model is not made from it.
    Raises UncertifiedError, ContractError or FindingError, and leaves nothing behind.
    """
    admitted = admit(state, experiment)
    if against is not None:
        check_comparable(state, against, admitted[0])
    query = training_query(state.engine, admitted, experiment.labels)
    with read_dataset(state.engine, query, lambda rows: progress("read rows", rows, None)) as dataset:
        require_unchanged(state, experiment, admitted)
        split = holdout(dataset, experiment.outcome, experiment.evaluation)
        task = Task(dataset, experiment, segment_places(dataset.names, experiment.evaluation.segment))
        earlier = _earlier(task, split, progress)
        model, judged = judge(
            task, split, experiment.evaluation.draws, lambda at, of: progress("fit the model", at, of)
        )
        compared = None if against is None else _compared(state, task, split, admitted, against, progress)
        weight = importance(model, dataset, judged.judged.rows)
        card = card_of(experiment, admitted, dataset, model, judged, earlier, weight, compared, dt.datetime.now(dt.UTC))
    return Trained(model, card)


def _earlier(task: Task, split: Split, progress: Progress) -> tuple[Judgement, ...]:
    found = []
    made = folds(task.dataset, split, task.experiment.evaluation.folds)
    for at, fold in enumerate(made, 1):
        progress("judge earlier origins", at, len(made))
        found.append(judge(task, fold, 0)[1])
    return tuple(found)


def _compared(
    state: StateSchema,
    task: Task,
    split: Split,
    admitted: tuple[Admitted, ...],
    against: RelationName,
    progress: Progress,
) -> Comparison:
    query = training_query(state.engine, admitted, task.experiment.labels, against)
    other: Dataset
    with read_dataset(state.engine, query, lambda rows: progress(f"read {against}", rows, None)) as other:
        return compare(task, split, other, against, certified=_is_certified(state, against))


def _is_certified(state: StateSchema, relation: RelationName) -> bool:
    try:
        require_certified(state, relation)
    except UncertifiedError:
        return False
    return True
