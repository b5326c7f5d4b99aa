"""Two relations counted by key: what is missing and what is too many, whatever the columns are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from tzero.certify.counting import Matched, matched
from tzero.engines.targets import Target, open_engine
from tzero.sql.names import RelationName

HERE, THERE = RelationName.parse("here"), RelationName.parse("there")


@pytest.mark.parametrize("key", ["id", "mine", "mine_", "theirs", "k0", "k1", 'a "b"'])
def test_keys_are_counted_whatever_they_are_called(key: str) -> None:
    name = key.replace('"', '""')
    engine = open_engine(Target.parse("duckdb://", Path()), read_only=False)
    try:
        engine.execute(
            f'CREATE TABLE here AS SELECT * FROM (VALUES (1, 0), (2, 0), (2, 0), (NULL, 0)) AS t("{name}", z)'
        )
        engine.execute("CREATE TABLE there AS SELECT * FROM (VALUES (1, 0), (NULL, 0), (3, 0), (4, 0)) AS t(other, z)")
        found = matched(engine, HERE, [key, "z"], THERE, ["other", "z"])
    finally:
        engine.close()
    assert found == Matched(rows=4, keys=3, other_rows=4, missing=2, extra=1)
