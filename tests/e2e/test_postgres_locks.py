"""Locks: what a plan says of each statement is what the server takes, and readers wait for no refresh."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import psycopg
import pytest
from tests.e2e.postgres_shop import FEATURES, OTHER, apply, make_project, refresh, run
from tests.e2e.reading import reading
from tests.servers import fresh_database, versions

import tzero
from tzero.engines.catalog import Statement

pytestmark = pytest.mark.skipif(not versions(), reason="no PostgreSQL server is installed")
MODES = (
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)
"""From the weakest to the strongest; ``ACCESS SHARE`` is what every reader takes."""
THERE = """
SELECT c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm') AND n.nspname IN ('shop', 'feature_store', 'public')"""
HELD = """
SELECT DISTINCT relation, mode FROM pg_locks
WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation = ANY(%s)"""
STATISTICS = "feature_store.features_stats"


@pytest.fixture(params=versions())
def url(request: pytest.FixtureRequest) -> str:
    return fresh_database(request.param)


@pytest.fixture
def project(url: str, tmp_path: Path) -> Path:
    folder = make_project(tmp_path, url, rows=200)
    apply(folder)
    return folder


def taken(url: str, units: Sequence[Sequence[Statement]]) -> list[tuple[str, str, str]]:
    """Each statement, the lock that it is said to take, and the strongest that it took on what was there before."""
    found = []
    with psycopg.connect(url, autocommit=True) as connection:
        there = [oid for (oid,) in connection.execute(THERE.encode())]
        for statements in units:
            with connection.transaction():
                before: set[tuple[int, str]] = set()
                for statement in statements:
                    connection.execute(statement.sql.encode())
                    held = {(oid, words(mode)) for oid, mode in connection.execute(HELD.encode(), [there])}
                    gained = [MODES.index(mode) for _, mode in held - before]
                    found.append((statement.sql, statement.lock or "", MODES[max(gained, default=0)]))
                    before = held
    return found


def words(mode: str) -> str:
    """``AccessExclusiveLock`` as statements spell it."""
    return "".join(f" {letter}" if letter.isupper() else letter for letter in mode.removesuffix("Lock")).strip().upper()


def said(lock: str) -> str:
    return "ACCESS SHARE" if not lock or " on the new relation alone" in lock else lock.partition(":")[0]


def untrue(found: Sequence[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    return [item for item in found if MODES.index(item[2]) > MODES.index(said(item[1]))]


def units(project: Path, *, refreshing: bool) -> list[list[Statement]]:
    with tzero.open(project) as opened:
        plan = opened.plan_refresh() if refreshing else opened.plan()
        return [[statement for step in unit for statement in step.statements] for unit in plan.units]


def test_a_refresh_takes_the_locks_that_it_says(project: Path, url: str) -> None:
    found = taken(url, units(project, refreshing=True))
    assert untrue(found) == []
    assert {mode for _, _, mode in found} == {"ACCESS SHARE", "EXCLUSIVE", "SHARE UPDATE EXCLUSIVE"}


def test_a_unique_index_that_is_made_again_takes_the_lock_that_it_says(project: Path, url: str) -> None:
    run(url, "DROP INDEX feature_store.ux_features_stats")
    found = taken(url, units(project, refreshing=True))
    assert untrue(found) == []
    assert "SHARE" in {mode for sql, _, mode in found if "CREATE UNIQUE INDEX" in sql}


def test_an_apply_takes_the_locks_that_it_says(project: Path, url: str) -> None:
    run(url, "CREATE VIEW public.theirs AS SELECT id, n FROM feature_store.features")
    run(url, f"CREATE INDEX by_day ON {STATISTICS} (t0_day)")
    (project / "features.py").write_text(FEATURES.format(features=OTHER))
    found = taken(url, units(project, refreshing=False))
    assert untrue(found) == []
    assert "ACCESS EXCLUSIVE" in {mode for _, _, mode in found}
    built = [mode for sql, _, mode in found if sql.startswith("CREATE MATERIALIZED VIEW")]
    assert built == ["ACCESS SHARE"]


def test_a_lock_that_is_not_said_is_found(project: Path, url: str) -> None:
    planted = [[Statement(f"REFRESH MATERIALIZED VIEW {STATISTICS}", "EXCLUSIVE: readers do not wait")]]
    assert [mode for _, _, mode in untrue(taken(url, planted))] == ["ACCESS EXCLUSIVE"]
    assert untrue(taken(url, [[Statement(f"ALTER MATERIALIZED VIEW {STATISTICS} RENAME TO other")]]))


def test_readers_wait_for_no_lock_of_a_refresh(project: Path, url: str) -> None:
    with reading(url, "SELECT count(*), count(n) FROM feature_store.features") as found:
        for round_ in range(5):
            run(url, f"INSERT INTO shop.sales VALUES ({10_000 + round_}, '2024-02-01', 1, 1)")
            refresh(project)
    assert found.locked == 0
    assert max(found.seen) == (205, 205)


def test_a_refresh_that_readers_wait_for_is_noticed(project: Path, url: str) -> None:
    with (
        reading(url, "SELECT count(*) FROM feature_store.features") as found,
        psycopg.connect(url) as connection,
    ):
        connection.execute(f"REFRESH MATERIALIZED VIEW {STATISTICS}".encode())
        found.wait_for("locked")
        connection.commit()
