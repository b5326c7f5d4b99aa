"""The runbook on PostgreSQL: gone on with where it stopped, run by hand from its script, beside readers."""

from __future__ import annotations

import multiprocessing
import shutil
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from tests.e2e.postgres_shop import refresh, run, until
from tests.e2e.reading import reading
from tests.servers import Server, fresh_database, installations, versions

import tzero
from tzero.errors import EngineError, TargetError, TzeroError
from tzero.refresh.performing import Outcome
from tzero.refresh.selecting import Selection

pytestmark = pytest.mark.skipif(not versions(), reason="no PostgreSQL server is installed")

FEATURES = """
from tzero import Entity, Events, FeatureView
sales = Events("shop.sales", key="id", time="at").lookup(Entity("shop.things", key="thing", static=True))
before = sales.before_day(zone="UTC")
view = FeatureView("feature_store.features", sales, n=before.count("brand"), total=before.sum("price", by="brand"))
"""
UPSTREAM = {
    "shop.parsed": "SELECT thing, brand FROM shop.raw_things WHERE brand IS NOT NULL",
    "shop.things": "SELECT thing, brand FROM shop.parsed",
    "shop.sales": "SELECT id, at, thing, price FROM shop.raw_sales",
    "shop.report": "SELECT r.rate, 1 / r.rate AS inverse FROM shop.rates AS r, pg_catalog.pg_sleep(r.rate - 1)",
}
SOURCE = """
CREATE SCHEMA shop;
CREATE TABLE shop.raw_sales (id bigint, at timestamp, thing int, price bigint);
CREATE TABLE shop.raw_things (thing int, brand text);
CREATE TABLE shop.rates (rate int);
INSERT INTO shop.rates VALUES (1);
INSERT INTO shop.raw_things SELECT i, 'brand ' || i % 5 FROM generate_series(0, 99) AS i;
INSERT INTO shop.raw_sales SELECT i, timestamp '2024-01-01' + i * interval '37 minutes', i % 100, i % 13
FROM generate_series(1, {rows}) AS i;
"""
STATE = "SELECT count(*), count(n), sum(n), sum(total), count(DISTINCT brand_of) FROM ({}) AS f"
BRANDED = "SELECT f.*, t.brand AS brand_of FROM feature_store.features AS f JOIN shop.sales AS s USING (id)"
QUESTION = STATE.format(f"{BRANDED} LEFT JOIN shop.things AS t USING (thing)")


def shop(folder: Path, url: str, rows: int = 600) -> Path:
    upstream = "".join(f'[[upstream]]\nrelation = "{name}"\nsql = "{name}.sql"\n' for name in UPSTREAM)
    (folder / "tzero.toml").write_text(f'name = "shop"\n[targets.prod]\nurl = "{url}"\n{upstream}')
    (folder / "features.py").write_text(FEATURES)
    for name, sql in UPSTREAM.items():
        (folder / f"{name}.sql").write_text(sql)
    run(url, SOURCE.format(rows=rows))
    with tzero.open(folder) as project:
        project.apply()
    return folder


EVERY_VERSION = pytest.mark.parametrize("url", versions(), indirect=True)


@pytest.fixture(params=versions()[-1:])
def url(request: pytest.FixtureRequest) -> str:
    return fresh_database(request.param)


@pytest.fixture
def folder(url: str, tmp_path: Path) -> Path:
    return shop(tmp_path, url)


def refreshed(folder: Path, *only: str, anew: bool = False) -> Outcome:
    with tzero.open(folder) as project:
        return project.refresh(selection=Selection(only), anew=anew)


def stopped_at_the_report(folder: Path, url: str) -> None:
    """A refresh that fails in its last transaction, for a reason that is gone afterwards."""
    run(url, "SET synchronous_commit = on; UPDATE shop.rates SET rate = 0")
    with pytest.raises(TzeroError, match="division by zero"):
        refresh(folder)
    run(url, "SET synchronous_commit = on; UPDATE shop.rates SET rate = 1")


def statuses(found: Outcome) -> dict[str, str]:
    return {step.relation.rpartition(".")[2]: step.status.value for step in found.steps if step.relation}


ALL_DONE = dict.fromkeys(["parsed", "things", "sales", "features_stats", "report"], "done")
ALL_BUT_REPORT_KEPT = dict.fromkeys(ALL_DONE, "kept") | {"report": "done"}


@EVERY_VERSION
def test_a_run_goes_on_where_the_last_one_stopped(folder: Path, url: str) -> None:
    stopped_at_the_report(folder, url)
    with tzero.open(folder) as project:
        assert "run 2 refreshed it, and nothing has changed since" in project.refresh_script()
    found = refreshed(folder)
    assert statuses(found) == ALL_BUT_REPORT_KEPT
    rows = dict(run(url, f"SELECT relation, n_rows FROM feature_store.t0_run WHERE run_id = {found.run_id}"))
    assert rows["shop.parsed"] == 100
    assert statuses(refreshed(folder)) == ALL_DONE, "a run that came to its end is not gone on with"


def test_it_can_stop_twice(folder: Path, url: str) -> None:
    stopped_at_the_report(folder, url)
    stopped_at_the_report(folder, url)
    assert statuses(refreshed(folder)) == ALL_BUT_REPORT_KEPT


def test_it_can_begin_anew(folder: Path, url: str) -> None:
    stopped_at_the_report(folder, url)
    assert statuses(refreshed(folder, anew=True)) == ALL_DONE


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ("INSERT INTO shop.raw_sales VALUES (100000, '2024-01-01', 1, 1)", {"parsed"}),
        ("DELETE FROM shop.raw_sales WHERE id = 7", {"parsed"}),
        ("UPDATE shop.raw_things SET brand = 'new' WHERE thing = 3", set()),
        ("TRUNCATE shop.raw_things", set()),
    ],
)
def test_what_changed_since_is_done_again_with_all_that_reads_it(
    folder: Path, url: str, change: str, kept: set[str]
) -> None:
    stopped_at_the_report(folder, url)
    run(url, change)
    found = statuses(refreshed(folder))
    assert {name for name, status in found.items() if status == "kept"} == kept
    assert run(url, "SELECT count(*) FROM feature_store.features") == run(url, "SELECT count(*) FROM shop.raw_sales")


def test_another_definition_begins_anew(folder: Path, url: str) -> None:
    stopped_at_the_report(folder, url)
    (folder / "features.py").write_text(FEATURES.replace("total=", "amount="))
    with tzero.open(folder) as project:
        project.apply()
    assert statuses(refreshed(folder)) == ALL_DONE


def test_what_a_function_of_the_user_reads_counts_as_changed(folder: Path, url: str) -> None:
    run(url, "CREATE FUNCTION shop.tidy(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT $1'")
    (folder / "shop.parsed.sql").write_text("SELECT thing, shop.tidy(brand) AS brand FROM shop.raw_things")
    with tzero.open(folder) as project:
        project.apply()
    stopped_at_the_report(folder, url)
    assert statuses(refreshed(folder)) == ALL_DONE


@EVERY_VERSION
def test_a_killed_run_is_gone_on_with_and_its_locks_are_freed(folder: Path, url: str) -> None:
    run(url, "UPDATE shop.rates SET rate = 120")
    child = multiprocessing.get_context("spawn").Process(target=refresh, args=(folder,))
    child.start()
    working = "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'REFRESH MATERIALIZED VIEW%report%' AND state = 'active'"
    waiting_for(url, working)
    child.kill()
    child.join()
    run(url, "UPDATE shop.rates SET rate = 1")
    assert statuses(until(lambda: refreshed(folder))) == ALL_BUT_REPORT_KEPT


def waiting_for(url: str, question: str) -> None:
    end = time.monotonic() + 60
    while not run(url, question):
        assert time.monotonic() < end, question
        time.sleep(0.05)


@pytest.mark.skipif(not installations(), reason="no PostgreSQL server of our own to kill")
def test_after_a_crash_of_the_server_nothing_counts_as_unchanged(tmp_path: Path) -> None:
    server = Server(next(iter(installations().values())))
    try:
        shop(tmp_path, server.url)
        stopped_at_the_report(tmp_path, server.url)
        server.stop()
        server.start()
        assert statuses(refreshed(tmp_path)) == ALL_DONE
    finally:
        server.remove()


def test_a_part_of_the_runbook(folder: Path, url: str) -> None:
    run(url, "INSERT INTO shop.raw_sales VALUES (100000, '2024-01-01', 1, 1)")
    assert statuses(refreshed(folder, "+things")) == {"parsed": "done", "things": "done"}
    assert run(url, "SELECT count(*) FROM feature_store.features") == [(600,)]
    assert statuses(refreshed(folder, "sales+")) == {"sales": "done", "features_stats": "done"}
    assert run(url, "SELECT count(*), count(n) FROM feature_store.features") == [(601, 601)]


@EVERY_VERSION
def test_the_script_run_by_hand_gives_the_same(folder: Path, url: str) -> None:
    psql = psql_of(url)
    copy = f"{urlsplit(url).path[1:]}_copy"
    run(url, "INSERT INTO shop.raw_sales VALUES (100000, '2024-01-03', 1, 1); DELETE FROM shop.raw_sales WHERE id = 7")
    with tzero.open(folder) as project:
        script = project.refresh_script()
        titles = [step.title for step in project.plan_refresh().steps]
    assert [line.partition(". ")[2] for line in script.splitlines() if line[:4].strip("- ").isdigit()] == titles
    other = urlunsplit(urlsplit(url)._replace(path="/postgres"))
    run(other, f"CREATE DATABASE {copy} TEMPLATE {urlsplit(url).path[1:]}")
    by_hand = urlunsplit(urlsplit(url)._replace(path=f"/{copy}"))
    ran = [psql, "-X", "-v", "ON_ERROR_STOP=1", "-d", by_hand]
    subprocess.run(ran, input=script, text=True, check=True, capture_output=True)
    refresh(folder)
    for name in ("shop.parsed", "shop.sales", "feature_store.features_stats", "feature_store.features"):
        rows = f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)), count(*) FROM {name} AS t"
        assert run(by_hand, rows) == run(url, rows), name
    assert run(by_hand, "SELECT count(*) FROM feature_store.features") == [(600,)]
    run(by_hand, "INSERT INTO shop.raw_sales VALUES (100001, NULL, 1, 1)")
    failed = subprocess.run(ran, input=script, text=True, check=False, capture_output=True)
    assert failed.returncode == 3
    assert "event time 'at' is NULL" in failed.stderr
    with tzero.open(folder, target=by_hand) as busy, busy.session() as engine, engine.exclusive("tzero apply"):
        refused = subprocess.run(ran, input=script, text=True, check=False, capture_output=True)
    assert "somebody else applies or refreshes" in refused.stderr


def psql_of(url: str) -> str:
    with psycopg.connect(url) as connection:
        own = installations().get(connection.info.server_version // 10_000)
    found = own.programs / "psql" if own else None
    name = str(found) if found and found.exists() else shutil.which("psql")
    if name is None:
        pytest.skip("no psql is installed")
    return name


def test_every_step_says_how_long_others_kept_it_waiting(folder: Path, url: str) -> None:
    with psycopg.connect(url) as somebody:
        somebody.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY feature_store.features_stats")
        threading.Timer(0.8, somebody.rollback).start()
        found = {step.relation: step for step in refreshed(folder).steps}
    waited = found["feature_store.features_stats"].lock_seconds
    assert waited is not None
    assert 0.2 < waited < 20
    assert found["shop.parsed"].lock_seconds == 0
    kept = run(url, "SELECT relation, lock_seconds FROM feature_store.t0_run WHERE lock_seconds > 0")
    assert kept == [("feature_store.features_stats", waited)]


STATISTICS = "feature_store.features_stats"
NO_INDEX = "DROP INDEX feature_store.ux_features_stats"
INVALID = f"UPDATE pg_catalog.pg_index SET indisvalid = false WHERE indrelid = '{STATISTICS}'::regclass"
PARTIAL = (
    f"{NO_INDEX}; CREATE UNIQUE INDEX ux_features_stats ON {STATISTICS} (t0_day, brand) WHERE t0_day > '2024-01-02'"
)
USABLE = f"""SELECT count(*) FROM pg_index WHERE indrelid = '{STATISTICS}'::regclass
  AND indisunique AND indisvalid AND indpred IS NULL"""


@pytest.mark.parametrize("planted", [NO_INDEX, INVALID, PARTIAL], ids=["none", "invalid", "partial"])
def test_without_a_unique_index_that_serves_one_is_made_before_and_no_reader_waits(
    folder: Path, url: str, planted: str
) -> None:
    run(url, planted)
    with tzero.open(folder) as project:
        steps = project.plan_refresh(selection=Selection((STATISTICS,))).steps
        locks = [statement.lock for step in steps for statement in step.statements if statement.lock]
    assert [lock.partition(":")[0] for lock in locks] == ["SHARE", "EXCLUSIVE", "SHARE UPDATE EXCLUSIVE"]
    with psycopg.connect(url) as reader:
        reader.execute(f"SELECT count(*) FROM {STATISTICS}")
        refreshed(folder, STATISTICS)
    assert run(url, USABLE) == [(1,)]
    assert statuses(refreshed(folder)) == ALL_DONE


def test_a_view_that_was_never_populated_is(folder: Path, url: str) -> None:
    run(url, f"REFRESH MATERIALIZED VIEW {STATISTICS} WITH NO DATA")
    with tzero.open(folder) as project:
        steps = project.plan_refresh(selection=Selection((STATISTICS,))).steps
    locks = [statement.lock for step in steps for statement in step.statements if "REFRESH" in statement.sql]
    assert locks == ["ACCESS EXCLUSIVE: nobody can read it before it is populated"]
    refreshed(folder)
    assert run(url, "SELECT count(n) FROM feature_store.features") == [(600,)]


def test_a_view_of_somebody_else_is_not_refreshed(folder: Path, url: str) -> None:
    owner, me = (f"{who}_{urlsplit(url).path[1:]}" for who in ("owner", "me"))
    run(url, f"CREATE ROLE {owner}; CREATE ROLE {me} LOGIN; GRANT ALL ON SCHEMA shop, feature_store TO {owner}, {me}")
    run(url, f"GRANT ALL ON ALL TABLES IN SCHEMA shop, feature_store TO {owner}")
    run(url, f"ALTER MATERIALIZED VIEW {STATISTICS} OWNER TO {owner}")
    run(url, f"GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA shop, feature_store TO {me}")
    parts = urlsplit(url)
    mine = urlunsplit(parts._replace(netloc=f"{me}@{parts.netloc.rpartition('@')[2]}"))
    with tzero.open(folder, target=mine) as project, pytest.raises(TargetError, match=f"belongs to {owner}"):
        project.refresh(selection=Selection((STATISTICS,)))


def test_keys_that_repeat_are_refused(folder: Path, url: str) -> None:
    """The whole transaction: neither the upstream relation nor the statistics of it change."""
    run(url, "INSERT INTO shop.raw_sales VALUES (7, '2024-01-03', 1, 1)")
    before = run(url, QUESTION)
    with pytest.raises(EngineError, match="unique"):
        refresh(folder)
    assert run(url, QUESTION) == before


@EVERY_VERSION
def test_readers_beside_refreshes_see_whole_states_alone(folder: Path, url: str) -> None:
    states = {run(url, QUESTION)[0]}
    with reading(url, QUESTION) as found:
        for round_ in range(10):
            day = f"2024-01-0{1 + round_ % 9} 12:00"
            run(url, f"INSERT INTO shop.raw_sales VALUES ({10_000 + round_}, '{day}', {round_}, 5)")
            run(url, f"UPDATE shop.raw_things SET brand = 'brand {round_ % 7}' WHERE thing = {round_}")
            refresh(folder)
            states.add(run(url, QUESTION)[0])
    assert len(states) == 11
    assert len(found.seen) > 1
    assert found.seen <= states, "a state between two refreshes was seen"
    assert all(rows == counted for rows, counted, *_ in found.seen), "a row without its statistics was seen"
    assert found.locked == 0


def test_a_half_state_would_be_seen(folder: Path, url: str) -> None:
    """The same refreshes, each upstream relation committed by itself, as a script without transactions would do it."""
    states = {run(url, QUESTION)[0]}
    with reading(url, QUESTION) as found:
        run(url, "INSERT INTO shop.raw_sales VALUES (10000, '2024-01-05 12:00', 1, 5)")
        run(url, "REFRESH MATERIALIZED VIEW shop.sales")
        found.wait_for("answers", 2)
        refresh(folder)
        states.add(run(url, QUESTION)[0])
    assert not found.seen <= states
