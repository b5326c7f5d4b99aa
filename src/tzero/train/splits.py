"""Splits in the order of time: what is trained on ends an embargo before what is judged begins."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tzero.errors import FindingError, UsageError
from tzero.train.canonical import DAY_US, Moments
from tzero.train.dataset import Dataset
from tzero.train.experiment import Evaluation, Outcome
from tzero.train.outcomes import data_end, label_delay

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Split:
    """Two windows of rows, by T0 in microseconds since 1970, each from its first moment to before its last.

    What is trained on is as it was known at ``cutoff``, what is judged as it was known at ``known_until``.
    """

    name: str
    train_from: int
    train_until: int
    judge_from: int
    judge_until: int
    known_until: int

    @property
    def cutoff(self) -> int:
        """The moment at which the model could have been trained: when the first row that is judged came."""
        return self.judge_from

    def train(self, t0: Moments) -> slice:
        return _between(t0, self.train_from, self.train_until)

    def judge(self, t0: Moments) -> slice:
        return _between(t0, self.judge_from, self.judge_until)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "train": [told(self.train_from), told(self.train_until)],
            "cutoff": told(self.cutoff),
            "embargo_days": (self.judge_from - self.train_until) / DAY_US,
            "judged": [told(self.judge_from), told(self.judge_until)],
            "known_until": told(self.known_until),
        }


def told(moment: int) -> str:
    """A moment in words, in UTC, to the second.

    >>> told(0)
    '1970-01-01 00:00:00'
    """
    return f"{_EPOCH + dt.timedelta(microseconds=moment):%Y-%m-%d %H:%M:%S}"


def moment_of(when: dt.datetime) -> int:
    """Microseconds since 1970; a time without zone is in UTC."""
    instant = when if when.tzinfo else when.replace(tzinfo=dt.UTC)
    return (instant - _EPOCH) // dt.timedelta(microseconds=1)


def embargo_of(dataset: Dataset, outcome: Outcome, evaluation: Evaluation) -> dt.timedelta:
    """How long before the judged rows training ends: what was asked for, or as long as a label needs to be ready."""
    if evaluation.embargo is not None:
        return evaluation.embargo
    if outcome.is_timed:
        return outcome.needs
    until = _judge_from(dataset, evaluation)
    found = label_delay(dataset, slice(0, int(np.searchsorted(dataset.t0, until)))) + outcome.notice
    span = dt.timedelta(microseconds=until - int(dataset.t0[0]))
    if found > span / 4:
        raise FindingError(
            f"a label took {found} to be known, which would leave too little of {span} to train on",
            fix="say how long a label needs: --embargo 14d; later ones are left out",
        )
    return found


def holdout(dataset: Dataset, outcome: Outcome, evaluation: Evaluation) -> Split:
    """The newest rows, which nothing is fitted on."""
    since = _judge_from(dataset, evaluation)
    embargo = embargo_of(dataset, outcome, evaluation)
    latest = since - embargo // dt.timedelta(microseconds=1)
    until = latest if evaluation.train_until is None else moment_of(evaluation.train_until)
    start = int(dataset.t0[0]) if evaluation.train_from is None else moment_of(evaluation.train_from)
    split = Split("holdout", start, until, since, int(dataset.t0[-1]) + 1, data_end(dataset))
    if until > latest:
        raise FindingError(
            f"training until {told(until)} overlaps with what is judged from {told(since)} on: a label needs {embargo}",
            fix=f"train until {told(latest)} at the latest",
        )
    return split


def folds(dataset: Dataset, of: Split, number: int) -> tuple[Split, ...]:
    """Rolling origins before the holdout: each judges the next part of the second half of the training rows.

    The embargo is that of the holdout.
    """
    if number < 0:
        raise UsageError(f"{number} folds", fix="choose 0 or more")
    rows = of.train(dataset.t0)
    embargo = of.judge_from - of.train_until
    places = np.linspace(rows.start + (rows.stop - rows.start) / 2, rows.stop, number + 1).astype(np.int64)
    made = []
    for at in range(number):
        first = int(dataset.t0[min(places[at], len(dataset) - 1)])
        last = int(dataset.t0[places[at + 1] - 1]) + 1 if places[at + 1] > places[at] else first
        made.append(Split(f"fold {at + 1}", of.train_from, first - embargo, first, last, of.known_until))
    return tuple(made)


def latest_origin(dataset: Dataset, of: Split) -> Split:
    """The training window of a split parted as it is parted itself: the newest quarter of its rows is later than the
    rest by the same embargo. Nothing that came to be known after the cutoff takes part."""
    return replace(folds(dataset, of, 2)[-1], name=f"{of.name}, inside", known_until=of.cutoff)


def require_apart(split: Split, train: Any, judged: Any, t0: Moments) -> None:
    """Refuse to judge a model on rows that are not strictly later than all that it was trained on."""
    if len(train) and len(judged) and int(t0[train].max()) >= int(t0[judged].min()):
        raise FindingError(
            f"{split.name}: training goes to {told(int(t0[train].max()))}, and is judged from "
            f"{told(int(t0[judged].min()))} on",
            fix="judge later rows only",
        )


def _judge_from(dataset: Dataset, evaluation: Evaluation) -> int:
    if evaluation.since is not None:
        return moment_of(evaluation.since)
    return int(dataset.t0[min(int(len(dataset) * (1.0 - evaluation.share)), len(dataset) - 1)])


def _between(t0: Moments, first: int, last: int) -> slice:
    low, high = np.searchsorted(t0, [first, last])
    return slice(int(low), int(max(low, high)))
