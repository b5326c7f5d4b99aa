"""The card of a model as one page: HTML without scripts and without anything from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tzero.report.card_pictures import Bar, Calibration, Course, Stretch, bars, calibration_of, courses_of, stretches_of
from tzero.report.templating import page_from

_SHOWN = 15
_BASELINES = ("segment rate", "constant")


@dataclass(frozen=True, slots=True)
class Line:
    """One measure: the scores of the model and of each baseline, None where one has none; the best of them by name."""

    measure: str
    rows: int
    scores: Mapping[str, Mapping[str, Any] | None]
    best: str


@dataclass(frozen=True, slots=True)
class Headline:
    """The first measure in a sentence: the model, the better baseline, and whether they differ beyond chance."""

    measure: str
    model: Mapping[str, Any]
    baseline: Mapping[str, Any] | None
    is_better: bool


@dataclass(frozen=True, slots=True)
class CardPage:
    """Everything that the template shows, made of nothing but the card."""

    card: Mapping[str, Any]
    headline: Headline
    baselines: tuple[str, ...]
    lines: tuple[Line, ...]
    stretches: tuple[Stretch, ...]
    calibrations: tuple[Calibration, ...]
    courses: tuple[Course, ...]
    features: tuple[Bar, ...]
    blocks: tuple[Bar, ...]


def render_card(card: Mapping[str, Any]) -> str:
    """The page of a card. Text of the data is escaped. Needs Jinja2."""
    return page_from("card.html.j2", page=page_of(card))


def page_of(card: Mapping[str, Any]) -> CardPage:
    scores = card["holdout"]["scores"]
    weight = card["importance"]
    return CardPage(
        card,
        headline_of(scores),
        tuple(by for by in _BASELINES if any(one["by"] == by for one in scores)),
        tuple(_lines(scores)),
        stretches_of(card["holdout"]),
        tuple(calibration_of(found) for found in card["holdout"]["calibration"]),
        courses_of(card),
        bars(weight["features"][:_SHOWN], "feature"),
        bars(weight["blocks"], "block"),
    )


def headline_of(scores: Sequence[Mapping[str, Any]]) -> Headline:
    """
    >>> model = {"measure": "AUC", "by": "model", "value": 0.7, "low": 0.65, "high": 0.75}
    >>> headline_of([model, {"measure": "AUC", "by": "constant", "value": 0.5}]).is_better
    True
    """
    model = scores[0]
    others = [one for one in scores if one["measure"] == model["measure"] and one["by"] != "model"]
    lower = is_error(model["measure"])
    told = [one for one in others if one["value"] is not None]
    baseline = (min if lower else max)(told, key=lambda one: float(one["value"]), default=None)
    edge = model["high"] if lower else model["low"]
    if baseline is None or edge is None:
        return Headline(model["measure"], model, baseline, False)
    return Headline(model["measure"], model, baseline, edge < baseline["value"] if lower else edge > baseline["value"])


def is_error(measure: str) -> bool:
    """Whether less is better."""
    return measure.endswith("error")


def _lines(scores: Sequence[Mapping[str, Any]]) -> list[Line]:
    made = []
    for measure in dict.fromkeys(one["measure"] for one in scores):
        of = {one["by"]: one for one in scores if one["measure"] == measure}
        told = {by: float(one["value"]) for by, one in of.items() if one["value"] is not None}
        best = (min if is_error(measure) else max)(told, key=lambda by: told[by], default="")
        rows = next(iter(of.values()))["rows"]
        made.append(Line(measure, rows, {by: of.get(by) for by in ("model", *_BASELINES)}, best))
    return made
