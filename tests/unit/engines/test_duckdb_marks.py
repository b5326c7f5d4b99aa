"""Marks of rows on DuckDB: other values, or another way to read them, give another one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tzero.engines.base import Engine
from tzero.engines.row_marks import is_unwritten, row_mark
from tzero.engines.targets import Target, open_engine
from tzero.sql.names import RelationName

THINGS = RelationName.parse("things")


def _put(value: str) -> str:
    """Another row in the place of one: DuckDB leaves a value as it is where an update gives an equal one."""
    return (
        f"CREATE TEMP TABLE other AS SELECT * REPLACE ({value}) FROM things WHERE id = 7; "
        "DELETE FROM things WHERE id = 7; INSERT INTO things SELECT * FROM other"
    )


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(Target.parse("duckdb://", tmp_path), read_only=False)
    opened.execute(
        "CREATE TABLE things AS SELECT i AS id, CAST(i % 3 AS integer) AS a, CAST(i % 5 AS integer) AS b, "
        "CAST(0 AS double) AS f, INTERVAL 1 MONTH AS span, [0.0::double] AS many, 'x' AS word FROM range(100) AS r(i)"
    )
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "act",
    [
        "UPDATE things SET word = 'y' WHERE id = 7",
        "UPDATE things SET word = NULL WHERE id = 7",
        _put("-f AS f"),
        _put("INTERVAL 30 DAY AS span"),
        _put("[-0.0::double] AS many"),
        "UPDATE things SET a = b, b = a WHERE id = 7",
        "UPDATE things SET b = CASE id WHEN 5 THEN 1 ELSE 0 END WHERE id IN (5, 6)",  # two rows exchange one value
        "DELETE FROM things WHERE id = 7",
        "INSERT INTO things SELECT * FROM things WHERE id = 7",
        "ALTER TABLE things ALTER a SET DATA TYPE bigint",
        "ALTER TABLE things RENAME a TO c",
        "CREATE MACRO nullif(a, b) AS 1",
        "CREATE OR REPLACE MACRO other(a) AS a + 2",
    ],
)
def test_whatever_a_reader_may_see(engine: Engine, act: str) -> None:
    engine.execute("CREATE MACRO other(a) AS a + 1")
    mark = row_mark(engine, THINGS)
    assert mark is not None
    assert is_unwritten(engine, THINGS, mark)
    engine.execute(act)
    assert not is_unwritten(engine, THINGS, mark)


def test_not_the_order_of_the_rows_nor_the_number_of_threads(engine: Engine) -> None:
    mark = row_mark(engine, THINGS)
    engine.execute("CREATE TABLE sorted AS SELECT * FROM things ORDER BY id DESC")
    engine.execute("DROP TABLE things")
    engine.execute("ALTER TABLE sorted RENAME TO things")
    engine.execute("SET threads = 1")
    assert row_mark(engine, THINGS) == mark


def test_of_a_table_alone(engine: Engine, tmp_path: Path) -> None:
    engine.execute("CREATE VIEW shown AS SELECT * FROM things")
    engine.execute(f"COPY things TO '{tmp_path / 'things.parquet'}'")
    assert row_mark(engine, RelationName.parse("shown")) is None
    assert row_mark(engine, RelationName(None, "things.parquet")) is None
    assert row_mark(engine, RelationName.parse("missing")) is None
