"""How well a score ranks rows that have the outcome before those that have not."""

from __future__ import annotations

from tzero.train.canonical import Doubles
from tzero.train.outcomes import Flags


def auc(came: Flags, score: Doubles) -> float | None:
    """Area under the ROC curve; None where one class is absent.

    >>> import numpy as np
    >>> auc(np.array([False, True]), np.array([0.1, 0.9]))
    1.0
    """
    if came.all() or not came.any():
        return None
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(came, score))


def average_precision(came: Flags, score: Doubles) -> float | None:
    """Area under precision over recall; None where the outcome never came."""
    if came.all() or not came.any():
        return None
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(came, score))
