"""Harrell's concordance for censored times: of two rows of which one surely ended first, is it ranked first?"""

from __future__ import annotations

import numpy as np

from tzero.train.canonical import Doubles
from tzero.train.outcomes import Lives

MOST = 10_000
_AT_ONCE = 512


def concordance(lives: Lives, risk: Doubles) -> float | None:
    """Share of comparable pairs in which the higher risk ended first, ties counting half; None without such a pair.

    A pair is comparable where one ended before the other was last known to go on. Of more than `MOST` rows, as many
    are compared, evenly spaced.

    >>> days = np.array([1.0, 2.0, 3.0])
    >>> concordance(Lives(days, np.array([1.0, 2.0, np.inf])), -days)
    1.0
    """
    if len(risk) > MOST:
        chosen = np.linspace(0, len(risk) - 1, MOST).astype(np.int64)
        lives, risk = lives.of(chosen), risk[chosen]
    pairs, right, tied = 0, 0, 0
    ended = np.flatnonzero(lives.ended)
    for at in range(0, len(ended), _AT_ONCE):
        first = ended[at : at + _AT_ONCE, None]
        comparable = lives.upper[first] < lives.lower[None, :]
        pairs += int(comparable.sum())
        right += int((comparable & (risk[first] > risk[None, :])).sum())
        tied += int((comparable & (risk[first] == risk[None, :])).sum())
    return (right + tied / 2) / pairs if pairs else None
