"""How many trees, and how wide the times spread: read off the newest rows before the cutoff, never off judged ones.

What a model learns of one month it cannot all use in the next. The rows of a training window are therefore parted once
more in time: trees are added for as long as they help on the later part, as it was known at the cutoff, and then as
many are fitted on all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tzero.train.canonical import Doubles
from tzero.train.dataset import Dataset
from tzero.train.experiment import Boosting, Outcome, OutcomeKind
from tzero.train.metrics.likelihood import bernoulli, chance, fit_scale, log_likelihood
from tzero.train.model import Growing, can_learn, start_of
from tzero.train.outcomes import Known, known_at
from tzero.train.splits import Split, latest_origin, require_apart

_LEAST, _MOST = 50, 50_000
"""Fewer rows tell nothing; of more, as many are taken, evenly spaced."""
_UNTOLD = 100
"""So many trees where the window is too small to be parted."""


@dataclass(frozen=True, slots=True)
class Stop:
    """How many trees, and the spread of log times about a prediction (None: as that of all rows about a constant).

    ``split`` and ``rows`` say what they were read off; None and 0 where nothing could be.
    """

    rounds: int
    scale: float | None = None
    split: Split | None = None
    rows: int = 0

    def as_json(self) -> dict[str, Any]:
        return {"split": None if self.split is None else self.split.as_json(), "rows": self.rows}


def stop_of(dataset: Dataset, outcome: Outcome, boosting: Boosting, split: Split) -> Stop:
    """Read both off the latest origin inside the training window of a split; with no patience, take every tree."""
    if not boosting.patience:
        return Stop(boosting.rounds)
    inner = latest_origin(dataset, split)
    earlier = known_at(dataset, outcome, inner.train(dataset.t0), inner.cutoff)
    later = _thinned(known_at(dataset, outcome, inner.judge(dataset.t0), inner.known_until))
    require_apart(inner, earlier.rows, later.rows, dataset.t0)
    if min(len(earlier), len(later)) < _LEAST or not can_learn(earlier, outcome.kind):
        return Stop(min(boosting.rounds, _UNTOLD))
    if outcome.kind is OutcomeKind.TIME and later.lives is not None and not later.lives.ended.any():
        return Stop(min(boosting.rounds, _UNTOLD))
    rounds, margin = _best(dataset, outcome.kind, boosting, earlier, later)
    scale = None if later.lives is None or outcome.kind is not OutcomeKind.TIME else fit_scale(later.lives, margin)
    return Stop(rounds, scale, inner, len(later))


def _best(dataset: Dataset, kind: OutcomeKind, boosting: Boosting, earlier: Known, later: Known) -> tuple[int, Doubles]:
    """The number of trees with the least loss on the later rows, and their prediction."""
    scale, _ = start_of(earlier, kind)
    growing = Growing(dataset.features, dataset.names, earlier, kind, boosting, scale, later.rows)
    best, least, margin = 0, np.inf, np.empty(0)
    while growing.rounds < boosting.rounds and growing.rounds - best < boosting.patience:
        growing.grow()
        found = growing.margin()
        loss = _loss(later, kind, found, scale)
        if loss < least:
            best, least, margin = growing.rounds, loss, found
    return best, margin


def _loss(known: Known, kind: OutcomeKind, margin: Doubles, scale: float) -> float:
    if kind is OutcomeKind.TIME and known.lives is not None:
        return -float(log_likelihood(known.lives, margin, scale).mean())
    assert known.y is not None
    if kind is OutcomeKind.VALUE:
        return float(((margin - known.y) ** 2).mean())
    return -float(bernoulli(known.y == 1.0, chance(margin)).mean())


def _thinned(known: Known) -> Known:
    if len(known) <= _MOST:
        return known
    return known.of(np.linspace(0, len(known) - 1, _MOST).astype(np.int64))
