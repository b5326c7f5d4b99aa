"""A small shop on a PostgreSQL server: sales, and an upstream relation of things that tzero builds."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import psycopg

import tzero
from tzero.errors import TzeroError

FEATURES = """
from tzero import Entity, Events, FeatureView
sales = Events("shop.sales", key="id", time="at").lookup(Entity("shop.things", key="thing"))
before = sales.before_day(zone="UTC")
view = FeatureView("feature_store.features", sales, {features})
"""
FIRST = "n=before.count('brand'), first_day=before.first_seen('brand')"
OTHER = "average=before.mean('price', by='brand'), n=before.count('brand')"
TOML = """
name = "shop"
[targets.prod]
url = "{url}"
[[upstream]]
relation = "shop.things"
sql = "things.sql"
"""
SOURCE = """
CREATE SCHEMA shop;
CREATE TABLE shop.sales (id bigint, at timestamp, thing int, price double precision);
CREATE TABLE shop.raw_things (thing int, brand text);
INSERT INTO shop.raw_things SELECT i, 'brand ' || i % 5 FROM generate_series(0, 99) AS i;
INSERT INTO shop.sales SELECT i, timestamp '2024-01-01' + i * interval '7 minutes', i % 100, i % 13
FROM generate_series(1, {rows}) AS i;
"""
TIMEOUT = 60


def make_project(folder: Path, url: str, rows: int) -> Path:
    (folder / "tzero.toml").write_text(TOML.format(url=url))
    (folder / "features.py").write_text(FEATURES.format(features=FIRST))
    (folder / "things.sql").write_text("SELECT thing, brand FROM shop.raw_things")
    run(url, SOURCE.format(rows=rows))
    return folder


def run(url: str, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(sql.encode())
        return found.fetchall() if found.description else []


def apply(folder: Path) -> None:
    with tzero.open(folder) as opened:
        opened.apply()


def refresh(folder: Path) -> None:
    with tzero.open(folder) as opened:
        opened.refresh()


def features(folder: Path) -> dict[int, dict[str, Any]]:
    with tzero.open(folder) as opened:
        return {row["id"]: row for row in opened.read().to_pylist()}


def until(action: Any) -> None:
    """The server ends the session of a killed client, or recovers, in its own time."""
    end = time.monotonic() + TIMEOUT
    while True:
        try:
            return action()
        except (TzeroError, AssertionError, psycopg.Error):
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
