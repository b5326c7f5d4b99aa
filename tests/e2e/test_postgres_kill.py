"""kill -9 of the client, of its server process, of the whole server: what was acknowledged stays, the rest is whole.

``TZERO_TEST_ROUNDS`` sets how often, then on every version: in CI a few times are enough.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from tests.e2e.postgres_shop import FEATURES, FIRST, OTHER, make_project, run, until
from tests.servers import Server, installations

import tzero

pytestmark = pytest.mark.skipif(not installations(), reason="no PostgreSQL server of our own to kill")
ROUNDS = int(os.environ.get("TZERO_TEST_ROUNDS", "1"))
VERSIONS = list(installations()) if "TZERO_TEST_ROUNDS" in os.environ else list(installations())[-1:]
ROWS = 6_000
SESSIONS = "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'tzero%' AND pid <> pg_backend_pid()"
LEFT_OVER = "SELECT relname FROM pg_class WHERE relname LIKE 't0\\_old%' OR relname LIKE 't0\\_new%'"


def working(folder: Path, url: str, log: Path) -> None:
    """Add a sale, apply another definition, refresh, say what is done; over and over."""
    ready(folder).touch()
    while True:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET synchronous_commit = on")
            connection.execute("INSERT INTO shop.sales SELECT max(id) + 1, '2024-02-01', 1, 1 FROM shop.sales")
        columns = (folder / "features.py").read_text()
        whole = folder / "features.new"  # whoever is killed while writing leaves the old file
        whole.write_text(FEATURES.format(features=FIRST if OTHER in columns else OTHER))
        whole.replace(folder / "features.py")
        with tzero.open(folder) as project:
            applied, refreshed = project.apply(), project.refresh()
        said = {"runs": [applied.run_id if applied else None, refreshed.run_id], "rows": refreshed.steps[-1].n_rows}
        with log.open("a") as file:
            file.write(json.dumps(said) + "\n")
            file.flush()


def kill_client(child: multiprocessing.process.BaseProcess, server: Server) -> None:
    child.kill()


def kill_backend(child: multiprocessing.process.BaseProcess, server: Server) -> None:
    """The server ends every session then, and recovers as after a crash."""
    with suppress(psycopg.Error, ProcessLookupError):
        for (pid,) in run(server.url, SESSIONS):
            os.kill(pid, signal.SIGKILL)
    child.kill()


def kill_server(child: multiprocessing.process.BaseProcess, server: Server) -> None:
    server.kill()
    child.kill()
    child.join()
    until(server.start)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kill", [kill_client, kill_backend, kill_server])
def test_whatever_is_killed(
    kill: Callable[[multiprocessing.process.BaseProcess, Server], None], version: int, tmp_path: Path
) -> None:
    server, log, chance = Server(installations()[version]), tmp_path / "log", random.Random(version)
    try:
        make_project(tmp_path, server.url, rows=ROWS)
        with tzero.open(tmp_path) as project:
            project.apply()
        for round_ in range(ROUNDS):
            ready(tmp_path).unlink(missing_ok=True)
            wanted = lines(log) + (round_ == 0)
            child = multiprocessing.get_context("spawn").Process(target=working, args=(tmp_path, server.url, log))
            child.start()
            until(lambda: begun(tmp_path, log, wanted))  # noqa: B023  called here, not later
            time.sleep(2 * chance.random())
            kill(child, server)
            child.join()
            until(lambda: assert_whole(server.url, log))
            finishes(tmp_path, server.url)
        assert lines(log) > 0
        assert run(server.url, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [(0,)]
    finally:
        server.remove()


def lines(log: Path) -> int:
    return len(log.read_text().splitlines()) if log.exists() else 0


def ready(folder: Path) -> Path:
    return folder / "ready"


def begun(folder: Path, log: Path, acknowledged: int) -> None:
    """The child is at work, and it was said that often that something is done."""
    assert ready(folder).exists()
    assert lines(log) >= acknowledged


def assert_whole(url: str, log: Path) -> None:
    """Every run that was acknowledged is on record, and nothing is left in between."""
    done = {run_id for (run_id,) in run(url, "SELECT run_id FROM feature_store.t0_run WHERE step = 'run'")}
    for line in log.read_text().splitlines():
        said = json.loads(line)
        assert {run_id for run_id in said["runs"] if run_id is not None} <= done
    assert run(url, LEFT_OVER) == []
    contract = run(url, "SELECT feature_name FROM feature_store.feature_contract ORDER BY ordinal")
    columns = "SELECT attname FROM pg_attribute WHERE attrelid = 'feature_store.features'::regclass ORDER BY attnum"
    assert contract == run(url, columns)
    assert run(url, "SELECT count(*) FROM feature_store.features")[0][0] >= ROWS


def finishes(folder: Path, url: str) -> None:
    """The next run goes through, and what it gives is what a fresh build gives."""

    def again() -> None:
        with tzero.open(folder) as project:
            project.apply()
            project.refresh()

    until(again)
    before = run(url, "SELECT * FROM feature_store.features_stats ORDER BY 1, 2")
    run(url, "REFRESH MATERIALIZED VIEW shop.things; REFRESH MATERIALIZED VIEW feature_store.features_stats")
    assert run(url, "SELECT * FROM feature_store.features_stats ORDER BY 1, 2") == before
