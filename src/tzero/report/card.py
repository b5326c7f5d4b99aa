"""The card of a model as one page: HTML without scripts and without anything from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_SIDE = 220
_SHOWN = 15


@dataclass(frozen=True, slots=True)
class Calibration:
    """Predicted against observed, as points of a square of which the diagonal is the truth."""

    name: str
    points: tuple[tuple[float, float, str], ...]
    line: str
    low: str
    high: str
    distance: float
    side: int = _SIDE


@dataclass(frozen=True, slots=True)
class Curve:
    """A measure over the origins, the held out rows last: as a line, with its least and greatest value."""

    name: str
    line: str
    points: tuple[tuple[float, float, str], ...]
    width: int = 2 * _SIDE
    height: int = 80


@dataclass(frozen=True, slots=True)
class Bar:
    """A share as a bar: its name, its value, its width in percent."""

    name: str
    value: float
    width: float


def render_card(card: Mapping[str, Any]) -> str:
    """The page of a card, made of nothing but the card itself. Text of the data is escaped.

    Needs Jinja2.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("tzero.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = _number
    return environment.get_template("card.html.j2").render(
        card=card,
        calibrations=[_calibration(found) for found in card["holdout"]["calibration"]],
        curves=curves_of(card),
        features=_bars(card["importance"]["features"][:_SHOWN], "feature"),
        blocks=_bars(card["importance"]["blocks"], "block"),
    )


def curves_of(card: Mapping[str, Any]) -> tuple[Curve, ...]:
    """One curve per measure of the model, from the earliest origin to the held out rows."""
    judged = [*card["folds"], card["holdout"]]
    made = []
    for one in card["holdout"]["scores"]:
        if one["by"] != "model":
            continue
        values = [_value(found, one["measure"]) for found in judged]
        there = [(at, value) for at, value in enumerate(values) if value is not None]
        if len(there) > 1:
            made.append(_curve(one["measure"], there, len(values), [found["judged"][0][:10] for found in judged]))
    return tuple(made)


def _curve(name: str, there: Sequence[tuple[int, float]], number: int, days: Sequence[str]) -> Curve:
    low, high = min(value for _, value in there), max(value for _, value in there)
    over = (high - low) or 1.0
    points = tuple(
        (20 + at / (number - 1) * (2 * _SIDE - 40), 70 - (value - low) / over * 60, f"{days[at]}: {value:.4g}")
        for at, value in there
    )
    return Curve(name, _line(points), points)


def _calibration(found: Mapping[str, Any]) -> Calibration:
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


def _line(points: Sequence[tuple[float, float, str]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y, _ in points)


def _bars(found: Sequence[Mapping[str, Any]], name: str) -> tuple[Bar, ...]:
    most = max((one["share"] for one in found), default=0.0) or 1.0
    return tuple(Bar(one[name], one["share"], 100 * one["share"] / most) for one in found)


def _value(judged: Mapping[str, Any], measure: str) -> float | None:
    for one in judged["scores"]:
        if (one["measure"], one["by"]) == (measure, "model") and one["value"] is not None:
            return float(one["value"])
    return None


def _number(value: object) -> str:
    """
    >>> _number(None), _number(12345), _number(0.123456)
    ('', '12,345', '0.1235')
    """
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def _visible(value: Any) -> Any:
    """Text with what would be obeyed or hidden written as an escape; markup of the template as it is."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return "".join(
        letter if letter.isprintable() or letter == "\n" else letter.encode("unicode_escape").decode()
        for letter in value
    )
