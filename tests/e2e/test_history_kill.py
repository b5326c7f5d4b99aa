"""kill -9 in the middle of a capture: what it had written is gone, and the next refresh captures each change once."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.e2e.postgres_shop import until
from tests.e2e.test_history import CHANGES, ENGINES, Store

from tzero.certify.gate import Verdict
from tzero.certify.gates.b2_recount import RecountGate
from tzero.certify.gates.c2_baseline import BaselineGate

REFRESH = """
import os, signal, sys
import tzero
from tzero.engines.duckdb import DuckDBEngine
from tzero.engines.postgres import PostgresEngine

folder, last = sys.argv[1:]
for engine in (DuckDBEngine, PostgresEngine):
    def execute(self, query, parameters=(), honest=engine.execute):
        honest(self, query, parameters)
        if str(query).startswith(f'INSERT INTO "feature_store"."{last}"'):
            os.kill(os.getpid(), signal.SIGKILL)
    engine.execute = execute
with tzero.open(folder) as project:
    project.refresh()
"""
WRITTEN = f"SELECT id, t0_version, t0_change, t0_captured_at FROM {CHANGES} ORDER BY 1, 2, 3"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_capture_that_is_killed_is_made_once(engine: str, tmp_path: Path) -> None:
    store = Store(tmp_path, engine)
    store.accept()
    # between the changes and their digests, and after everything but the commit
    for turn, last in enumerate(("t0_version_sales", "t0_run"), 1):
        features, written = store.features(), store.run(WRITTEN)
        for key in (3, 4):
            store.market.put("sales", store.market.sales[key] | {"brand": f"brand {turn}"})
        store.market.delete("sales", 4 + turn)
        killed = subprocess.run([sys.executable, "-c", REFRESH, tmp_path, last], capture_output=True, text=True)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert store.features() == features
        assert store.run(WRITTEN) == written
        until(store.refresh)
        added = [(row[0], row[2]) for row in store.run(WRITTEN) if row not in written]
        assert sorted(added) == [(3, -1), (3, 1), (4, -1), (4, 1), (4 + turn, -1)]
    assert store.run(f"SELECT count(*) FROM {CHANGES}") == [(24 + 2 * 5,)]
    assert store.gate(BaselineGate()).verdict is Verdict.PASS
    assert store.gate(RecountGate()).verdict is Verdict.PASS
