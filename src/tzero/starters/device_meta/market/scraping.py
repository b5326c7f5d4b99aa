"""What the scraper saw: every version of a live listing, now and then again, and at last that it is gone.

Sometimes two readers meet at the last scrape in the same second; the second one misses the price.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tzero.starters.device_meta.market.hashing import Draws, Flags, Ints
from tzero.starters.device_meta.market.listings import DAY, MAX_VERSIONS, NEVER, Listings
from tzero.starters.device_meta.market.titles import titles

_DELAY = 20 * 3600
"""A new version is seen within 20 hours, an ending within a day."""
_SEEN_AGAIN, _SEEN_TWICE, _UNREADABLE_DATE = 0.35, 0.01, 0.03
_NO_PRICE, _PLACEHOLDER = 0.010, 0.010
_AGAIN, _ENDING, _TWICE = MAX_VERSIONS, MAX_VERSIONS + 1, MAX_VERSIONS + 2
_SLOTS = 8
_STATUS = pa.array(["live", "sold", "gone"])

SCRAPES = pa.schema(
    [
        pa.field("scrape_id", pa.int64(), nullable=False),
        pa.field("generation", pa.int32(), nullable=False),
        pa.field("listing_id", pa.int64(), nullable=False),
        pa.field("scraped_at", pa.timestamp("us"), nullable=False),
        pa.field("edited_date", pa.timestamp("us")),
        pa.field("model", pa.string()),
        pa.field("price", pa.int32()),
        pa.field("status", pa.string(), nullable=False),
    ]
)


def version_seen_at(draws: Draws, rows: Listings, end: int) -> Ints:
    """When the scraper saw each version first (listing × version)."""
    number = rows.index[:, None] * MAX_VERSIONS + np.arange(MAX_VERSIONS)
    seen = rows.edited + draws.below("scrape delay", number, _DELAY) + 1
    last = np.arange(MAX_VERSIONS) == rows.versions[:, None] - 1
    latest = np.where(last, np.minimum(rows.ended[:, None], end) - 1, end - 1)
    first_look: Ints = np.minimum(seen, latest)
    return first_look


def ending_seen_at(draws: Draws, rows: Listings, end: int) -> Ints:
    """When the scraper noticed the sale or withdrawal; NEVER where the market's end came first."""
    noticed = rows.ended + 1 + draws.below("ending delay", rows.index, DAY - 1)
    return np.where(noticed < end, noticed, NEVER)


def listed_price(draws: Draws, rows: Listings, row: Ints, version: Ints, missed: Flags | None = None) -> pa.Array:
    """The price shown: some sellers show none, some 1, some 123456; NULL where the reader missed it."""
    price = rows.asking[row, version]
    lot = draws.uniform("price shown", rows.index[row])
    price = np.where(lot < _PLACEHOLDER, 1, price)
    price = np.where(lot < _PLACEHOLDER / 3, 123_456, price)
    none = lot > 1.0 - _NO_PRICE
    return pa.array(price.astype(np.int32), mask=none if missed is None else none | missed)


def scrapes(draws: Draws, rows: Listings, end: int, start_us: int) -> pa.RecordBatch:
    """All scrapes of the given listings, as SCRAPES."""
    last = rows.versions - 1
    seen = version_seen_at(draws, rows, end)
    ending = ending_seen_at(draws, rows, end)
    again = _seen_again(draws, rows, seen, end)
    happened = np.arange(MAX_VERSIONS) < rows.versions[:, None]
    moments = np.column_stack([np.where(happened, seen, NEVER), again, ending])
    latest = np.where(moments == NEVER, 0, moments).max(axis=1)
    twice = np.where(draws.chance("seen twice", rows.index, _SEEN_TWICE), latest, NEVER)
    moments = np.column_stack([moments, twice])
    row, slot = np.nonzero(moments != NEVER)
    version = np.where(slot < MAX_VERSIONS, slot, last[row])
    over = (slot == _ENDING) | ((slot == _TWICE) & (ending[row] != NEVER))
    status = np.where(over, np.where(rows.sold[row], 1, 2), 0)
    unreadable = (slot == _AGAIN) & draws.chance("unreadable date", rows.index[row], _UNREADABLE_DATE)
    return pa.record_batch(
        [
            pa.array(rows.index[row] * _SLOTS + slot),
            pa.array(rows.generation[row].astype(np.int32)),
            pa.array(rows.listing_id[row]),
            timestamps(moments[row, slot], start_us),
            timestamps(rows.edited[row, version], start_us, missing=unreadable),
            titles(draws, rows, row, version),
            listed_price(draws, rows, row, version, missed=slot == _TWICE),
            _STATUS.take(pa.array(status)),
        ],
        schema=SCRAPES,
    )


def timestamps(seconds: Ints, start_us: int, missing: Flags | None = None) -> pa.Array:
    """Seconds from the market's start as naive timestamps."""
    return pa.array(seconds * 1_000_000 + start_us, mask=missing).cast(pa.timestamp("us"))


def _seen_again(draws: Draws, rows: Listings, seen: Ints, end: int) -> Ints:
    """One more look at the last version while it is live."""
    after = np.take_along_axis(seen, rows.versions[:, None] - 1, axis=1)[:, 0]
    spare = np.minimum(np.minimum(rows.ended, end) - 1, after + 30 * DAY) - after
    moment = after + np.floor(draws.uniform("look again at", rows.index) * spare).astype(np.int64)
    return np.where((spare > 0) & draws.chance("look again", rows.index, _SEEN_AGAIN), moment, NEVER)
