"""The demos on PostgreSQL: the same commands, and the same features as on DuckDB."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.e2e.starters import relation, rows_of
from tests.oracle.compare import differences
from tests.servers import fresh_database, versions

import tzero
from tzero.starters.demo import demonstrate
from tzero.starters.demo.feed import Feed
from tzero.starters.device_meta import demo as device_meta
from tzero.starters.flights import demo as flights

pytestmark = pytest.mark.skipif(not versions(), reason="no PostgreSQL server is installed")


class Silent:
    def chapter(self, title: str) -> None: ...

    def begin(self, title: str) -> None: ...

    def done(self, stage: Any) -> None: ...


LISTING = ("generation", "listing_id")
FEEDS = {
    device_meta.feed(listings=500, days=90): {
        "feature_store.listing_device_features_clean_mv": LISTING,
        "feature_store.device_image_features_unified_v1": LISTING,
        "feature_store.iphone_device_meta_encoded_v2": LISTING,
    },
    flights.feed(days=4): {
        "flights.departures": ("flight_id",),
        "flights.planes": ("tailnum",),
        "flights.weather": ("origin", "observed_at"),
    },
}


@pytest.mark.parametrize(("feed", "upstream"), FEEDS.items(), ids=[feed.starter for feed in FEEDS])
def test_both_engines_agree(feed: Feed, upstream: dict[str, tuple[str, ...]], tmp_path: Path) -> None:
    url = fresh_database(versions()[0])
    here = demonstrate(feed, tmp_path / "duckdb", Silent(), certified=False)
    there = demonstrate(feed, tmp_path / "postgres", Silent(), target=url, certified=False)
    assert [r.rows for r in there.relations] == [r.rows for r in here.relations]
    assert there.stability == here.stability
    assert there.example == here.example
    with tzero.open(tmp_path / "duckdb") as one, tzero.open(tmp_path / "postgres", target=url) as other:
        key = one.view().rows.source.key
        assert differences(rows_of(one.read()), rows_of(other.read()), key) == []
        assert one.contract().columns == other.contract().columns
        for name, unique in upstream.items():
            found = rows_of(relation(one, name)), rows_of(relation(other, name))
            assert differences(*found, unique) == [], name
            assert found[0], name
