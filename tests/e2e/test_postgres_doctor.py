"""tzero doctor on a real server: nothing to say of a sound store, and each planted trouble by its name."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.market_store import BASE, ENTRYPOINT, LISTINGS, STATISTICS, on_server, run
from tests.servers import versions

import tzero
from tzero.doctor import CHECKS, Level

pytestmark = pytest.mark.skipif(not versions(), reason="no PostgreSQL server is installed")
INDEX = "device_meta_gmc_stats_t0_v1_mv"
AT_HOME = {"ownership", "server_version"}
"""The test server's only role is a superuser, and its version is the machine's."""


@pytest.fixture(params=versions())
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[tzero.Project, str]]:
    project, url = on_server(request.param, tmp_path)
    with project:
        yield project, url


@pytest.fixture
def newest(tmp_path: Path) -> Iterator[tuple[tzero.Project, str]]:
    project, url = on_server(versions()[-1], tmp_path)
    with project:
        yield project, url


def test_a_sound_store_has_no_findings(store: tuple[tzero.Project, str]) -> None:
    found = store[0].diagnose()
    assert {c.check for c in found.checks} == {c.name for c in CHECKS if c.dialect in (None, "postgres")}
    loud = {c.check: c.findings for c in found.checks if any(f.level is Level.FINDING for f in c.findings)}
    assert not set(loud) - AT_HOME, loud
    assert [f.level for f in found.of("undated")] == [Level.NOTE]


PLANTED = {
    "there": (f"DROP VIEW {ENTRYPOINT}", "is gone"),
    "invoker": (f"ALTER VIEW {BASE} SET (security_invoker = true)", "reader's rights"),
    "populated": (f"REFRESH MATERIALIZED VIEW {STATISTICS} WITH NO DATA", "never populated"),
    "search_path": ("GRANT CREATE ON SCHEMA feature_store TO PUBLIC", "everybody may create"),
    "stale_statistics": (
        "CREATE TABLE feature_store.t0_x (a int); UPDATE pg_catalog.pg_class SET reltuples = -1"
        f" WHERE oid = '{LISTINGS}'::regclass",
        "never analysed",
    ),
    "unique_index": (
        f"DO $$ DECLARE i name; BEGIN SELECT indexrelid::regclass::text INTO i FROM pg_index"
        f" WHERE indrelid = '{STATISTICS}'::regclass; EXECUTE 'DROP INDEX ' || i; END $$",
        "no unique index",
    ),
}


@pytest.mark.parametrize("check", PLANTED)
def test_a_planted_trouble_is_found(check: str, newest: tuple[tzero.Project, str]) -> None:
    project, url = newest
    statement, words = PLANTED[check]
    assert not project.diagnose().of(check)
    run(url, *statement.split("; UPDATE")[:1], *(f"UPDATE{rest}" for rest in statement.split("; UPDATE")[1:]))
    found = project.diagnose()
    assert words in " ".join(f.what for f in found.of(check))
    assert all(f.fix for f in found.of(check))
    assert not found.healthy


def test_an_index_over_some_rows_or_not_valid(newest: tuple[tzero.Project, str]) -> None:
    project, url = newest
    key = "t0_day, gen_key, model_variant, color_bucket"
    mark = "UPDATE pg_catalog.pg_index SET indisvalid = false WHERE indrelid = '{}'::regclass AND indisunique"
    run(url, mark.format(STATISTICS))
    assert "is not valid" in project.diagnose().of("unique_index")[0].what
    run(url, f"CREATE UNIQUE INDEX partly ON {STATISTICS} ({key}) WHERE gmc_seg_n >= 0")
    assert "some rows only" in " ".join(f.what for f in project.diagnose().of("unique_index"))


def test_a_function_that_looks_names_up_when_it_runs(newest: tuple[tzero.Project, str]) -> None:
    project, url = newest
    body = "CREATE FUNCTION feature_store.twice(int) RETURNS int LANGUAGE sql AS 'SELECT $1 * 2'"
    run(url, body, f"CREATE OR REPLACE VIEW {BASE} AS SELECT b.*, feature_store.twice(1) AS two FROM ({_text(url)}) b")
    assert "feature_store.twice" in project.diagnose().of("search_path")[0].what
    run(url, "ALTER FUNCTION feature_store.twice(int) SET search_path = pg_catalog, pg_temp")
    assert not project.diagnose().of("search_path")


def test_rows_that_are_dead(newest: tuple[tzero.Project, str]) -> None:
    project, url = newest
    assert not project.diagnose().of("bloat")
    run(
        url,
        f"CREATE TEMP TABLE x (); UPDATE pg_catalog.pg_class SET reltuples = 1 WHERE oid = '{STATISTICS}'::regclass",
    )
    assert STATISTICS in project.diagnose().of("bloat")[0].what


def test_the_command_exits_with_1_and_says_what_to_do(newest: tuple[tzero.Project, str]) -> None:
    project, url = newest
    run(url, f"DROP VIEW {ENTRYPOINT}")
    words = ["--project", str(project.root), "doctor", "--target", url]
    program = [sys.executable, "-c", "from tzero.cli.main import main; main()", *words]
    text = subprocess.run(program, capture_output=True, text=True, check=False)
    assert text.returncode == 1
    assert f"finding: {ENTRYPOINT} (entrypoint) is gone" in text.stdout
    assert "fix: run tzero apply" in text.stdout
    found = json.loads(subprocess.run([*program, "--output", "json"], capture_output=True, check=False).stdout)
    assert found["healthy"] is False


def _text(url: str) -> str:
    import psycopg

    with psycopg.connect(url) as connection:
        row = connection.execute(f"SELECT pg_get_viewdef('{BASE}'::regclass)".encode()).fetchone()
    assert row is not None
    return str(row[0]).rstrip(";")
