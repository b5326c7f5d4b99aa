"""The store of the demonstration, certified on PostgreSQL and read through its guard."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from tests.e2e.test_demo_postgres import Silent
from tests.servers import fresh_database, versions

import tzero
from tzero.starters.demo import demonstrate
from tzero.starters.device_meta import demo as device_meta

VIEW = "feature_store.device_meta_encoded_t0_v1"


@pytest.mark.skipif(not versions(), reason="no PostgreSQL server is installed")
def test_the_demonstration_is_certified(tmp_path: Path) -> None:
    url = fresh_database()
    demonstrate(device_meta.feed(listings=300, days=45), tmp_path, Silent(), target=url, certified=False)
    with tzero.open(tmp_path, target=url) as project:
        found = project.certify(VIEW, seconds=10)
    assert {gate["gate"]: gate["verdict"] for gate in found.predicate["gates"]} == dict.fromkeys(
        ("A1", "A2", "A3", "A4", "A5", "B2", "B3", "C1", "C2", "C3"), "PASS"
    ) | {"B1": "PROVED"}
    with psycopg.connect(url) as connection:
        assert connection.execute(f"SELECT count(*) FROM {VIEW}_train").fetchall() == [(300,)]
        connection.execute("DELETE FROM feature_store.t0_certificate")
        with pytest.raises(psycopg.Error, match="is not the last one kept"):
            connection.execute(f"SELECT count(*) FROM {VIEW}_train")
