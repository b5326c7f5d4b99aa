"""The listings themselves, before any scraper has seen them: what is offered, when, for how much, and when it ends.

Times are whole seconds from the market's start. A listing is edited up to three times, as its seller planned; the
market answers after the last edit. So T0, the last edit, depends on nothing that comes later, and the chance to sell
after T0 has a closed form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tzero.starters.device_meta.market import effects
from tzero.starters.device_meta.market.arithmetic import exponential, logarithm
from tzero.starters.device_meta.market.catalogue import CELLS, MODELS, OLDEST_CATEGORY, SPAM_GENERATIONS
from tzero.starters.device_meta.market.hashing import Draws, Flags, Floats, Ints
from tzero.starters.device_meta.market.popularity import Popularity

DAY = 86_400
MAX_VERSIONS = 4
NEVER = np.iinfo(np.int64).max // 2

_EDITS = (60, 24, 11, 5)
_MEAN_GAP = 4 * DAY
_DATE_ONLY, _MISFILED, _SPAM, _SHARED_ID = 0.05, 0.02, 0.015, 0.02
_SPAM_PRICE = 0.4
_FIRST_ID = 10_000_000

_MODEL_OF_CELL = np.array([cell.model for cell in CELLS])
_GENERATION = np.array([model.generation for model in MODELS])


@dataclass(frozen=True, slots=True)
class Listings:
    """Columns of one stretch of listings; ``index`` is the listing's number in the market.

    ``generation`` is the search category, ``true_generation`` the phone's own. ``edited`` and ``asking`` (listing ×
    version) hold what each version showed; only the first ``versions`` of them happened. ``log_ratio`` is ln(asking /
    reference price) at T0, ``ended`` the second of the sale or withdrawal, NEVER if later than the market's end.
    """

    index: Ints
    generation: Ints
    listing_id: Ints
    cell: Ints
    true_generation: Ints
    edited: Ints
    asking: Ints
    versions: Ints
    log_ratio: Floats
    ended: Ints
    sold: Flags

    @property
    def model(self) -> Ints:
        """The catalogue number of the model that was advertised for."""
        return _MODEL_OF_CELL[self.cell]

    @property
    def spam(self) -> Flags:
        """Phones older than every category."""
        return self.true_generation < OLDEST_CATEGORY

    @property
    def t0(self) -> Ints:
        """The last edit."""
        return np.take_along_axis(self.edited, self.versions[:, None] - 1, axis=1)[:, 0]


@dataclass(frozen=True, slots=True)
class Hazard:
    """The parts of the log hazard of a sale, per listing; taste comes on top, day by day."""

    price: Floats
    rarity: Floats
    momentum: Floats
    spam: Floats
    frailty: Floats

    @property
    def known_at_t0(self) -> Floats:
        """What a perfect model of all that can be known at T0 would say."""
        return effects.BASE + self.price + self.rarity + self.momentum + self.spam

    @property
    def rate(self) -> Floats:
        """Sales per day at neutral taste."""
        return exponential(self.known_at_t0 + self.frailty)


def offer(draws: Draws, state: Popularity, index: Ints, listings: int, days: int) -> Listings:
    """Simulate the listings of the given numbers, each from its number alone."""
    first, cell = _arrival(draws, state, index, listings)
    edited, versions = _edits(draws, index, first, days * DAY)
    generation, true_generation = _generations(draws, index, cell)
    t0 = np.take_along_axis(edited, versions[:, None] - 1, axis=1)[:, 0]
    asking = _asking(draws, state, index, cell, first, true_generation)
    final = np.take_along_axis(asking, versions[:, None] - 1, axis=1)[:, 0]
    usual = state.reference_price[_MODEL_OF_CELL[cell], t0 // DAY] * _discount(true_generation)
    log_ratio = logarithm(final / usual)
    rate = _hazard(draws, state, index, cell, true_generation, t0, log_ratio).rate
    sale = _sale(draws, state, index, cell, t0, rate, days)
    withdrawal = t0 + _whole(_exponential(draws, "withdrawal", index) / effects.WITHDRAWAL * DAY)
    ended = np.maximum(np.minimum(sale, withdrawal), t0 + 60)
    return Listings(
        index=index,
        generation=generation,
        listing_id=_listing_id(draws, index, generation),
        cell=cell,
        true_generation=true_generation,
        edited=edited,
        asking=asking,
        versions=versions,
        log_ratio=log_ratio,
        ended=np.where(ended < days * DAY, ended, NEVER),
        sold=(sale <= withdrawal) & (ended < days * DAY),
    )


def hazard(draws: Draws, state: Popularity, rows: Listings) -> Hazard:
    """The true log hazard of each listing, part by part."""
    return _hazard(draws, state, rows.index, rows.cell, rows.true_generation, rows.t0, rows.log_ratio)


def taste_after(state: Popularity, cell: Ints, t0: Ints, days: int) -> Floats:
    """Integral over ``days`` days after T0 of exp(TASTE · taste); days, if taste stays neutral."""
    return _wanted_until(state, cell, t0 + days * DAY) - _wanted_until(state, cell, t0)


def _arrival(draws: Draws, state: Popularity, index: Ints, listings: int) -> tuple[Ints, Ints]:
    place = (index + draws.uniform("arrival", index)) / listings * state.arrivals[-1]
    day = np.minimum(np.searchsorted(state.arrivals, place, side="right"), len(state.arrivals) - 1)
    hour = (draws.uniform("hour", index) + draws.uniform("evening", index)) / 2.0
    second = np.where(draws.chance("date only", index, _DATE_ONLY), 0, _whole(hour * (DAY - 60)))
    return day * DAY + second, state.cell_on(day, draws.below("cell", index, 1 << 32))


def _edits(draws: Draws, index: Ints, first: Ints, end: int) -> tuple[Ints, Ints]:
    """The planned edits, at least a day apart, and how many of them come before the end."""
    edited = np.empty((len(index), MAX_VERSIONS), dtype=np.int64)
    edited[:, 0] = first
    date_only = draws.chance("date only", index, _DATE_ONLY)
    for k in range(1, MAX_VERSIONS):
        gap = DAY + _whole(_MEAN_GAP * _exponential(draws, "gap", index * MAX_VERSIONS + k))
        moment = edited[:, k - 1] + gap
        edited[:, k] = np.where(date_only, moment - moment % DAY, moment)
    planned = draws.pick("edits", index, _EDITS) + 1
    return edited, np.minimum(planned, (edited < end).sum(axis=1))


def _generations(draws: Draws, index: Ints, cell: Ints) -> tuple[Ints, Ints]:
    """(search category, the phone's own): some are filed one category too low, some are old phones."""
    own = _GENERATION[_MODEL_OF_CELL[cell]]
    misfiled = draws.chance("misfiled", index, _MISFILED) & (own > OLDEST_CATEGORY)
    old = np.array(SPAM_GENERATIONS)[draws.below("spam generation", index, len(SPAM_GENERATIONS))]
    return own - misfiled, np.where(draws.chance("spam", index, _SPAM), old, own)


def _listing_id(draws: Draws, index: Ints, generation: Ints) -> Ints:
    """Unique within a category only: where a pair of neighbours shares one, their generations differ in parity."""
    pair = index // 2
    swap = draws.chance("shared id", pair, _SHARED_ID)
    return _FIRST_ID + 2 * pair + (index + np.where(swap, generation, 0)) % 2


def _discount(true_generation: Ints) -> Floats:
    return np.where(true_generation < OLDEST_CATEGORY, _SPAM_PRICE, 1.0)


def _asking(draws: Draws, state: Popularity, index: Ints, cell: Ints, first: Ints, true_generation: Ints) -> Ints:
    """Asking price of each version in euro, to the next 5; each edit takes up to 8 % off."""
    usual = state.reference_price[_MODEL_OF_CELL[cell], first // DAY] * _discount(true_generation)
    price = usual * exponential(effects.ASKING_SPREAD * draws.bell("asking", index))
    columns = []
    for k in range(MAX_VERSIONS):
        columns.append(np.maximum(5, 5 * np.rint(price / 5.0).astype(np.int64)))
        price = price * (1.0 - 0.08 * draws.uniform("cut", index * MAX_VERSIONS + k))
    return np.stack(columns, axis=1)


def _hazard(
    draws: Draws, state: Popularity, index: Ints, cell: Ints, true_generation: Ints, t0: Ints, log_ratio: Floats
) -> Hazard:
    day = t0 // DAY
    return Hazard(
        price=effects.PRICE * log_ratio,
        rarity=effects.RARITY * (state.rarity[cell, day] - effects.RARITY_CENTRE),
        momentum=effects.MOMENTUM * state.momentum[_MODEL_OF_CELL[cell], day],
        spam=np.where(true_generation < OLDEST_CATEGORY, effects.SPAM, 0.0),
        frailty=effects.FRAILTY * draws.bell("frailty", index),
    )


def _sale(draws: Draws, state: Popularity, index: Ints, cell: Ints, t0: Ints, rate: Floats, days: int) -> Ints:
    """The second at which the integrated hazard since T0 reaches a unit exponential; NEVER if after the end."""
    due = _wanted_until(state, cell, t0) + _exponential(draws, "sale", index) / rate
    low, high = t0 // DAY, np.full(len(index), days)
    for _ in range(int(days).bit_length() + 1):
        middle = (low + high + 1) // 2
        reached = state.wanted_before[cell, middle] <= due
        low, high = np.where(reached, middle, low), np.where(reached, high, middle - 1)
        high = np.maximum(high, low)
    within = (due - state.wanted_before[cell, low]) / state.wanted[cell, low]
    return np.where(low < days, low * DAY + _whole(np.minimum(within, 1.0) * DAY), NEVER)


def _wanted_until(state: Popularity, cell: Ints, moment: Ints) -> Floats:
    day, into = np.divmod(moment, DAY)
    return state.wanted_before[cell, day] + state.wanted[cell, day] * (into / DAY)


def _exponential(draws: Draws, name: str, index: Ints) -> Floats:
    """Exponential of mean 1."""
    return -logarithm(1.0 - draws.uniform(name, index))


def _whole(x: Floats) -> Ints:
    return np.floor(x).astype(np.int64)
