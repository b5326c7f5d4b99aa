"""What the market wants and offers on each day: tables of (model or cell) × day, drawn once per market.

Days are whole numbers from the market's start. Every table covers ``HORIZON`` days beyond the end, so that the chance
of a sale within three weeks exists for the last listing too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from tzero.starters.device_meta.market import effects
from tzero.starters.device_meta.market.arithmetic import exponential, logarithm, running_total
from tzero.starters.device_meta.market.catalogue import CELLS, MODELS
from tzero.starters.device_meta.market.hashing import Draws, Floats, Ints

HORIZON = 28
_MODEL_OF_CELL = np.array([cell.model for cell in CELLS])
_SMOOTHING, _COLOUR_BUCKETS = 0.5, 22.0
_MOMENTUM_DAYS, _MOMENTUM_LIMIT = 28, 1.0
_RAMP_DAYS, _RAMP_FLOOR = 100.0, 0.25
_WEEKDAYS = np.array([0.95, 0.90, 0.92, 0.95, 1.00, 1.10, 1.25])
_FIXED_POINT = 1 << 32


@dataclass(frozen=True, slots=True)
class Popularity:
    """The state of the market day by day.

    ``arrivals`` (day): running weight of new listings. ``cell_bounds`` (day × cell, flat): upper bounds of each
    cell's part of 2^32 on each day. ``reference_price`` (model × day) in euro. ``rarity`` (cell × day) and
    ``momentum`` (model × day): expected values as of the day, strictly earlier days only. ``wanted`` (cell × day):
    exp(TASTE · taste); ``wanted_before``: its sum over earlier days.
    """

    arrivals: Floats
    cell_bounds: Ints
    reference_price: Floats
    rarity: Floats
    momentum: Floats
    wanted: Floats
    wanted_before: Floats

    def cell_on(self, day: Ints, lot: Ints) -> Ints:
        """The cell that the lot (0 … 2^32 - 1) draws on that day."""
        return np.searchsorted(self.cell_bounds, day * _FIXED_POINT + lot, side="right") - day * len(CELLS)


def popularity(draws: Draws, listings: int, days: int, start: date) -> Popularity:
    """Draw the tables of one market."""
    today = np.arange(days + HORIZON)
    launch = np.array([(model.launch - start).days for model in MODELS])
    taste = _taste(draws, today, launch)
    arrivals = _arrivals(today, days, start)
    supply = _supply(draws, taste, today, launch)
    share = supply / running_total(supply.T).T[-1]
    expected = share * (arrivals * (listings / running_total(arrivals[:days])[-1]))
    wanted = exponential(effects.TASTE * taste)
    return Popularity(
        arrivals=running_total(arrivals[:days]),
        cell_bounds=_bounds(share[:, :days]),
        reference_price=_reference_price(today, launch),
        rarity=_rarity(expected),
        momentum=_momentum(expected),
        wanted=wanted,
        wanted_before=_before(wanted),
    )


def _taste(draws: Draws, today: Ints, launch: Ints) -> Floats:
    """Log taste of each cell: drift and waves of its model plus its own."""
    of_model = _wander(draws, "model", today, launch, effects.MODEL_DRIFT, effects.MODEL_WAVE)
    of_cell = _wander(draws, "cell", today, launch[_MODEL_OF_CELL], effects.COLOUR_DRIFT, effects.COLOUR_WAVE)
    both: Floats = of_model[_MODEL_OF_CELL] + of_cell
    return both


def _wander(draws: Draws, name: str, today: Ints, launch: Ints, drift: float, wave: float) -> Floats:
    number = np.arange(len(launch))
    since = np.clip(today[None, :] - np.maximum(launch, 0)[:, None], 0, effects.DRIFT_DAYS) / effects.DRIFT_DAYS
    knot, into = np.divmod(today, effects.WAVE_DAYS)
    knots = draws.bell(f"{name} wave", (number[:, None] << 16) + np.arange(knot[-1] + 2)[None, :])
    part = into / effects.WAVE_DAYS
    waves = knots[:, knot] * (1.0 - part) + knots[:, knot + 1] * part
    log_taste: Floats = drift * draws.bell(f"{name} drift", number)[:, None] * since + wave * waves
    return log_taste


def _arrivals(today: Ints, days: int, start: date) -> Floats:
    """Relative number of new listings a day: a growing site, busy at weekends."""
    weight: Floats = (1.0 + 0.5 * today / days) * _WEEKDAYS[(today + start.weekday()) % 7]
    return weight


def _supply(draws: Draws, taste: Floats, today: Ints, launch: Ints) -> Floats:
    """Relative number of listings of each cell; zero before the launch, falling with each later generation."""
    lagged = taste[:, np.maximum(today - effects.SUPPLY_LAG, 0)]
    colour = effects.COLOUR_SPREAD * draws.bell("colour spread", np.arange(len(CELLS)))
    colours = np.array([len(model.colours) for model in MODELS], dtype=np.float64)
    demand = np.array([model.demand for model in MODELS])
    age = today[None, :] - launch[:, None]
    ramp = np.where(age >= 0, np.clip(age / _RAMP_DAYS, _RAMP_FLOOR, 1.0), 0.0)
    fade = exponential(-0.35 * _successors(today, launch, 60.0))
    of_model: Floats = (demand / colours)[:, None] * ramp * fade
    offered: Floats = of_model[_MODEL_OF_CELL] * exponential(lagged + colour[:, None])
    return offered


def _reference_price(today: Ints, launch: Ints) -> Floats:
    """A used phone's usual price: falls with age, and steps down within a month of each later launch."""
    years = np.maximum(today[None, :] - launch[:, None], 0) / 365.25
    new: Floats = np.array([model.price for model in MODELS], dtype=np.float64)
    return new[:, None] * exponential(-0.16 - 0.22 * years - 0.07 * _successors(today, launch, 30.0))


def _successors(today: Ints, launch: Ints, ramp_days: float) -> Floats:
    """How many later generations are out, each counted gradually over ``ramp_days``."""
    first = {model.generation: int(launch[n]) for n, model in reversed(list(enumerate(MODELS)))}
    total = np.zeros((len(MODELS), len(today)))
    for number, model in enumerate(MODELS):
        for generation, day in first.items():
            if generation > model.generation:
                total[number] += np.clip((today - day) / ramp_days, 0.0, 1.0)
    return total


def _bounds(share: Floats) -> Ints:
    """Upper bounds (day × cell, flat, ascending); what is not launched yet gets an empty part even after rounding."""
    bounds = np.floor(running_total(share.T) * _FIXED_POINT).astype(np.int64)
    last = share.shape[0] - 1 - np.argmax(share.T[:, ::-1] > 0, axis=1)
    bounds[np.arange(share.shape[0])[None, :] >= last[:, None]] = _FIXED_POINT
    return (bounds + np.arange(len(bounds))[:, None] * _FIXED_POINT).ravel()


def _before(per_day: Floats) -> Floats:
    """Sum over strictly earlier days, one column longer than the input."""
    return np.concatenate([np.zeros((len(per_day), 1)), running_total(per_day)], axis=1)


def _per_model(per_cell: Floats) -> Floats:
    return np.stack([running_total(per_cell[n == _MODEL_OF_CELL].T).T[-1] for n in range(len(MODELS))])


def _rarity(expected: Floats) -> Floats:
    """-ln of the smoothed share of the colour within its model, by expected counts of strictly earlier days."""
    of_cell = _before(expected)[:, :-1]
    of_model = _per_model(of_cell)[_MODEL_OF_CELL]
    return -logarithm((of_cell + _SMOOTHING) / (of_model + _SMOOTHING * _COLOUR_BUCKETS))


def _momentum(expected: Floats) -> Floats:
    """ln of the model's share in the last four weeks over its share in all the past, within ±1."""
    past = _before(_per_model(expected))[:, :-1]
    day = np.arange(past.shape[1])
    recent = past - past[:, np.maximum(day - _MOMENTUM_DAYS, 0)]
    ratio = logarithm(_smoothed_share(recent)) - logarithm(_smoothed_share(past))
    return np.clip(ratio, -_MOMENTUM_LIMIT, _MOMENTUM_LIMIT)


def _smoothed_share(count: Floats) -> Floats:
    share: Floats = (count + _SMOOTHING) / (running_total(count.T).T[-1] + _SMOOTHING * len(MODELS))
    return share
