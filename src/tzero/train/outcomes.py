"""What became of each row, as far as it was known at a cutoff; and which rows are left out, by which rule."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tzero.errors import FindingError
from tzero.train.canonical import DAY_US, NEVER, Doubles, Moments
from tzero.train.dataset import Dataset
from tzero.train.experiment import Outcome, OutcomeKind

Rows = NDArray[np.int64]
Flags = NDArray[np.bool_]

_LEAST_DAYS = 1.0 / 1440
"""A minute: what happened at T0 itself happened within it, since a time of nothing has no logarithm."""


@dataclass(frozen=True, slots=True)
class Lives:
    """Per row, in days after T0: the event surely had not come at ``lower``, surely had at ``upper`` (infinite: not
    seen to)."""

    lower: Doubles
    upper: Doubles

    @property
    def ended(self) -> Flags:
        found: Flags = np.isfinite(self.upper)
        return found

    def of(self, rows: Any) -> Lives:
        return Lives(self.lower[rows], self.upper[rows])


@dataclass(frozen=True, slots=True)
class Known:
    """The rows of a window that have an outcome at a cutoff, in order.

    ``lives`` for outcomes that have a time, ``y`` for those that have one number. ``left_out`` counts the others by
    the rule that left them out.
    """

    rows: Rows
    lives: Lives | None
    y: Doubles | None
    left_out: dict[str, int]

    def __len__(self) -> int:
        return len(self.rows)

    def of(self, places: Any) -> Known:
        """Some of them, by position."""
        lives = None if self.lives is None else self.lives.of(places)
        return Known(self.rows[places], lives, None if self.y is None else self.y[places], self.left_out)


def data_end(dataset: Dataset) -> int:
    """The moment up to which anything is known: the last at which a label was known, or else observed."""
    times = [dataset.times["known_at"]] if "known_at" in dataset.times else list(dataset.times.values())
    found = max((int(moment.max()) for moment in times if len(moment)), default=NEVER)
    return found if found != NEVER else int(dataset.t0.max()) + 1


def label_delay(dataset: Dataset, rows: slice) -> dt.timedelta:
    """The longest time between T0 and the moment at which a label was known."""
    if "known_at" not in dataset.times:
        return dt.timedelta(0)
    known, t0 = dataset.times["known_at"][rows], dataset.t0[rows]
    there = dataset.labelled[rows] & (known != NEVER)
    longest = int((known - t0)[there].max()) if there.any() else 0
    return dt.timedelta(microseconds=max(longest, 0))


def known_at(dataset: Dataset, outcome: Outcome, rows: slice, cutoff: int) -> Known:
    """The outcomes of a window of rows as they were known at the cutoff (microseconds since 1970).

    Of rows with a time: what was not known at the cutoff is censored at it, less the outcome's notice. Of flags and
    values: what was not known is left out. A horizon leaves out every row that is too young to have reached it,
    whatever is known of it already: the quick ones of the last days say nothing of the slow ones.
    """
    window = np.arange(*rows.indices(len(dataset)), dtype=np.int64)
    left_out: Counter[str] = Counter()
    window = _kept(window, dataset.labelled[window], "no label of its key and T0", left_out)
    if not outcome.is_timed:
        return _valued(dataset, outcome, window, cutoff, left_out)
    lives = _lives(dataset, outcome, window, cutoff)
    over = lives.upper < 0
    window, lives = _kept(window, ~over, "over before T0", left_out), lives.of(~over)
    exposed = (lives.upper < np.inf) | (lives.lower > 0)
    window, lives = _kept(window, exposed, "not observed after T0", left_out), lives.of(exposed)
    if outcome.kind is OutcomeKind.TIME:
        return Known(window, _loggable(lives), None, dict(left_out))
    days = outcome.days[0]
    old = is_old_enough(dataset.t0[window], outcome, days, cutoff)
    window, lives = _kept(window, old, "too young for the horizon", left_out), lives.of(old)
    decided, came = decide(lives, days)
    window = _kept(window, decided, "undecided at the horizon", left_out)
    return Known(window, _loggable(lives.of(decided)), came[decided].astype(np.float64), dict(left_out))


def is_old_enough(t0: Moments, outcome: Outcome, days: float, cutoff: int) -> Flags:
    """Whether rows had reached a horizon, and it was noticed, at the cutoff."""
    notice = outcome.notice // dt.timedelta(microseconds=1)
    found: Flags = t0 + int(days * DAY_US) + notice <= cutoff
    return found


def decide(lives: Lives, days: float) -> tuple[Flags, Flags]:
    """Whether it is decided that the event came within so many days, and whether it did."""
    came = lives.upper <= days
    return came | (lives.lower >= days), came


def _lives(dataset: Dataset, outcome: Outcome, rows: Rows, cutoff: int) -> Lives:
    t0 = dataset.t0[rows]
    times = {name: moment[rows] for name, moment in dataset.times.items()}
    missing = np.full(len(rows), NEVER)
    event = times.get("event_at", missing)
    gone = times.get("gone_by", missing)
    until = times.get("observed_until", missing)
    seen = event != NEVER
    upper = np.where(seen, event, gone)
    ended = upper != NEVER
    # an interval of which the beginning is not told begins at T0
    lower = np.where(seen, event, np.where(until != NEVER, until, t0))
    # undeclared, a label is taken to be known when it happened
    known = times.get("known_at", np.where(ended, upper, lower))
    notice = outcome.notice // dt.timedelta(microseconds=1)
    late = (known == NEVER) | (known > cutoff)
    lower = np.where(late, cutoff - notice, lower)
    ended &= ~late
    days_lower = (lower - t0) / DAY_US
    days_upper = np.where(ended, (upper - t0) / DAY_US, np.inf)
    return Lives(days_lower, days_upper)


def _loggable(lives: Lives) -> Lives:
    """The same with no time of nothing, and no interval that ends before it begins."""
    upper = np.maximum(lives.upper, _LEAST_DAYS)
    exact = lives.lower >= lives.upper
    return Lives(np.where(exact, upper, np.clip(lives.lower, 0.0, upper)), upper)


def _valued(dataset: Dataset, outcome: Outcome, window: Rows, cutoff: int, left_out: Counter[str]) -> Known:
    if dataset.values is None:
        raise FindingError("the labels hold no value", fix="name the column with --value")
    window = _kept(window, ~np.isnan(dataset.values[window]), "no value", left_out)
    if "known_at" in dataset.times:
        known = dataset.times["known_at"][window]
        window = _kept(window, (known != NEVER) & (known <= cutoff), "not known at the cutoff", left_out)
    y = dataset.values[window]
    if outcome.kind is OutcomeKind.FLAG and not np.isin(y, (0.0, 1.0)).all():
        raise FindingError("a flag is true or false, and other values are there", fix="say --outcome value")
    return Known(window, None, y, dict(left_out))


def _kept(rows: Rows, keep: Flags, rule: str, left_out: Counter[str]) -> Rows:
    gone = int((~keep).sum())
    if gone:
        left_out[rule] += gone
    return rows[keep]
