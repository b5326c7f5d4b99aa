"""Columns of a statistics view that are renamed, declared otherwise or by hand, and instants under any time zone."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import psycopg
import pytest
from tests.e2e.postgres_shop import FEATURES, apply, features, make_project, refresh, run
from tests.servers import fresh_database, versions

import tzero
from tzero.refresh.steps import BuildRelation

pytestmark = pytest.mark.skipif(not versions(), reason="no PostgreSQL server is installed")
N, STATISTICS = "n=before.count('brand')", "feature_store.features_stats"
COLUMNS = f"SELECT attname FROM pg_attribute WHERE attrelid = '{STATISTICS}'::regclass AND attnum > 0 ORDER BY attnum"


EVERY_VERSION = pytest.mark.parametrize("url", versions(), indirect=True)


@pytest.fixture(params=versions()[-1:])
def url(request: pytest.FixtureRequest) -> str:
    return fresh_database(request.param)


@pytest.fixture
def project(url: str, tmp_path: Path) -> Path:
    folder = make_project(tmp_path, url, rows=500)
    (folder / "features.py").write_text(FEATURES.format(features=N))
    apply(folder)
    return folder


@EVERY_VERSION
def test_a_column_is_renamed_by_its_declaration(project: Path, url: str) -> None:
    before = {key: row["n"] for key, row in features(project).items()}
    (project / "features.py").write_text(FEATURES.format(features=N.replace("n=", "renamed=")))
    apply(project)
    assert {key: row["renamed"] for key, row in features(project).items()} == before
    columns = {name for (name,) in run(url, COLUMNS)}
    assert "renamed" in columns
    assert "n" not in columns
    refresh(project)


@pytest.mark.parametrize("column", ["n", "brand", "t0_day"])
def test_a_column_that_somebody_renamed_is_put_right(project: Path, url: str, column: str) -> None:
    before, columns = features(project), run(url, COLUMNS)
    run(url, f"ALTER MATERIALIZED VIEW {STATISTICS} RENAME COLUMN {column} TO other")
    with tzero.open(project) as opened:
        steps = [step for step in opened.plan().steps if isinstance(step, BuildRelation)]
        assert [step.definition.relation for step in steps] == [STATISTICS, "feature_store.features"]
        assert "its columns are no longer those of its query" in steps[0].title
    apply(project)
    assert run(url, COLUMNS) == columns
    assert features(project) == before
    refresh(project)


def test_a_source_column_that_is_renamed_is_followed_by_its_declaration(project: Path, url: str) -> None:
    before = features(project)
    run(url, "ALTER TABLE shop.raw_things RENAME COLUMN brand TO maker")
    (project / "things.sql").write_text("SELECT thing, maker AS brand FROM shop.raw_things")
    apply(project)
    assert features(project) == before


ZONED = """
from tzero import Events, FeatureView
sales = Events("shop.zoned", key="id", time="at")
before = sales.before_day(zone="Europe/Berlin")
now = sales.before_instant()
view = FeatureView("feature_store.features", sales, n=before.count("brand"), since=before.time_since_last("brand"),
                   k=now.count("brand"), total=before.sum("price", by="brand"))
"""
ZONES = ("UTC", "Asia/Tokyo", "America/Los_Angeles")


@EVERY_VERSION
def test_instants_give_the_same_days_and_features_in_every_time_zone(url: str, tmp_path: Path) -> None:
    name, answers, days = urlsplit(url).path[1:], list[Any](), list[Any]()
    (tmp_path / "tzero.toml").write_text(f'name = "zoned"\n[targets.prod]\nurl = "{url}"\n')
    (tmp_path / "features.py").write_text(ZONED)
    run(url, "CREATE SCHEMA shop")
    # instants around midnight in each of the zones, and where Berlin's clocks are turned
    run(
        url,
        "CREATE TABLE shop.zoned AS SELECT i AS id, timestamptz '2024-03-29 00:00Z' + i * interval '37 minutes' AS at,"
        " 'brand ' || i % 3 AS brand, i % 11 AS price FROM generate_series(1, 300) AS i",
    )
    for zone in ZONES:
        run(url, f"ALTER DATABASE {name} SET timezone = '{zone}'")
        apply(tmp_path)
        refresh(tmp_path)
        answers.append({key: row | {"t0": row["t0"].astimezone(dt.UTC)} for key, row in features(tmp_path).items()})
        with psycopg.connect(url, autocommit=True) as connection:
            # somebody's own session, and a refresh by hand in it
            assert connection.execute("SHOW timezone").fetchone() == (zone,)
            connection.execute(f"REFRESH MATERIALIZED VIEW CONCURRENTLY {STATISTICS}".encode())
            rows = connection.execute(
                "SELECT id, n, k, total, since FROM feature_store.features ORDER BY id"
            ).fetchall()
            days.append((rows, connection.execute(f"SELECT * FROM {STATISTICS} ORDER BY 1, 2, 3".encode()).fetchall()))
    assert answers[0] == answers[1] == answers[2]
    assert days[0] == days[1] == days[2]
    assert len(answers[0]) == 300
    assert {key: row["n"] for key, row in answers[0].items()} == earlier_days_of_berlin()


def earlier_days_of_berlin() -> dict[int, int]:
    """For each sale, how many of its brand there were on earlier days of Berlin: computed without the database."""
    first = dt.datetime(2024, 3, 29, tzinfo=dt.UTC)
    day = {
        i: (first + i * dt.timedelta(minutes=37)).astimezone(ZoneInfo("Europe/Berlin")).date() for i in range(1, 301)
    }
    return {i: sum(day[other] < day[i] and other % 3 == i % 3 for other in day) for i in day}
