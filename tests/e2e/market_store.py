"""device_meta over a small market on a PostgreSQL server."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pyarrow as pa
from tests.e2e.starters import applied
from tests.servers import fresh_database

import tzero
from tzero.starters.demo.folder import lay_out
from tzero.starters.device_meta.market import Market

LISTINGS = "feature_store.listing_device_features_clean_mv"
IMAGES = "feature_store.device_image_features_unified_v1"
BASE = "feature_store.v_device_meta_base_t0_v1"
STATISTICS = "feature_store.device_meta_gmc_stats_t0_v1_mv"
ENTRYPOINT = "feature_store.device_meta_encoded_t0_v1"
MARKET = Market(listings=280, days=150, seed=11)


def raw_tables() -> dict[str, pa.Table]:
    return {
        name: pa.Table.from_batches(MARKET.batches(name), schema)
        for name, schema in MARKET.tables().items()
        if name.startswith("raw.")
    }


def on_server(version: int, folder: Path) -> tuple[tzero.Project, str]:
    """A project that is applied to a new database, all analysed, and the URL of that database."""
    url = fresh_database(version)
    lay_out("device_meta", folder)
    project = applied(folder, raw_tables(), url)
    run(url, "VACUUM ANALYZE")
    return project, url


def run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
