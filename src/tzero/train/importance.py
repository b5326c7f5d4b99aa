"""Which features, and which blocks, move the predictions: shares of the mean absolute SHAP value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tzero.train.dataset import Dataset
from tzero.train.model import Model, contributions
from tzero.train.outcomes import Rows

MOST = 2_000


@dataclass(frozen=True, slots=True)
class Importance:
    """Shares that add up to one, greatest first."""

    features: tuple[tuple[str, float], ...]
    blocks: tuple[tuple[str, float], ...]
    rows: int

    def as_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "features": [{"feature": name, "share": share} for name, share in self.features],
            "blocks": [{"block": name, "share": share} for name, share in self.blocks],
        }


def importance(model: Model, dataset: Dataset, rows: Rows) -> Importance:
    """Over at most `MOST` of the rows, evenly spaced."""
    chosen = rows if len(rows) <= MOST else rows[np.linspace(0, len(rows) - 1, MOST).astype(np.int64)]
    weight = np.abs(contributions(model, dataset.features[chosen])).mean(axis=0)
    total = float(weight.sum())
    share = weight / total if total > 0 else weight
    features = sorted(zip(dataset.names, map(float, share), strict=True), key=lambda item: -item[1])
    blocks: dict[str, float] = {}
    for column, part in zip(dataset.columns, share, strict=True):
        blocks[column.block] = blocks.get(column.block, 0.0) + float(part)
    return Importance(tuple(features), tuple(sorted(blocks.items(), key=lambda item: -item[1])), len(chosen))
