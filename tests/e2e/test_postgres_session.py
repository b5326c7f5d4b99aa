"""A session with a real server: who is waited for and how long, what it is set to, and what becomes of it."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import psycopg
import pytest
from tests.servers import fresh_database, versions

from tzero.engines.base import Engine
from tzero.engines.targets import Target, open_engine
from tzero.errors import BusyError, EngineError

pytestmark = pytest.mark.skipif(not versions(), reason="no PostgreSQL server is installed")
_roles = itertools.count(1)


EVERY_VERSION = pytest.mark.parametrize("url", versions(), indirect=True)


@pytest.fixture(params=versions()[-1:])
def url(request: pytest.FixtureRequest) -> str:
    found = fresh_database(request.param)
    run(found, "CREATE SCHEMA shop; CREATE TABLE shop.t AS SELECT 1 AS a")
    return found


@contextmanager
def opened(url: str, **options: str) -> Iterator[Engine]:
    engine = open_engine(Target.parse(url, Path(), options), read_only=False)
    try:
        yield engine
    finally:
        engine.close()


def run(url: str, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(sql.encode())
        return found.fetchall() if found.description else []


@contextmanager
def somebody_holds(url: str, table: str = "shop.t", name: str = "somebody") -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(url, application_name=name) as connection:
        connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
        yield connection


def test_lock_timeout_is_enforced_and_says_who_was_waited_for(url: str) -> None:
    with opened(url, lock_timeout="400ms") as engine, engine.exclusive("tzero test"), somebody_holds(url):
        started = time.monotonic()
        with pytest.raises(BusyError, match=r"somebody of tzero \(process \d+, local\).* holds a lock"):
            engine.rows("SELECT a FROM shop.t")
        assert 0.3 < time.monotonic() - started < 5


def test_statement_timeout_is_enforced(url: str) -> None:
    with opened(url, statement_timeout="200ms") as engine:
        with pytest.raises(EngineError, match="statement timeout") as caught:
            engine.rows("SELECT pg_catalog.pg_sleep(20)")
        assert "tzero.toml" in str(caught.value)
        assert engine.rows("SELECT 1") == [(1,)]


@EVERY_VERSION
def test_what_a_session_waits_for_locks_is_measured(url: str) -> None:
    with opened(url) as engine, engine.exclusive("tzero test"):
        assert engine.waited == 0
        engine.rows("SELECT pg_catalog.pg_sleep(0.4)")
        assert engine.waited == 0, "work is no wait"
        with somebody_holds(url) as holder:
            threading.Timer(0.6, holder.rollback).start()
            engine.rows("SELECT a FROM shop.t")
        assert 0.3 < (engine.waited or 0) < 5


def test_who_holds_the_lock_of_a_run_is_said_to_a_role_that_may_see_little(url: str) -> None:
    role = f"little_{os.getpid()}_{next(_roles)}"
    run(url, f"CREATE ROLE {role} LOGIN")
    parts = urlsplit(url)
    little = urlunsplit(parts._replace(netloc=f"{role}@{parts.netloc.rpartition('@')[2]}"))
    with opened(url) as engine, engine.exclusive("tzero refresh"), opened(little) as other:
        with pytest.raises(BusyError, match=r"of tzero \(process \d+\)") as caught, other.exclusive("tzero apply"):
            pass
        assert caught.value.exit_code == 4
    with opened(little) as other, other.exclusive("tzero apply"):
        pass
    run(url, f"DROP ROLE {role}")


def test_busy_timeout_waits_for_the_other_run(url: str) -> None:
    with opened(url) as engine, opened(url, busy_timeout="20s") as other:
        held = engine.exclusive("tzero refresh")
        held.__enter__()
        releasing = threading.Timer(0.5, held.__exit__, (None, None, None))
        releasing.start()
        with other.exclusive("tzero apply"):
            pass
        releasing.join()


def test_a_libpq_service(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = urlsplit(url)
    place = {"dbname": parts.path[1:], "user": "tzero", **dict(parse_qsl(parts.query))}
    if parts.hostname:
        place |= {"host": parts.hostname, "user": parts.username or "", "password": parts.password or ""}
    (tmp_path / "services").write_text("[prod]\n" + "".join(f"{k}={v}\n" for k, v in place.items() if v))
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    with opened("postgresql://?service=prod&lock_timeout=7s") as engine:
        assert engine.rows("SELECT current_setting('lock_timeout'), count(*) FROM shop.t") == [("7s", 1)]


def test_no_query_is_compiled_whatever_the_server_does(url: str) -> None:
    """The futures of device_meta, which gate C1 tries, take more than three times as long where they are."""
    run(url, f"ALTER DATABASE {urlsplit(url).path[1:]} SET jit = on")
    with psycopg.connect(url) as connection:
        assert connection.execute("SHOW jit").fetchone() == ("on",)
    with opened(url) as engine:
        assert engine.rows("SHOW jit") == [("off",)]


def test_commits_are_on_disk_whatever_the_server_promises(url: str) -> None:
    name = urlsplit(url).path[1:]
    run(url, f"ALTER DATABASE {name} SET synchronous_commit = off")
    with opened(url) as engine:
        assert engine.rows("SELECT current_setting('synchronous_commit')") == [("on",)]
    run(url, f"ALTER DATABASE {name} SET synchronous_commit = local")
    with opened(url) as engine:
        assert engine.rows("SELECT current_setting('synchronous_commit')") == [("local",)]


KILLED = """
import sys
from pathlib import Path
from tzero.engines.targets import Target, open_engine
engine = open_engine(Target.parse(sys.argv[1], Path()), read_only=False)
with engine.exclusive("tzero refresh"), engine.transaction():
    engine.execute("LOCK TABLE shop.t IN ACCESS EXCLUSIVE MODE")
    print("locked", flush=True)
    engine.rows("SELECT pg_catalog.pg_sleep(120)")
"""


@EVERY_VERSION
def test_locks_of_a_killed_client_are_freed_while_its_statement_still_runs(url: str) -> None:
    with subprocess.Popen([sys.executable, "-c", KILLED, url], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        process.send_signal(signal.SIGKILL)
    with opened(url, lock_timeout="20s", busy_timeout="20s") as engine, engine.exclusive("tzero refresh"):
        assert engine.rows("SELECT a FROM shop.t") == [(1,)]
