"""From ``[train]`` in tzero.toml, and what was given besides, to an experiment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from tzero.errors import UsageError
from tzero.project.config import Config, TrainConfig
from tzero.sql.names import RelationName
from tzero.timeline import duration
from tzero.train.experiment import Block, Boosting, Evaluation, Experiment, Labels, Outcome, OutcomeKind


def experiment_of(config: Config, given: Mapping[str, Any], threads: int = 0) -> Experiment:
    """The experiment of a project. ``given`` replaces keys of ``[train]``; of None it replaces nothing.

    Raises UsageError where something that it needs is named nowhere.
    """
    wanted = config.train.model_copy(update={name: value for name, value in given.items() if value is not None})
    if wanted.labels is None:
        raise UsageError("which labels?", fix="say --labels RELATION, or write labels = '...' under [train]")
    oldest = config.certify.max_age
    return Experiment(
        tuple(_block(item.name, item.features_view, item.feature_set) for item in wanted.block),
        Labels(
            RelationName.parse(wanted.labels),
            wanted.label_t0,
            wanted.event_at,
            wanted.observed_until,
            wanted.gone_by,
            wanted.known_at,
            wanted.value,
        ),
        Outcome(
            OutcomeKind(wanted.outcome),
            None if wanted.within is None else duration(wanted.within),
            duration(wanted.notice),
            tuple(wanted.horizons),
        ),
        Boosting(wanted.rounds, wanted.depth, wanted.rate, wanted.patience, seed=wanted.seed, threads=threads),
        _evaluation(wanted),
        tuple(wanted.exclude),
        None if oldest is None else duration(oldest),
    )


def _evaluation(wanted: TrainConfig) -> Evaluation:
    return Evaluation(
        _instant(wanted.evaluate_from),
        wanted.evaluate_share,
        _instant(wanted.train_until),
        _instant(wanted.train_from),
        None if wanted.embargo is None else duration(wanted.embargo),
        wanted.folds,
        wanted.draws,
        tuple(wanted.segment),
    )


def _block(name: str | None, view: str, feature_set: str) -> Block:
    relation = RelationName.parse(view)
    return Block(name or relation.name, relation, feature_set)


def _instant(when: dt.date | None) -> dt.datetime | None:
    """A day is its first moment in UTC."""
    if when is None or isinstance(when, dt.datetime):
        return when
    return dt.datetime(when.year, when.month, when.day, tzinfo=dt.UTC)
