"""The simulated market as raw data for a demonstration, and what its leaky predecessor says beside the as-of store."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from tzero.engines.base import Engine
from tzero.errors import EngineError, UsageError
from tzero.starters.demo.feed import Edit, Example, Feed, RawTable

PREDECESSOR = "feature_store.iphone_device_meta_encoded_v2"
_SEEN_AT = {"raw.listing_scrapes": "scraped_at", "raw.image_labels": "labelled_at"}
_LATER_DAYS = 30
_SHOWN_AT = (0.02, 0.3, 0.6, 0.98)
_COMPARED = ("gmc_color_n_in_seg", "gmc_color_share_in_seg", "gmc_color_rarity_score", "gmc_color_rank_in_seg")

# the phones of the most frequent colour of a kind, in the order in which they were listed
_SAME_PHONES = f"""
WITH phones AS (
  SELECT b.t0_day, b.generation, b.listing_id, b.gen_key, b.model_variant, b.color_bucket,
         a.gmc_color_n_in_seg AS n_then, a.gmc_color_share_in_seg AS share_then,
         p.gmc_color_n_in_seg AS n_ever, p.gmc_color_share_in_seg AS share_ever
  FROM feature_store.v_device_meta_base_t0_v1 b
  JOIN feature_store.device_meta_encoded_t0_v1 a
    ON a.generation = b.generation AND a.listing_id = b.listing_id
  JOIN {PREDECESSOR} p
    ON p.generation = b.generation AND p.listing_id = b.listing_id
  WHERE b.color_bucket NOT IN ('_MISSING', '_OTHER')
)
SELECT t0_day, generation, listing_id, gen_key, model_variant, color_bucket, n_then, n_ever, share_then, share_ever
FROM phones
WHERE (gen_key, model_variant, color_bucket) IN (
  SELECT gen_key, model_variant, color_bucket
  FROM phones
  WHERE n_then > 0
  ORDER BY n_ever DESC, gen_key, model_variant, color_bucket
  LIMIT 1
) AND n_then > 0
ORDER BY t0_day, generation, listing_id
"""


def feed(listings: int = 20_000, days: int = 540, seed: int = 7) -> Feed:
    """A market of that many listings. Raises UsageError for numbers out of range."""
    try:
        from tzero.starters.device_meta.market import Market
    except ModuleNotFoundError as error:
        raise EngineError(f"the simulated market needs {error.name}", fix="pip install 'tzero[demo]'") from error
    if days < 2:
        raise UsageError(f"days={days} is too short for a store that is refreshed", fix="choose 2 or more")
    market = Market(listings=listings, days=days, seed=seed)
    later = min(_LATER_DAYS, max(1, days // 6))
    tables = tuple(
        RawTable(name, schema, partial(market.batches, name), _SEEN_AT.get(name), comes_late=name not in _SEEN_AT)
        for name, schema in market.tables().items()
    )
    return Feed(
        "device_meta",
        f"{listings:,} simulated listings over {days} days (seed {seed})",
        tables,
        market.end - dt.timedelta(days=later),
        f"{later} {'day' if later == 1 else 'days'} later",
        ("dev_image_count", "dev_color_known", "dev_color_vote_share", "gmc_seg_n", "gmc_seg_share",
         "gmc_color_n_in_seg", "gmc_color_share_in_seg", "gmc_color_rarity_score", "gmc_color_rank_in_seg",
         "gmc_seg_color_entropy"),
        same_phones,
        "Where the as-of store changed, the raw data now say something else of the past: sellers edited their "
        "listings, which moves these to a later day, and labels came late.",
        PREDECESSOR,
        (
            Edit("device_meta.py", "IMAGES_KNOWN_AT = None", 'IMAGES_KNOWN_AT = "known_at"'),
            Edit("device_meta.py", 'IMAGES_SLA = "24h"', 'IMAGES_SLA = "72h"'),
        ),
    )  # fmt: skip


def same_phones(engine: Engine) -> Example:
    """The same kind of phone, listed early and late: what the store and its predecessor say of how common it is."""
    found = engine.rows(_SAME_PHONES)
    if not found:
        return Example("no phone was listed twice", (), (), "Simulate more listings to see the difference.")
    chosen = [found[int(at * len(found))] for at in _SHOWN_AT]
    _, _, _, generation, variant, color, *_ = chosen[0]
    return Example(
        f"The same kind of phone, listed at four times: {generation} {variant}, {color}",
        ("listed on", "listing", "like it, as of T0", "predecessor", "share", "predecessor's"),
        tuple((str(row[0]), f"{row[1]}/{row[2]}", *(_rounded(value) for value in row[6:])) for row in chosen),
        _meaning(chosen[0]),
    )


def _meaning(first: tuple[Any, ...]) -> str:
    day, generation, listing, _, _, _, then, ever, *_ = first
    return (
        f"Listing {generation}/{listing} was listed on {day}. The predecessor says that there are {ever:,} phones like "
        f"it; only {then:,} had been listed before that day. The others came later: nobody could know of them."
    )


def _rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
