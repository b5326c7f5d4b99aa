from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tzero.engines.targets import Target, open_engine
from tzero.state import migrations
from tzero.state.schema import StateSchema


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[StateSchema]:
    engine = open_engine(Target.parse("duckdb:///store.duckdb", tmp_path), read_only=False)
    engine.execute('CREATE SCHEMA "my state"')
    yield StateSchema(engine, "my state")
    engine.close()


@pytest.fixture
def state(empty: StateSchema) -> StateSchema:
    for migration in migrations.pending(empty):
        for statement in migrations.statements(empty, migration):
            empty.engine.execute(statement.sql)
        migrations.record(empty, migration)
    return empty
