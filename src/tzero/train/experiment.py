"""What is to be trained: which features, which labels, which outcome, how. Frozen; nothing is read here."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from tzero.errors import UsageError
from tzero.sql.names import RelationName

_ZERO = dt.timedelta(0)


class OutcomeKind(StrEnum):
    """``time``: until the event, censored. ``within``: whether it came within a length of time. ``flag``: a boolean
    label. ``value``: a number."""

    TIME = "time"
    WITHIN = "within"
    FLAG = "flag"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Block:
    """Features of one certified relation, under the feature set (contract) that the model expects."""

    name: str
    relation: RelationName
    feature_set: str


@dataclass(frozen=True, slots=True)
class Labels:
    """The relation of labels and its columns.

    ``event_at``: when it happened, NULL where it was not seen to. ``observed_until``: until when it surely had not.
    ``gone_by``: when it surely had, where only an interval is known. ``known_at``: when all this was known. ``value``:
    the flag or the number. A label belongs to the row with the same key and the same T0, ``t0`` here.
    """

    relation: RelationName
    t0: str = "t0"
    event_at: str | None = None
    observed_until: str | None = None
    gone_by: str | None = None
    known_at: str | None = None
    value: str | None = None

    @property
    def columns(self) -> dict[str, str]:
        """The columns to read, by what they mean."""
        named = asdict(self)
        meanings = ("event_at", "observed_until", "gone_by", "known_at", "value")
        return {"t0": self.t0} | {name: named[name] for name in meanings if named[name] is not None}

    def as_json(self) -> dict[str, Any]:
        return {"relation": str(self.relation), "columns": self.columns}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is predicted. ``within`` is the length of ``OutcomeKind.WITHIN``.

    ``notice`` is how late an ending may be noticed: at a cutoff, what has not been noticed had surely not happened
    ``notice`` before it. ``horizons`` are the days at which a time to event is judged.
    """

    kind: OutcomeKind
    within: dt.timedelta | None = None
    notice: dt.timedelta = _ZERO
    horizons: tuple[int, ...] = (7, 14, 21)

    def __post_init__(self) -> None:
        if self.kind is OutcomeKind.WITHIN and not self.within:
            raise UsageError("within what time? the outcome 'within' has no length", fix="say --within 14d")
        if self.kind is OutcomeKind.TIME and not (self.horizons and min(self.horizons) > 0):
            raise UsageError("a time to event is judged at horizons, and none is given", fix="say --horizons 7,14,21")

    @property
    def is_timed(self) -> bool:
        return self.kind in (OutcomeKind.TIME, OutcomeKind.WITHIN)

    @property
    def days(self) -> tuple[float, ...]:
        """The horizons in days at which it is decided whether the event came; none of labels that have no time."""
        if self.kind is OutcomeKind.WITHIN and self.within is not None:
            return (self.within / dt.timedelta(days=1),)
        return tuple(float(day) for day in self.horizons) if self.kind is OutcomeKind.TIME else ()

    @property
    def needs(self) -> dt.timedelta:
        """How long after T0 a label is ready, by the outcome alone."""
        return dt.timedelta(days=max(self.days)) + self.notice if self.is_timed else self.notice

    def check(self, labels: Labels) -> None:
        """Refuse labels that do not have what the outcome needs."""
        if self.is_timed and labels.event_at is None and labels.gone_by is None:
            raise UsageError(
                f"the outcome {self.kind.value!r} needs to know when the event came",
                fix="name the column with --event-at, or --observed-until and --gone-by for an interval",
            )
        if self.is_timed and labels.observed_until is None:
            raise UsageError(
                "until when was a row observed on which no event was seen?", fix="name the column: --observed-until"
            )
        if not self.is_timed and labels.value is None:
            raise UsageError(f"the outcome {self.kind.value!r} needs a column", fix="name it with --value")

    def as_json(self) -> dict[str, Any]:
        day = dt.timedelta(days=1)
        within = None if self.within is None else self.within / day
        return {"kind": self.kind.value, "within_days": within, "notice_days": self.notice / day, "days": self.days}


@dataclass(frozen=True, slots=True)
class Boosting:
    """How the model is fitted: at most so many ``rounds``; no more once ``patience`` of them did not help on the newest
    rows before the cutoff (0: all of them). Untuned on purpose: nothing is chosen by looking at what is judged."""

    rounds: int = 500
    depth: int = 4
    rate: float = 0.05
    patience: int = 50
    columns: float = 0.5
    min_child_weight: float = 20.0
    l2: float = 5.0
    bins: int = 256
    seed: int = 7
    threads: int = 0

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != "threads"}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How the model is judged.

    Rows with T0 at ``since`` or later are held out (default: the newest ``share`` of the rows). Training ends an
    ``embargo`` before that (default: as long as the label needs), or at ``train_until``. ``folds`` earlier origins are
    judged the same way. ``draws`` is the number of bootstrap samples. ``segment`` are patterns of features by whose
    values the baseline counts.
    """

    since: dt.datetime | None = None
    share: float = 0.25
    train_until: dt.datetime | None = None
    train_from: dt.datetime | None = None
    embargo: dt.timedelta | None = None
    folds: int = 3
    draws: int = 200
    segment: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 < self.share < 1.0:
            raise UsageError(f"{self.share} is no share of the rows to hold out", fix="choose one between 0 and 1")


@dataclass(frozen=True, slots=True)
class Experiment:
    """The whole request. ``exclude`` are patterns of features that the model does without."""

    blocks: tuple[Block, ...]
    labels: Labels
    outcome: Outcome
    boosting: Boosting = field(default_factory=Boosting)
    evaluation: Evaluation = field(default_factory=Evaluation)
    exclude: tuple[str, ...] = ()
    max_age: dt.timedelta | None = None

    def __post_init__(self) -> None:
        if not self.blocks:
            raise UsageError(
                "no features are named", fix="say --NAME-features-view RELATION --NAME-feature-set CONTRACT"
            )
        names = [block.name for block in self.blocks]
        if len(names) != len(set(names)):
            raise UsageError(f"two blocks have one name: {', '.join(names)}", fix="name each block once")
        self.outcome.check(self.labels)
