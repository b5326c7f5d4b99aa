"""What became of each listing, and what its true chances were. Labels: nothing here may reach a feature."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tzero.starters.device_meta.market.arithmetic import exponential
from tzero.starters.device_meta.market.hashing import Draws
from tzero.starters.device_meta.market.listings import DAY, NEVER, Listings, hazard, taste_after
from tzero.starters.device_meta.market.popularity import Popularity
from tzero.starters.device_meta.market.scraping import ending_seen_at, listed_price, timestamps

TRUTH_DAYS = (7, 14, 21)

OUTCOMES = pa.schema(
    [
        pa.field("generation", pa.int32(), nullable=False),
        pa.field("listing_id", pa.int64(), nullable=False),
        pa.field("t0", pa.timestamp("us"), nullable=False),
        pa.field("price_at_t0", pa.int32()),
        pa.field("sold_at", pa.timestamp("us")),
        pa.field("gone_at", pa.timestamp("us")),
        pa.field("observed_until", pa.timestamp("us"), nullable=False),
        pa.field("known_at", pa.timestamp("us"), nullable=False),
    ]
)

TRUTH = pa.schema(
    [
        pa.field("generation", pa.int32(), nullable=False),
        pa.field("listing_id", pa.int64(), nullable=False),
        *(
            pa.field(name, pa.float64(), nullable=False)
            for name in (
                "hazard_per_day",
                *(f"p_sold_{days}d" for days in TRUTH_DAYS),
                "log_hazard_known_at_t0",
                "price_effect",
                "rarity_effect",
                "momentum_effect",
                "spam_effect",
                "frailty_effect",
            )
        ),
    ]
)


def outcomes(draws: Draws, rows: Listings, end: int, start_us: int) -> pa.RecordBatch:
    """One row per listing, as OUTCOMES.

    ``sold_at`` and ``gone_at`` are NULL where the scraper did not see the ending before the market's end; such a
    listing is censored at ``observed_until``, the last daily round that surely showed it live. ``known_at`` is when the
    scraper noticed the ending, or the market's end.
    """
    noticed = ending_seen_at(draws, rows, end)
    over = noticed != NEVER
    t0 = rows.t0
    every = np.arange(len(t0))
    return pa.record_batch(
        [
            pa.array(rows.generation.astype(np.int32)),
            pa.array(rows.listing_id),
            timestamps(t0, start_us),
            listed_price(draws, rows, every, rows.versions - 1),
            timestamps(np.where(over, rows.ended, 0), start_us, missing=~(over & rows.sold)),
            timestamps(np.where(over, rows.ended, 0), start_us, missing=~(over & ~rows.sold)),
            timestamps(np.where(over, rows.ended, np.maximum(t0, end - DAY)), start_us),
            timestamps(np.where(over, noticed, end), start_us),
        ],
        schema=OUTCOMES,
    )


def truth(draws: Draws, state: Popularity, rows: Listings) -> pa.RecordBatch:
    """The true hazard (sales per day at T0) and chances to sell within 7, 14, 21 days, as TRUTH.

    The chances are net of withdrawal (as if no listing ever vanished) and know everything: frailty, and the taste after
    T0. ``log_hazard_known_at_t0`` leaves those two out: ranking by it is the best that an honest model can do.
    """
    t0 = rows.t0
    parts = hazard(draws, state, rows)
    rate = parts.rate
    chances = [1.0 - exponential(-rate * taste_after(state, rows.cell, t0, days)) for days in TRUTH_DAYS]
    columns = [
        rate * state.wanted[rows.cell, t0 // DAY],
        *chances,
        parts.known_at_t0,
        parts.price,
        parts.rarity,
        parts.momentum,
        parts.spam,
        parts.frailty,
    ]
    keys = [pa.array(rows.generation.astype(np.int32)), pa.array(rows.listing_id)]
    return pa.record_batch([*keys, *(pa.array(column) for column in columns)], schema=TRUTH)
