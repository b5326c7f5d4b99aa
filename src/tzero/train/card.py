"""The card of a model: what it is, what it was made from, how it was judged, as plain JSON."""

from __future__ import annotations

import datetime as dt
import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from tzero.train.admission import Admitted
from tzero.train.comparison import Comparison
from tzero.train.dataset import Dataset
from tzero.train.evaluation import Judgement
from tzero.train.experiment import Experiment
from tzero.train.importance import Importance
from tzero.train.model import DISTRIBUTION, Model
from tzero.train.splits import told

KIND = "urn:tzero:model-card:v1"


def card_of(
    experiment: Experiment,
    admitted: Sequence[Admitted],
    dataset: Dataset,
    model: Model,
    judged: Judgement,
    earlier: Sequence[Judgement],
    weight: Importance,
    compared: Comparison | None,
    now: dt.datetime,
) -> dict[str, Any]:
    return {
        "kind": KIND,
        "trained_at": now.isoformat(timespec="seconds"),
        "model": {
            "sha256": model.sha256,
            "format": "XGBoost UBJSON",
            "outcome": model.kind.value,
            "rounds": model.rounds,
            "distribution": DISTRIBUTION,
            "scale": model.scale,
            "rounds_read_off": judged.stop.as_json(),
            "boosting": experiment.boosting.as_json(),
        },
        "outcome": experiment.outcome.as_json(),
        "labels": experiment.labels.as_json(),
        "blocks": [found.as_json() for found in admitted],
        "excluded": list(experiment.exclude),
        "data": {
            "rows": len(dataset),
            "unlabelled": int((~dataset.labelled).sum()),
            "t0": [told(int(dataset.t0[0])), told(int(dataset.t0[-1]))],
            "digest": dataset.digest,
            "digests": dataset.digests,
            "missing": _missing(dataset),
        },
        "holdout": judged.as_json(),
        "folds": [fold.as_json() for fold in earlier],
        "importance": weight.as_json(),
        "comparison": None if compared is None else compared.as_json(),
        "notes": _notes(experiment),
        "versions": {
            "tzero": version("tzero"),
            "python": platform.python_version(),
            **{name: _version(name) for name in ("xgboost-cpu", "xgboost", "numpy", "scikit-learn", "pyarrow")},
        },
    }


def _missing(dataset: Dataset) -> dict[str, float]:
    """The share of missing values per feature, where there are any; over at most 100,000 rows, evenly spaced."""
    rows = np.linspace(0, len(dataset) - 1, min(len(dataset), 100_000)).astype(np.int64)
    shares = np.isnan(dataset.features[rows]).mean(axis=0)
    return {name: float(share) for name, share in zip(dataset.names, shares, strict=True) if share > 0}


def _notes(experiment: Experiment) -> list[str]:
    if experiment.labels.known_at is not None:
        return []
    return ["the labels declare no known_at: each is taken to be known when it happened"]


def _version(name: str) -> str | None:
    try:
        return version(name)
    except ModuleNotFoundError:
        return None
