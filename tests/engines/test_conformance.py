"""What every engine must do. Written once; the engines are in conftest.py."""

from __future__ import annotations

import datetime as dt
import threading
import time
from pathlib import Path

import pyarrow as pa
import pytest
from tests.engines.conftest import LONGEST_NAME, Opener

from tzero.engines.base import Engine
from tzero.engines.catalog import RelationKind, StoredRelation
from tzero.errors import BusyError, DeclarationError, EngineError, MissingRelationError, OutOfTimeError, TargetError
from tzero.sql.names import RelationName
from tzero.sql.parse import parse_one

SALES = RelationName("shop", "sales")
HOSTILE = ['my "shop"', "naïve ünïcode", "dot.ted", "s" * 70, "select"]


def run(engine: Engine, *statements: str) -> None:
    for statement in statements:
        engine.execute(statement)


def make_sales(engine: Engine, rows: str = "(1, 'a'), (2, 'b')") -> None:
    run(engine, 'CREATE SCHEMA IF NOT EXISTS "shop"', 'CREATE TABLE "shop"."sales" (id INTEGER, brand VARCHAR)')
    run(engine, f'INSERT INTO "shop"."sales" VALUES {rows}')


def test_parameters_stand_as_question_marks(engine: Engine) -> None:
    assert engine.rows("SELECT CAST(? AS INTEGER) + 1, CAST(? AS VARCHAR)", [41, "what? 'quoted'"]) == [
        (42, "what? 'quoted'")
    ]


def test_trees_are_rendered_in_the_engines_dialect(engine: Engine) -> None:
    assert engine.rows(parse_one("SELECT 1 + 1 AS two", engine.dialect)) == [(2,)]


def test_sessions_are_pinned_to_utc(engine: Engine) -> None:
    moment = dt.datetime(2024, 7, 1, 23, 30, tzinfo=dt.timezone(dt.timedelta(hours=-5)))
    found = engine.rows("SELECT CAST(CAST(CAST(? AS TIMESTAMP WITH TIME ZONE) AS DATE) AS VARCHAR)", [moment])
    assert found == [("2024-07-02",)]


def test_arrow_streams_batches(engine: Engine) -> None:
    make_sales(engine, ", ".join(f"({i}, 'b')" for i in range(5000)))
    reader = engine.arrow('SELECT id, brand FROM "shop"."sales" ORDER BY id', batch_rows=2048)
    sizes = [batch.num_rows for batch in reader]
    assert sum(sizes) == 5000
    assert len(sizes) > 1


def test_a_transaction_that_fails_leaves_nothing(engine: Engine) -> None:
    make_sales(engine)
    with pytest.raises(RuntimeError, match="boom"), engine.transaction():
        run(engine, 'INSERT INTO "shop"."sales" VALUES (3, \'c\')', 'CREATE TABLE "shop"."more" (id INTEGER)')
        raise RuntimeError("boom")
    assert engine.rows('SELECT count(*) FROM "shop"."sales"') == [(2,)]
    assert engine.kind(RelationName("shop", "more")) is None


def test_after_an_error_in_a_transaction_the_engine_still_works(engine: Engine) -> None:
    make_sales(engine)
    with pytest.raises(EngineError), engine.transaction():
        run(engine, 'INSERT INTO "shop"."sales" VALUES (3, \'c\')', "SELECT CAST('x' AS INTEGER)")
    with engine.transaction():
        run(engine, 'INSERT INTO "shop"."sales" VALUES (4, \'d\')')
    assert engine.rows('SELECT count(*) FROM "shop"."sales"') == [(3,)]


def test_readers_see_the_old_rows_until_commit(engine: Engine, opener: Opener) -> None:
    make_sales(engine)
    stored = StoredRelation(RelationName("shop", "m"), 'SELECT id FROM "shop"."sales"', ("id",), "m_u")
    run(engine, *(statement.sql for statement in engine.stored_statements(stored)))
    run(engine, 'INSERT INTO "shop"."sales" VALUES (3, \'c\')')
    reader = opener()
    with engine.transaction():
        run(engine, *(statement.sql for statement in engine.refresh_statements(stored)))
        assert reader.rows('SELECT count(*) FROM "shop"."m"') == [(2,)]
    assert reader.rows('SELECT count(*) FROM "shop"."m"') == [(3,)]


def test_describe_gives_kind_order_and_types(engine: Engine) -> None:
    make_sales(engine)
    run(engine, 'CREATE VIEW "shop"."v" AS SELECT brand, id, CAST(id AS DOUBLE PRECISION) AS f FROM "shop"."sales"')
    found = engine.describe(RelationName("shop", "v"))
    assert found is not None
    assert found.kind is RelationKind.VIEW
    assert [(c.name, c.dtype) for c in found.columns] == [("brand", "text"), ("id", "integer"), ("f", "double")]
    assert found.schema["id"].kind == "integer"


def test_describe_of_nothing_is_none(engine: Engine) -> None:
    assert engine.describe(SALES) is None
    assert engine.kind(SALES) is None


def test_describe_query_runs_nothing(engine: Engine) -> None:
    make_sales(engine)
    query = parse_one('SELECT id / 0 AS q, brand FROM "shop"."sales"', engine.dialect)
    assert [column.name for column in engine.describe_query(query)] == ["q", "brand"]


@pytest.mark.parametrize("part", HOSTILE)
def test_hostile_names(engine: Engine, part: str) -> None:
    name = RelationName(part, part)
    table = pa.table({part: [1], "b": ["x"]})
    if len(part.encode()) > LONGEST_NAME.get(engine.dialect, 1000):
        with pytest.raises(DeclarationError, match="longer"):
            engine.load(name, table.to_reader())
        return
    for statement in engine.schema_statements(part):
        engine.execute(statement.sql)
    assert engine.load(name, table.to_reader()) == 1
    found = engine.describe(name)
    assert found is not None
    assert [column.name for column in found.columns] == [part, "b"]


def test_views_and_stored_relations_are_created_and_replaced(engine: Engine) -> None:
    make_sales(engine)
    view, stored = RelationName("shop", "v"), RelationName("shop", "m")
    for number in (1, 2):
        changed = StoredRelation(stored, f"SELECT {number} AS k{number}, 5 AS v", (f"k{number}",), "m_u")
        statements = (
            *engine.stored_statements(changed, {view}),
            *engine.view_statements(view, 'SELECT * FROM "shop"."m"', {view}),
            *(statement for name in (view, stored) if number == 2 for statement in engine.cleanup_statements(name)),
        )
        with engine.transaction():
            run(engine, *(statement.sql for statement in statements))
        assert engine.rows(f'SELECT k{number} FROM "shop"."v"') == [(number,)]
    assert engine.kind(view) is RelationKind.VIEW
    assert engine.kind(stored) in (RelationKind.TABLE, RelationKind.MATERIALIZED_VIEW)
    assert {view, stored, SALES} <= set(engine.relations())


def test_a_key_that_repeats_is_refused_and_the_old_rows_stay(engine: Engine) -> None:
    make_sales(engine)
    stored = StoredRelation(RelationName("shop", "m"), 'SELECT id FROM "shop"."sales"', ("id",), "m_u")
    run(engine, *(statement.sql for statement in engine.stored_statements(stored)))
    run(engine, 'INSERT INTO "shop"."sales" VALUES (2, \'again\')')
    broken = StoredRelation(stored.name, 'SELECT id FROM "shop"."sales" WHERE id > 0', ("id",), "m_u")
    for statements in (engine.refresh_statements(stored), engine.stored_statements(broken)):
        with pytest.raises(EngineError, match=r"not unique|duplicate"), engine.transaction():
            run(engine, *(statement.sql for statement in statements))
        assert engine.rows('SELECT count(*) FROM "shop"."m"') == [(2,)]


def test_load_creates_appends_and_keeps_types(engine: Engine) -> None:
    for statement in engine.schema_statements("shop"):
        engine.execute(statement.sql)
    at = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    table = pa.table({
        "id": pa.array([1, None], pa.int64()),
        "price": pa.array([0.5, None]),
        "brand": ["a", None],
        "at": pa.array([at, None], pa.timestamp("us", "UTC")),
        "day": pa.array([at.date(), None]),
        "live": [True, None],
    })  # fmt: skip
    assert engine.load(SALES, table.to_reader()) == 2
    assert engine.load(SALES, table.to_reader(), append=True) == 2
    found = engine.describe(SALES)
    assert found is not None
    assert [c.dtype for c in found.columns] == ["bigint", "double", "text", "timestamptz", "date", "boolean"]
    assert engine.arrow('SELECT * FROM "shop"."sales" WHERE id = 1').read_all().to_pylist() == table.to_pylist()[:1] * 2


def test_load_never_replaces(engine: Engine) -> None:
    make_sales(engine)
    with pytest.raises(EngineError, match="exists"):
        engine.load(SALES, pa.table({"id": [1]}).to_reader())
    assert engine.rows('SELECT count(*) FROM "shop"."sales"') == [(2,)]


def test_a_missing_relation_is_named(engine: Engine) -> None:
    with pytest.raises(MissingRelationError, match="nowhere"):
        engine.rows('SELECT * FROM "shop"."nowhere"')


def test_a_python_variable_never_stands_in_for_a_relation(engine: Engine) -> None:
    sales_in_python = pa.table({"id": [1]})
    with pytest.raises(MissingRelationError):
        engine.rows('SELECT * FROM "sales_in_python"')
    assert sales_in_python.num_rows == 1


def test_a_read_only_engine_writes_nothing(opener: Opener) -> None:
    engine = opener()
    make_sales(engine)
    engine.close()
    reader = opener(read_only=True)
    assert reader.read_only
    with pytest.raises(TargetError, match="read-only"):
        reader.execute('DROP TABLE "shop"."sales"')
    assert reader.rows('SELECT count(*) FROM "shop"."sales"') == [(2,)]


def test_one_change_at_a_time(engine: Engine, opener: Opener) -> None:
    other = opener()
    found: list[BaseException] = []

    def second() -> None:
        try:
            with other.exclusive("refresh"):
                pass
        except BusyError as error:
            found.append(error)

    with engine.exclusive("apply"):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert found
    assert "apply" in str(found[0])
    with other.exclusive("refresh"):
        pass


def test_messages_hold_no_path_of_the_machine(engine: Engine, tmp_path: Path) -> None:
    assert str(tmp_path) not in engine.label


ENDLESS = "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT 1 FROM r) SELECT count(*) FROM r"


@pytest.mark.parametrize("method", ["rows", "execute", "arrow"])
def test_a_statement_that_never_ends_is_ended(engine: Engine, method: str) -> None:
    begun = time.monotonic()
    with pytest.raises(OutOfTimeError, match="ran out of its time"), engine.limited(0.3):
        getattr(engine, method)(ENDLESS)
    assert time.monotonic() - begun < 10
    with engine.limited(0.3):
        time.sleep(0.4)
        assert engine.rows("SELECT 1") == [(1,)], "each statement has that time, and the next one works"
    assert engine.arrow("SELECT 1 AS n").read_all().num_rows == 1
