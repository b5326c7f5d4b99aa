"""What a card draws: the stretches of time, predicted against observed, measures over the origins, shares."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_SIDE = 200
_WIDTH, _HEIGHT = 300, 90
_EDGE = 12

Points = tuple[tuple[float, float, str], ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time as a part of the whole: what it is, its first and last day, where it begins and its width in
    percent."""

    name: str
    first: str
    last: str
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Predicted against observed, as points of a square of which the diagonal is the truth."""

    name: str
    points: Points
    line: str
    low: str
    high: str
    distance: float
    side: int = _SIDE


@dataclass(frozen=True, slots=True)
class Course:
    """A measure over the origins, the held out rows last: the line of the model and, fainter, that of the better
    baseline, with the least and greatest value."""

    name: str
    line: str
    points: Points
    beside: str
    low: float
    high: float
    days: tuple[str, str]
    width: int = _WIDTH
    height: int = _HEIGHT


@dataclass(frozen=True, slots=True)
class Bar:
    """A share as a bar: its name, its value, its width in percent."""

    name: str
    value: float
    width: float


def stretches_of(judged: Mapping[str, Any]) -> tuple[Stretch, ...]:
    """What was trained on, the embargo, and what was judged, from left to right."""
    moments = [dt.datetime.fromisoformat(moment) for moment in (*judged["train"], *judged["judged"])]
    whole = (moments[-1] - moments[0]) / dt.timedelta(days=1) or 1.0
    made = []
    for name, first, last in zip(("trained on", "embargo", "judged"), moments, moments[1:], strict=False):
        left, width = (first - moments[0]) / dt.timedelta(days=1), (last - first) / dt.timedelta(days=1)
        made.append(Stretch(name, f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}", 100 * left / whole, 100 * width / whole))
    return tuple(made)


def calibration_of(found: Mapping[str, Any]) -> Calibration:
    bins = found["bins"]
    values = [bin_[name] for bin_ in bins for name in ("predicted", "observed")]
    low, high = min(values), max(values)
    over = (high - low) or 1.0
    points = tuple(
        (
            (bin_["predicted"] - low) / over * _SIDE,
            _SIDE - (bin_["observed"] - low) / over * _SIDE,
            f"{bin_['rows']:,} rows: {bin_['predicted']:.3g} predicted, {bin_['observed']:.3g} observed",
        )
        for bin_ in bins
    )
    return Calibration(found["of"], points, _line(points), f"{low:.3g}", f"{high:.3g}", found["mean_distance"])


def courses_of(card: Mapping[str, Any]) -> tuple[Course, ...]:
    """One course per measure of the model, from the earliest origin to the held out rows."""
    judged = [*card["folds"], card["holdout"]]
    days = [found["judged"][0][:10] for found in judged]
    made = []
    for one in card["holdout"]["scores"]:
        if one["by"] != "model":
            continue
        model = _told(judged, one["measure"], ("model",))
        if len(model) > 1:
            beside = _told(judged, one["measure"], ("segment rate", "constant"))
            made.append(_course(one["measure"], model, beside, days))
    return tuple(made)


def bars(found: Sequence[Mapping[str, Any]], name: str) -> tuple[Bar, ...]:
    most = max((one["share"] for one in found), default=0.0) or 1.0
    return tuple(Bar(one[name], one["share"], 100 * one["share"] / most) for one in found)


def _course(name: str, model: Mapping[int, float], beside: Mapping[int, float], days: Sequence[str]) -> Course:
    values = [*model.values(), *beside.values()]
    low, high = min(values), max(values)
    over = (high - low) or 1.0

    def placed(found: Mapping[int, float]) -> Points:
        return tuple(
            (
                _EDGE + at / (len(days) - 1) * (_WIDTH - 2 * _EDGE),
                _HEIGHT - _EDGE - (value - low) / over * (_HEIGHT - 2 * _EDGE),
                f"{days[at]}: {value:.4g}",
            )
            for at, value in found.items()
        )

    points = placed(model)
    return Course(name, _line(points), points, _line(placed(beside)), low, high, (days[0], days[-1]))


def _told(judged: Sequence[Mapping[str, Any]], measure: str, by: Sequence[str]) -> dict[int, float]:
    """The value at each origin that has one, of the first of some ways to predict that the measure knows at all."""
    for way in by:
        found = {
            at: float(one["value"])
            for at, origin in enumerate(judged)
            for one in origin["scores"]
            if (one["measure"], one["by"]) == (measure, way) and one["value"] is not None
        }
        if found:
            return found
    return {}


def _line(points: Points) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y, _ in points) if points else ""
