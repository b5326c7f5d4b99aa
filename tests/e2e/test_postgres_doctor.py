"""tzero doctor on a real server: nothing to say of a sound store, and each planted trouble by its name."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

import psycopg
import pytest
from tests.e2e.market_store import BASE, ENTRYPOINT, LISTINGS, STATISTICS, on_server, run
from tests.servers import can_stand_by, standby, versions

import tzero
from tzero.doctor import CHECKS, Level
from tzero.errors import TargetError

pytestmark = pytest.mark.skipif(not versions(), reason="no PostgreSQL server is installed")
AT_HOME = {"server_version"}
"""Checks whose findings depend on the machine."""


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
    "null_keys": (
        f"CREATE UNIQUE INDEX wider ON {STATISTICS} (t0_day, gen_key, model_variant, color_bucket,"
        " gmc_seg_top_color_share)",
        "have a NULL in their key",
    ),
    "ownership": (f"ALTER MATERIALIZED VIEW {STATISTICS} OWNER TO pg_monitor", "this role is a superuser"),
    "there": (f"DROP VIEW {ENTRYPOINT}", "is gone"),
    "invoker": (f"ALTER VIEW {BASE} SET (security_invoker = true)", "reader's rights"),
    "populated": (f"REFRESH MATERIALIZED VIEW {STATISTICS} WITH NO DATA", "never populated"),
    "search_path": ("GRANT CREATE ON SCHEMA feature_store TO PUBLIC", "everybody may create"),
    "stale_statistics": (
        f"UPDATE pg_catalog.pg_class SET reltuples = -1 WHERE oid = '{LISTINGS}'::regclass",
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
    run(url, statement)
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
        f"UPDATE pg_catalog.pg_class SET reltuples = 1 WHERE oid = '{STATISTICS}'::regclass",
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


def test_what_a_role_may_not_do(newest: tuple[tzero.Project, str]) -> None:
    project, url = newest
    assert not project.diagnose().of("privileges")
    parts = urlsplit(url)
    role = f"somebody_{parts.path[1:]}"
    run(url, f"CREATE ROLE {role} LOGIN", f"GRANT USAGE ON SCHEMA feature_store TO {role}")
    with psycopg.connect(url, autocommit=True) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 't0\\_%'").fetchall()
    run(url, *(f"GRANT SELECT ON feature_store.{name} TO {role}" for (name,) in tables))
    found = project.diagnose(urlunsplit(parts._replace(netloc=f"{role}@{parts.netloc.rpartition('@')[2]}")))
    said = " ".join(f.what for f in found.of("privileges"))
    assert "may not create in the schema feature_store" in said
    assert f"{LISTINGS} may not be read by this role" in said
    assert [f.level for f in found.of("ownership")] == [Level.NOTE] * len(found.of("ownership"))
    assert "of which this role is no member" in found.of("ownership")[0].what


@pytest.mark.parametrize("version", [version for version in versions() if can_stand_by(version)][:1])
def test_a_replica_is_read_and_not_written(version: int, tmp_path: Path) -> None:
    project, url = on_server(version, tmp_path)
    with project, standby(version) as url_of:
        there = url_of(urlsplit(url).path[1:])
        assert not project.diagnose().of("replica")
        assert "is a replica" in project.diagnose(there).of("replica")[0].what
        assert project.read(target=there).num_rows == project.read().num_rows > 0
        with pytest.raises(TargetError, match="read-only"):
            project.refresh(there)


@pytest.mark.skipif(shutil.which("pgbouncer") is None, reason="no pooler is installed")
@pytest.mark.parametrize(("mode", "found"), [("transaction", True), ("session", False)])
def test_a_pooler_in_transaction_mode(mode: str, found: bool, newest: tuple[tzero.Project, str]) -> None:
    project, url = newest
    parts = urlsplit(url)
    place = Path(tempfile.mkdtemp(prefix="tzero-pool-"))
    settings = {
        "listen_port": "6499", "listen_addr": "", "unix_socket_dir": place, "auth_type": "any", "pool_mode": mode,
    }  # fmt: skip
    lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
    server = f"* = host={dict(parse_qsl(parts.query))['host']} user=tzero"
    (place / "pool.ini").write_text(f"[databases]\n{server}\n[pgbouncer]\n{lines}")
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        os.chown(place, pwd.getpwnam(user).pw_uid, -1)
    with (place / "log").open("w") as log:
        program = [str(shutil.which("pgbouncer")), str(place / "pool.ini")]
        pooler = subprocess.Popen(program, user=user, cwd="/", stdout=log, stderr=log)
    try:
        _wait_for(place / ".s.PGSQL.6499", place / "log")
        through = f"postgresql://tzero@/{parts.path[1:]}?host={quote(str(place))}&port=6499"
        findings = project.diagnose(through).of("pooler")
        assert bool(findings) is found, (place / "log").read_text()
        assert not found or "transaction mode" in findings[0].what
    finally:
        pooler.terminate()
        pooler.wait()
        shutil.rmtree(place)


def _wait_for(path: Path, log: Path) -> None:
    until = time.monotonic() + 10
    while not path.exists():
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.05)


def _text(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute(f"SELECT pg_get_viewdef('{BASE}'::regclass)".encode()).fetchone()
    assert row is not None
    return str(row[0]).rstrip(";")
