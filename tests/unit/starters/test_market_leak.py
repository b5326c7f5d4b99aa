"""The planted effects: how well an honest ranking can do, and what the future adds."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

import duckdb
import pyarrow as pa
import pytest

from tzero.starters.device_meta.market import Market

DECIDED = """
SELECT o.generation, o.listing_id, coalesce(o.sold_at <= o.t0 + INTERVAL 14 DAY, false) AS sold
FROM market.listing_outcomes_v1 o
WHERE o.t0 + INTERVAL 15 DAY < (SELECT max(known_at) FROM market.listing_outcomes_v1)
  AND (o.gone_at IS NULL OR o.gone_at > o.t0 + INTERVAL 14 DAY)
"""

# how common the colour is among all rows, over how common it was on earlier days
SHARES = """
WITH phones AS (
  SELECT l.generation, l.listing_id, CAST(l.edited_date AS DATE) - DATE '2000-01-01' AS day,
         coalesce(i.model_effective_generation, l.generation) AS gen, i.body_color_key_main AS colour
  FROM feature_store.listing_device_features_clean_mv l
  JOIN feature_store.device_image_features_unified_v1 i USING (generation, listing_id)
  WHERE i.color_known
)
SELECT generation, listing_id,
       ((count(*) OVER (PARTITION BY gen, colour) + 0.5) / (count(*) OVER (PARTITION BY gen) + 11))
       / ((count(*) OVER colour_before + 0.5) / (count(*) OVER all_before + 11)) AS score
FROM phones
WINDOW colour_before AS (PARTITION BY gen, colour ORDER BY day RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
       all_before AS (PARTITION BY gen ORDER BY day RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
"""


@pytest.fixture(scope="module")
def store() -> Iterator[duckdb.DuckDBPyConnection]:
    market = Market()
    with duckdb.connect() as connection:
        for schema in ("raw", "market", "feature_store"):
            connection.execute(f"CREATE SCHEMA {schema}")
        for table in market.tables():
            connection.register("incoming", pa.Table.from_batches(market.batches(table)))
            connection.execute(f"CREATE TABLE {table} AS FROM incoming")
        connection.register("incoming", pa.Table.from_batches(market.truth()))
        connection.execute("CREATE TABLE truth AS FROM incoming")
        for name in ("listing_device_features_clean_mv", "device_image_features_unified_v1"):
            text = files("tzero.starters.device_meta").joinpath("upstream", f"{name}.sql").read_text()
            connection.execute(f"CREATE TABLE feature_store.{name} AS {text}")
        yield connection


def area_under_curve(store: duckdb.DuckDBPyConnection, scores: str) -> float:
    """The chance that a listing that sold within 14 days scores higher than one that did not; ties by half."""
    rows = store.execute(f"SELECT s.score, d.sold FROM ({scores}) s JOIN ({DECIDED}) d USING (generation, listing_id)")
    pairs = sorted(rows.fetchall())
    groups: dict[float, list[int]] = {}
    for score, sold in pairs:
        groups.setdefault(score, [0, 0])[sold] += 1
    wins, unsold_below = 0.0, 0
    for unsold, sold in groups.values():
        wins += sold * (unsold_below + unsold / 2)
        unsold_below += unsold
    return wins / (unsold_below * (len(pairs) - unsold_below))


def test_honest_knowledge_carries_real_but_limited_signal(store: duckdb.DuckDBPyConnection) -> None:
    known = "SELECT generation, listing_id, log_hazard_known_at_t0 AS score FROM truth"
    device = "SELECT generation, listing_id, log_hazard_known_at_t0 - price_effect AS score FROM truth"
    everything = "SELECT generation, listing_id, p_sold_14d AS score FROM truth"
    assert area_under_curve(store, known) == pytest.approx(0.67, abs=0.02)
    assert 0.58 < area_under_curve(store, device) < 0.68
    assert area_under_curve(store, everything) == pytest.approx(0.81, abs=0.02)


def test_shares_of_the_future_tell_about_sales(store: duckdb.DuckDBPyConnection) -> None:
    assert area_under_curve(store, SHARES) > 0.56


def test_votes_that_come_later_tell_about_sales(store: duckdb.DuckDBPyConnection) -> None:
    votes = """SELECT l.generation, l.listing_id, -coalesce(i.n_color_votes, 0) AS score
               FROM feature_store.listing_device_features_clean_mv l
               JOIN feature_store.device_image_features_unified_v1 i USING (generation, listing_id)
               WHERE {}"""
    late = area_under_curve(store, votes.format("i.known_at > l.edited_date + INTERVAL 24 HOUR"))
    in_time = area_under_curve(store, votes.format("i.known_at <= l.edited_date + INTERVAL 24 HOUR"))
    assert late > 0.58
    assert abs(in_time - 0.5) < 0.05
