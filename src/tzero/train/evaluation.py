"""Judge a model on rows that are later than all that it has seen, beside what needs no model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from tzero.errors import FindingError
from tzero.train.baselines import segment_rates
from tzero.train.canonical import Doubles
from tzero.train.dataset import Dataset
from tzero.train.experiment import Experiment, OutcomeKind
from tzero.train.metrics.bootstrap import Interval, interval
from tzero.train.metrics.calibration import Bin, calibration, miscalibration
from tzero.train.metrics.concordance import concordance
from tzero.train.metrics.likelihood import bernoulli, chance, fit_constant, log_likelihood, probability_within
from tzero.train.metrics.ranking import auc, average_precision
from tzero.train.model import Model, Round, fit, margins
from tzero.train.outcomes import Flags, Known, Rows, decide, is_old_enough, known_at
from tzero.train.splits import Split, require_apart
from tzero.train.stopping import Stop, stop_of

MODEL, CONSTANT, SEGMENT = "model", "constant", "segment rate"
_PAIRS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Score:
    """One measure of one way to predict. ``by`` is the model or a baseline."""

    measure: str
    by: str
    rows: int
    found: Interval

    def as_json(self) -> dict[str, Any]:
        return {"measure": self.measure, "by": self.by, "rows": self.rows, **self.found.as_json()}


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a model fitted for one split did."""

    split: Split
    trained: Known
    judged: Known
    stop: Stop
    scores: tuple[Score, ...]
    curves: tuple[tuple[str, tuple[Bin, ...]], ...]

    def score(self, measure: str, by: str = MODEL) -> float | None:
        return next((one.found.value for one in self.scores if (one.measure, one.by) == (measure, by)), None)

    def as_json(self) -> dict[str, Any]:
        return {
            **self.split.as_json(),
            "rounds": self.stop.rounds,
            "rounds_read_off": self.stop.as_json(),
            "train_rows": len(self.trained),
            "train_left_out": self.trained.left_out,
            "judged_rows": len(self.judged),
            "judged_left_out": self.judged.left_out,
            "scores": [one.as_json() for one in self.scores],
            "calibration": [
                {"of": name, "bins": [one.as_json() for one in bins], "mean_distance": miscalibration(bins)}
                for name, bins in self.curves
            ],
        }


@dataclass(frozen=True, slots=True)
class Task:
    """What every split of an experiment shares. ``segment``: places of the features that the baseline counts by."""

    dataset: Dataset
    experiment: Experiment
    segment: tuple[int, ...] = ()


def judge(task: Task, split: Split, draws: int, progress: Round = lambda *_: None) -> tuple[Model, Judgement]:
    """Fit on the training window as known at the cutoff, and score the later rows.

    Raises FindingError where either side has nothing to learn from or to judge by.
    """
    dataset, outcome = task.dataset, task.experiment.outcome
    trained = known_at(dataset, outcome, split.train(dataset.t0), split.cutoff)
    judged = known_at(dataset, outcome, split.judge(dataset.t0), split.known_until)
    require_apart(split, trained.rows, judged.rows, dataset.t0)
    _require_judgeable(split, judged, outcome.kind)
    boosting = task.experiment.boosting
    stop = stop_of(dataset, outcome, boosting, split)
    model = fit(dataset.features, dataset.names, trained, outcome.kind, boosting, stop.rounds, stop.scale, progress)
    scoring = _Scoring(task, split, model, trained, judged, draws)
    return model, Judgement(split, trained, judged, stop, tuple(scoring.scores()), tuple(scoring.curves()))


def _require_judgeable(split: Split, judged: Known, kind: OutcomeKind) -> None:
    if not len(judged):
        told = ", ".join(f"{number:,} {rule}" for rule, number in judged.left_out.items()) or "the window is empty"
        raise FindingError(f"{split.name}: no row to judge is left ({told})", fix="hold out earlier or more rows")
    if kind is OutcomeKind.TIME and judged.lives is not None and not judged.lives.ended.any():
        raise FindingError(f"{split.name}: all rows to judge are censored", fix="hold out earlier or more rows")
    if kind in (OutcomeKind.WITHIN, OutcomeKind.FLAG) and judged.y is not None and judged.y.min() == judged.y.max():
        raise FindingError(
            f"{split.name}: all rows to judge have the outcome {bool(judged.y[0])}", fix="hold out earlier or more rows"
        )


@dataclass(frozen=True)
class _Scoring:
    """The measures of one split. Baselines are fitted on the training rows, as the model is."""

    task: Task
    split: Split
    model: Model
    trained: Known
    judged: Known
    draws: int

    def scores(self) -> Iterator[Score]:
        kind = self.task.experiment.outcome.kind
        if kind is OutcomeKind.TIME:
            yield from self._of_times()
        elif kind is OutcomeKind.VALUE:
            yield from self._of_values()
        else:
            yield from self._of_classes()

    def curves(self) -> Iterator[tuple[str, tuple[Bin, ...]]]:
        kind, lives, y = self.task.experiment.outcome.kind, self.judged.lives, self.judged.y
        if kind is OutcomeKind.TIME and lives is not None:
            for days in self.task.experiment.outcome.days:
                within = probability_within(self._margin, self.model.scale, days)
                yield f"within {days:g} days", calibration(within, lives, days)
        elif y is not None:
            predicted = self._margin if kind is OutcomeKind.VALUE else chance(self._margin)
            yield kind.value, calibration(predicted, y)

    @cached_property
    def _margin(self) -> Doubles:
        return margins(self.model, self.task.dataset.features, self.judged.rows)

    def _of_times(self) -> Iterator[Score]:
        lives, margin, scale = self.judged.lives, self._margin, self.model.scale
        assert lives is not None and self.trained.lives is not None
        constant = fit_constant(self.trained.lives)
        yield self._score("concordance", MODEL, lambda at: concordance(lives.of(at), -margin[at]), _PAIRS_AT_ONCE)
        if self.task.segment:
            rate = self._rates(*self._decided_in_training(self.task.experiment.outcome.days[-1]))
            yield self._score("concordance", SEGMENT, lambda at: concordance(lives.of(at), rate[at]), _PAIRS_AT_ONCE)
        yield Score("concordance", CONSTANT, len(margin), Interval(0.5))
        yield self._score("log likelihood", MODEL, _mean(log_likelihood(lives, margin, scale)))
        by_constant = log_likelihood(lives, constant.location, constant.scale)
        yield self._score("log likelihood", CONSTANT, _mean(by_constant))
        for days in self.task.experiment.outcome.days:
            yield from self._of_horizon(days, -margin)

    def _of_horizon(self, days: float, score: Doubles) -> Iterator[Score]:
        """Whether the event came within some days, of the rows that were old enough to tell and are decided."""
        outcome, lives = self.task.experiment.outcome, self.judged.lives
        assert lives is not None
        decided, came = decide(lives, days)
        old = is_old_enough(self.task.dataset.t0[self.judged.rows], outcome, days, self.split.known_until)
        chosen = np.flatnonzero(decided & old)
        named = f"{days:g} days"
        yield from self._ranked(named, MODEL, came, score, chosen)
        if self.task.segment:
            yield from self._ranked(named, SEGMENT, came, self._rates(*self._decided_in_training(days)), chosen)
        yield from self._ranked(named, CONSTANT, came, np.zeros(len(came)), chosen)

    def _of_classes(self) -> Iterator[Score]:
        y, margin = self.judged.y, self._margin
        assert y is not None and self.trained.y is not None
        came, every = y == 1.0, np.arange(len(y))
        days = self.task.experiment.outcome.days
        named = f"{days[0]:g} days" if days else ""
        ways = {MODEL: margin, CONSTANT: np.zeros(len(y))}
        if self.task.segment:
            ways[SEGMENT] = self._rates(self.trained.rows, self.trained.y)
        for by, score in ways.items():
            yield from self._ranked(named, by, came, score, every)
        share = float(self.trained.y.mean())
        yield self._score("log likelihood", MODEL, _mean(bernoulli(came, chance(margin))))
        yield self._score("log likelihood", CONSTANT, _mean(bernoulli(came, np.full(len(y), share))))

    def _of_values(self) -> Iterator[Score]:
        y = self.judged.y
        assert y is not None and self.trained.y is not None
        ways = {MODEL: self._margin, CONSTANT: np.full(len(y), float(self.trained.y.mean()))}
        if self.task.segment:
            ways[SEGMENT] = self._rates(self.trained.rows, self.trained.y)
        for by, predicted in ways.items():
            error = predicted - y
            yield self._score("mean absolute error", by, _mean(np.abs(error)))
            yield self._score("root mean squared error", by, partial(_root_mean, error**2))

    def _ranked(self, named: str, by: str, came: Flags, score: Doubles, rows: Rows) -> Iterator[Score]:
        of, at_score, t0 = came[rows], score[rows], self.task.dataset.t0[self.judged.rows][rows]
        measures: tuple[tuple[str, Callable[[Flags, Doubles], float | None]], ...] = (
            ("AUC", auc),
            ("average precision", average_precision),
        )
        for measure, compute in measures:
            found = interval(
                lambda at, compute=compute: compute(of[at], at_score[at]),  # type: ignore[misc]
                t0,
                self.draws if by != CONSTANT else 0,
                self.task.experiment.boosting.seed,
            )
            yield Score(f"{measure} {named}".rstrip(), by, len(rows), found)

    def _score(self, measure: str, by: str, compute: Callable[[Rows], float | None], most: int = 10_000) -> Score:
        t0 = self.task.dataset.t0[self.judged.rows]
        found = interval(compute, t0, self.draws, self.task.experiment.boosting.seed, most)
        return Score(measure, by, len(t0), found)

    def _rates(self, rows: Rows, y: Doubles) -> Doubles:
        features = self.task.dataset.features
        return segment_rates(features, rows, y, self.task.segment).of(features, self.judged.rows)

    def _decided_in_training(self, days: float) -> tuple[Rows, Doubles]:
        lives = self.trained.lives
        assert lives is not None
        decided, came = decide(lives, days)
        old = is_old_enough(
            self.task.dataset.t0[self.trained.rows], self.task.experiment.outcome, days, self.split.cutoff
        )
        chosen = decided & old
        return self.trained.rows[chosen], came[chosen].astype(np.float64)


def _mean(of: Doubles) -> Callable[[Rows], float]:
    return lambda at: float(of[at].mean())


def _root_mean(of: Doubles, at: Rows) -> float:
    return float(np.sqrt(of[at].mean()))
