"""Gradient boosted trees over a dataset, fed in batches; the same bytes for the same rows at any number of threads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tzero.errors import EngineError, FindingError
from tzero.train.canonical import Doubles, Singles
from tzero.train.experiment import Boosting, OutcomeKind
from tzero.train.metrics.likelihood import fit_constant
from tzero.train.outcomes import Known, Rows

BATCH = 65_536
_FEW_VALUES = 4_000_000
_OBJECTIVES = {
    OutcomeKind.TIME: "survival:aft",
    OutcomeKind.WITHIN: "binary:logistic",
    OutcomeKind.FLAG: "binary:logistic",
    OutcomeKind.VALUE: "reg:squarederror",
}
DISTRIBUTION = "normal"

Round = Callable[[int, int], None]
"""Is told how many trees there are, of how many."""


@dataclass(frozen=True)
class Model:
    """A fitted booster. ``scale`` is the standard deviation of the log time about the prediction (time to event)."""

    booster: Any
    kind: OutcomeKind
    scale: float
    rounds: int
    threads: int = 0

    @property
    def content(self) -> bytes:
        """XGBoost's own binary JSON."""
        return bytes(self.booster.save_raw("ubj"))

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def library() -> Any:
    """xgboost, imported when it is first needed. Raises EngineError where it is not installed."""
    try:
        import xgboost
    except ModuleNotFoundError as error:
        raise EngineError(f"training needs {error.name}", fix="pip install 'tzero[train]'") from error
    return xgboost


class Growing:
    """A booster that grows tree by tree, and says what it predicts of some ``watched`` rows after each.

    ``scale`` is the standard deviation of the log time about the prediction (time to event).
    """

    def __init__(
        self,
        features: Singles,
        names: list[str],
        known: Known,
        kind: OutcomeKind,
        boosting: Boosting,
        scale: float,
        watched: Rows | None = None,
    ) -> None:
        xgboost = library()
        self.threads = threads = _threads(boosting, len(known) * len(names))
        bins = boosting.bins
        self._matrix = xgboost.QuantileDMatrix(_batches(features, names, known), max_bin=bins, nthread=threads)
        self._watched = None
        if watched is not None:
            self._watched = xgboost.DMatrix(features[watched], feature_names=names, nthread=threads)
        seen = [matrix for matrix in (self._matrix, self._watched) if matrix is not None]
        self.booster = xgboost.Booster(_parameters(known, kind, boosting, scale) | {"nthread": threads}, seen)
        self.rounds = 0

    def grow(self) -> None:
        self.booster.update(self._matrix, self.rounds)
        self.rounds += 1

    def margin(self) -> Doubles:
        """The raw prediction of the watched rows."""
        return np.asarray(self.booster.predict(self._watched, output_margin=True), np.float64)


def fit(
    features: Singles,
    names: list[str],
    known: Known,
    kind: OutcomeKind,
    boosting: Boosting,
    rounds: int,
    scale: float | None,
    progress: Round,
) -> Model:
    """Fit so many trees on the known rows. ``scale``: of log times about the prediction; None takes that about a
    constant.

    Raises FindingError where there is nothing to learn from: no row, no event, one class.
    """
    _require_learnable(known, kind)
    spread = start_of(known, kind)[0] if scale is None else scale
    growing = Growing(features, names, known, kind, boosting, spread)
    for at in range(rounds):
        growing.grow()
        progress(at + 1, rounds)
    return Model(growing.booster, kind, spread, rounds, growing.threads)


def _threads(boosting: Boosting, values: int) -> int:
    """As many as asked for; of a few values one, since threads that wait for each other take longer than the work."""
    return boosting.threads or (1 if values < _FEW_VALUES else 0)


def _parameters(known: Known, kind: OutcomeKind, boosting: Boosting, scale: float) -> dict[str, Any]:
    found = {
        "objective": _OBJECTIVES[kind],
        "tree_method": "hist",
        "max_depth": boosting.depth,
        "eta": boosting.rate,
        "colsample_bytree": boosting.columns,
        "min_child_weight": boosting.min_child_weight,
        "lambda": boosting.l2,
        "max_bin": boosting.bins,
        "seed": boosting.seed,
        "base_score": start_of(known, kind)[1],
        "verbosity": 0,
    }
    if kind is OutcomeKind.TIME:
        found |= {"aft_loss_distribution": DISTRIBUTION, "aft_loss_distribution_scale": scale}
    return found


def margins(model: Model, features: Singles, rows: Rows) -> Doubles:
    """The raw prediction per row: log days, log odds, or the value itself."""
    found = [_predicted(model, features[rows[at : at + BATCH]]) for at in range(0, len(rows), BATCH)]
    return np.concatenate(found) if found else np.empty(0)


def contributions(model: Model, features: Singles) -> Doubles:
    """How much each feature moves each prediction (SHAP values of the trees; rows × columns), without the constant."""
    names = model.booster.feature_names
    matrix = library().DMatrix(features, feature_names=names, nthread=model.threads)
    found = model.booster.predict(matrix, pred_contribs=True)
    return np.asarray(found, np.float64)[:, :-1]


def restored(content: bytes, kind: OutcomeKind, scale: float, rounds: int, threads: int = 0) -> Model:
    """A model from its bytes."""
    booster = library().Booster({"nthread": threads})
    booster.load_model(bytearray(content))
    return Model(booster, kind, scale, rounds, threads)


def _predicted(model: Model, features: Singles) -> Doubles:
    names = model.booster.feature_names
    matrix = library().DMatrix(np.ascontiguousarray(features), feature_names=names, nthread=model.threads)
    return np.asarray(model.booster.predict(matrix, output_margin=True), np.float64)


def start_of(known: Known, kind: OutcomeKind) -> tuple[float, float]:
    """(scale of log time, the constant to start from), both of the training rows alone."""
    if kind is OutcomeKind.TIME and known.lives is not None:
        constant = fit_constant(known.lives)
        return round(constant.scale, 6), round(float(np.exp(constant.location)), 6)
    assert known.y is not None
    return 1.0, round(float(known.y.mean()), 6)


def can_learn(known: Known, kind: OutcomeKind) -> bool:
    """Whether there is a row, an event, two classes."""
    try:
        _require_learnable(known, kind)
    except FindingError:
        return False
    return True


def _require_learnable(known: Known, kind: OutcomeKind) -> None:
    if not len(known):
        told = ", ".join(f"{number:,} {rule}" for rule, number in known.left_out.items())
        raise FindingError(
            f"no row to train on is left ({told or 'the window is empty'})", fix="widen the window, or wait for labels"
        )
    if kind is OutcomeKind.TIME and known.lives is not None and not known.lives.ended.any():
        raise FindingError(
            f"all {len(known):,} rows to train on are censored: no event was known at the cutoff",
            fix="train later, or look at the columns of the labels",
        )
    if kind in (OutcomeKind.WITHIN, OutcomeKind.FLAG) and known.y is not None and known.y.min() == known.y.max():
        raise FindingError(
            f"all {len(known):,} rows to train on have the outcome {bool(known.y[0])}: there is nothing to tell apart",
            fix="choose another horizon or window",
        )


def _batches(features: Singles, names: list[str], known: Known) -> Any:
    """The known rows for XGBoost, a stretch at a time, as often as it asks."""
    labels: dict[str, Any] = {}
    if known.y is None and known.lives is not None:
        labels = {"label_lower_bound": known.lives.lower, "label_upper_bound": known.lives.upper}
    else:
        labels = {"label": known.y}

    class Batches(library().DataIter):  # type: ignore[misc]
        def __init__(self) -> None:
            self._at = 0
            super().__init__()

        def next(self, input_data: Callable[..., None]) -> bool:
            if self._at >= len(known):
                return False
            part = slice(self._at, self._at + BATCH)
            input_data(
                data=features[known.rows[part]],
                feature_names=names,
                **{name: np.asarray(values[part], np.float32) for name, values in labels.items()},
            )
            self._at += BATCH
            return True

        def reset(self) -> None:
            self._at = 0

    return Batches()
