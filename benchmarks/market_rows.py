"""Upstream relations of any size for the benchmarks, made inside DuckDB from a hash of the row number."""

from __future__ import annotations

import duckdb

SCHEMA = "feature_store"
LISTINGS = f"{SCHEMA}.listing_device_features_clean_mv"
IMAGES = f"{SCHEMA}.device_image_features_unified_v1"

_LISTINGS = """
CREATE TABLE {listings} AS
SELECT
  CAST(13 + least(4, floor(i * 4.0 / {rows} + hash(i, 1) % 1000 / 700.0)) AS INTEGER) AS generation,
  CAST(10000 + i AS BIGINT) AS listing_id,
  TIMESTAMP '2022-01-01' + to_microseconds(CAST(i * ({days} * 86400000000.0 / {rows}) AS BIGINT)) AS edited_date,
  CASE WHEN hash(i, 2) % 50 = 0 THEN NULL ELSE
    list_extract(['iPhone 13', 'iPhone  13 mini', 'IPHONE 14 Plus', 'iPhone 15 Pro',
                  'iPhone 15	PRO  Max', 'iPhone 17 Air'],
                 CAST(1 + hash(i, 3) % 6 AS INTEGER))
    || CASE WHEN hash(i, 4) % 3 = 0 THEN ' ' || CAST(hash(i, 5) % 300 AS VARCHAR) || ' GB' ELSE '' END
  END AS model
FROM range({rows}) AS numbers(i)
"""
_IMAGES = """
CREATE TABLE {images} AS
SELECT generation, listing_id, CAST(hash(listing_id, 1) % 13 AS BIGINT) AS image_count,
  list_extract(['graphite', 'silver', 'space_black', 'midnight', 'sierra_blue', 'blue', 'natural_titanium', 'gold',
                'deep_purple', 'starlight', 'black', 'pink', 'green', 'red', '', NULL],
               CAST(1 + sqrt(hash(listing_id, 2) % 256) AS INTEGER)) AS body_color_key_main,
  hash(listing_id, 3) % 10 <> 0 AS color_known, hash(listing_id, 4) % 20 = 0 AS color_conflict,
  CAST(hash(listing_id, 5) % 9 AS INTEGER) AS n_color_votes,
  hash(listing_id, 6) % 1000 / 1000.0 AS color_primary_vote_share,
  hash(listing_id, 7) % 1000 / 1000.0 AS color_vote_margin_share,
  CASE WHEN hash(listing_id, 8) % 30 > 0 THEN generation END AS model_effective_generation,
  hash(listing_id, 9) % 30 = 0 AS model_fixed_any, hash(listing_id, 10) % 50 = 0 AS model_generation_mismatch,
  hash(listing_id, 11) % 99 = 0 AS is_spam_below13
FROM {listings} WHERE hash(listing_id, 12) % 100 < 86
"""


def write(path: str, rows: int, days: int) -> None:
    """Create a DuckDB file with the two upstream relations."""
    with duckdb.connect(path) as connection:
        connection.execute(f"CREATE SCHEMA {SCHEMA}")
        connection.execute(_LISTINGS.format(listings=LISTINGS, rows=rows, days=days))
        connection.execute(_IMAGES.format(images=IMAGES, listings=LISTINGS))
