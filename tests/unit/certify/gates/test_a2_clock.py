"""A2: every way in which a definition can depend on more than its rows, planted on every engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.servers import fresh_database, versions

from tzero.certify.gate import GateResult, Verdict
from tzero.certify.gates.a2_clock import ClockGate
from tzero.certify.subject import Anchors, Subject
from tzero.engines.base import Engine
from tzero.engines.targets import Target, open_engine
from tzero.prove import Declarations
from tzero.sql.names import RelationName
from tzero.state import definition, migrations
from tzero.state.schema import StateSchema

TABLE = "CREATE TABLE shop.sales (id int, seg text, price {float}, sold_at timestamptz, day date, tags text[])"
FLOAT = {"duckdb": "double", "postgres": "double precision"}
SAFE = {
    "upper(seg)",
    "sum(id) OVER (ORDER BY sold_at)",
    "count(*) OVER (PARTITION BY seg)",
    "CAST(sold_at AT TIME ZONE 'UTC' AS date)",
    "sold_at - interval '36 hours'",
    "extract(epoch FROM sold_at)",
    "max(price) OVER (PARTITION BY seg)",
    "(SELECT array_agg(o.id ORDER BY o.id) FROM shop.sales o)",
    "count(*) OVER (ORDER BY sold_at RANGE BETWEEN interval '2 hours' PRECEDING AND CURRENT ROW)",
}
PLANTED = {
    "now()": "clock",
    "current_date": "clock",
    "localtimestamp": "clock",
    "random()": "chance",
    "current_setting('TimeZone')": "session",
    "current_database()": "session",
    "CAST(sold_at AS date)": "session",
    "date_trunc('day', sold_at)": "session",
    "sold_at + interval '1 day'": "session",
    "sold_at < day": "session",
    "count(*) OVER (ORDER BY sold_at RANGE BETWEEN interval '1 day' PRECEDING AND CURRENT ROW)": "session",
    "sum(price) OVER (PARTITION BY seg)": "order",
    "(SELECT avg(o.price) FROM shop.sales o)": "order",
    "(SELECT array_agg(o.id) FROM shop.sales o)": "order",
    "(SELECT string_agg(o.seg, ',') FROM shop.sales o)": "order",
}
ON_POSTGRES = {
    "timeofday()": "clock",
    "age(sold_at)": "clock",
    "CAST(seg AS date)": "clock",
    "CAST(seg AS timestamptz)": "clock",
    "gen_random_uuid()": "chance",
    "ctid::text": "order",
    "to_char(sold_at, 'YYYY')": "session",
    "concat(seg, sold_at)": "session",
    "shop.wrapped()": "clock",
    "shop.lying(id)": "opaque",
    "(SELECT count(*) FROM shop.sales TABLESAMPLE system (10))": "chance",
    "pg_catalog.pg_table_is_visible(1)": "unreviewed",
}
SAFE_ON_POSTGRES = {
    "date_trunc('day', sold_at, 'UTC')",
    "concat(seg, id)",
    "shop.doubled(id)",
    "(id, seg) < (3, 'b')",
}
ON_DUCKDB = {
    "uuid()": "chance",
    "shop.drawn(id)": "chance",
    "CAST(sold_at AS varchar)": "session",
    "(SELECT first(o.id) FROM shop.sales o)": "order",
    "(SELECT count(*) FROM (FROM shop.sales USING SAMPLE 10%))": "chance",
    "year(sold_at)": "session",
}
FUNCTIONS = (
    "CREATE FUNCTION shop.doubled(a int) RETURNS int IMMUTABLE BEGIN ATOMIC SELECT a * 2; END",
    "CREATE FUNCTION shop.wrapped() RETURNS timestamptz STABLE BEGIN ATOMIC SELECT now(); END",
    "CREATE FUNCTION shop.lying(a int) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT count(*) FROM shop.sales'",
)


@pytest.fixture(scope="module", params=["duckdb", *map(str, versions())])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A shop, with functions of its own, on every engine and version."""
    url = "duckdb://" if request.param == "duckdb" else fresh_database(int(request.param))
    opened = open_engine(Target.parse(url, Path()), read_only=False)
    opened.execute("CREATE SCHEMA shop")
    opened.execute(TABLE.format(float=FLOAT[opened.dialect]))
    for statement in FUNCTIONS if opened.dialect == "postgres" else ["CREATE MACRO shop.drawn(a) AS a + random()"]:
        opened.execute(statement)
    yield opened
    opened.close()


def cases(engine: Engine) -> dict[str, str]:
    return PLANTED | (ON_POSTGRES if engine.dialect == "postgres" else ON_DUCKDB)


def judged(engine: Engine, *definitions: str, reviewed: dict[str, str] | None = None) -> GateResult:
    """The gate over views on top of each other; the first is the innermost, each reads ``{below}``."""
    below = "shop.sales"
    for level, text in enumerate(definitions):
        name = f"shop.level_{level}"
        engine.execute(f"CREATE OR REPLACE VIEW {name} AS {text.format(below=below)}")
        below = name
    try:
        return ClockGate()(subject(engine, below, reviewed or {}))
    finally:
        for level in reversed(range(len(definitions))):
            engine.execute(f"DROP VIEW shop.level_{level}")


def subject(engine: Engine, name: str, reviewed: dict[str, str] | None = None) -> Subject:
    relation = RelationName.parse(name)
    state = StateSchema(engine, "state")
    anchors = Anchors(relation, ("id",), "sold_at")
    return Subject(engine, state, relation, "c", ("id",), anchors, Declarations(), reviewed=reviewed or {})


def test_what_depends_on_the_rows_alone_passes(engine: Engine) -> None:
    every = SAFE | (SAFE_ON_POSTGRES if engine.dialect == "postgres" else set())
    columns = ", ".join(f"{text} AS c{at}" for at, text in enumerate(sorted(every)))
    result = judged(engine, f"SELECT id, {columns} FROM shop.sales")
    assert [str(finding.message) for finding in result.findings] == []
    assert result.verdict is Verdict.PASS
    assert result.exercised["functions"] >= 8


def test_everything_else_is_found_and_named(engine: Engine) -> None:
    wrong = {}
    for text, expected in cases(engine).items():
        result = judged(engine, f"SELECT id, {text} AS c FROM shop.sales")
        codes = {finding.code for finding in result.findings}
        if result.verdict is not Verdict.FAIL or f"A2.{expected}" not in codes:
            wrong[text] = sorted(codes)
        assert all(finding.fix and finding.relation == "shop.level_0" for finding in result.findings), text
    assert wrong == {}


def test_a_clock_deep_below_is_found_where_it_is(engine: Engine) -> None:
    result = judged(
        engine, "SELECT id FROM shop.sales WHERE sold_at < now()", "SELECT id FROM {below}", "SELECT id FROM {below}"
    )
    assert [(finding.code, finding.relation) for finding in result.findings] == [("A2.clock", "shop.level_0")]
    assert result.exercised["relations"] == 3


def test_a_materialized_view_is_read_like_any_other() -> None:
    if not versions():
        pytest.skip("no PostgreSQL server here")
    engine = open_engine(Target.parse(fresh_database(), Path()), read_only=False)
    engine.execute("CREATE SCHEMA shop")
    engine.execute("CREATE MATERIALIZED VIEW shop.kept AS SELECT 1 AS id, now() AS made_at")
    engine.execute("CREATE VIEW shop.shown AS SELECT id FROM shop.kept")
    result = ClockGate()(subject(engine, "shop.shown"))
    engine.close()
    assert [finding.code for finding in result.findings] == ["A2.clock"]


def test_what_the_user_reviewed_is_allowed_and_printed(engine: Engine) -> None:
    signature = "random()"
    result = judged(engine, "SELECT random() AS c FROM shop.sales", reviewed={signature: "Ada: only shown"})
    assert result.verdict is Verdict.PASS
    assert result.notes == ("random() is on the reviewed list: Ada: only shown",)


def test_a_word_that_became_a_constant_is_found_in_the_source() -> None:
    if not versions():
        pytest.skip("no PostgreSQL server here")
    engine = open_engine(Target.parse(fresh_database(), Path()), read_only=False)
    engine.execute("CREATE SCHEMA state")
    engine.execute("CREATE SCHEMA shop")
    state = StateSchema(engine, "state")
    for migration in migrations.MIGRATIONS:
        for statement in migrations.statements(state, migration):
            engine.execute(statement.sql)
    text = "SELECT 1 AS id WHERE DATE '2024-01-01' < 'today'::date"
    engine.execute(f"CREATE VIEW shop.shown AS {text}")
    assert ClockGate()(subject(engine, "shop.shown")).verdict is Verdict.PASS  # the catalog no longer shows it
    definition.append(state, definition.Definition("shop.shown", "upstream", text, text), 1)
    result = ClockGate()(subject(engine, "shop.shown"))
    engine.close()
    assert [(finding.code, finding.relation) for finding in result.findings] == [("A2.folded", "shop.shown")]


@pytest.mark.parametrize(("expression", "found"), [("upper(f.seg)", ""), ("f.at < localtimestamp", "A2.clock")])
def test_a_view_over_a_data_file(tmp_path: Path, expression: str, found: str) -> None:
    """DuckDB cannot write down a plan that scans a file: what reads it, and what reads that, are reviewed too."""
    engine = open_engine(Target.parse("duckdb://", tmp_path), read_only=False)
    file = tmp_path / "sales.parquet"
    engine.execute("CREATE SCHEMA shop")
    engine.execute("CREATE SCHEMA feature_store")
    engine.execute(f"COPY (SELECT 1 AS id, 'a' AS seg, TIMESTAMP '2024-01-01' AS at) TO '{file}'")
    engine.execute(f"CREATE VIEW shop.base AS SELECT f.id, f.at, {expression} AS x FROM '{file}' AS f")
    engine.execute(
        "CREATE VIEW shop.own AS SELECT b.id, b.at, b.x FROM (shop.base AS b LEFT JOIN shop.base AS c ON TRUE)"
    )
    relation = RelationName.parse("shop.own")
    subject = Subject(
        engine, StateSchema(engine), relation, "own", ("id",), Anchors(relation, ("id",), "at"), Declarations({})
    )
    result = ClockGate()(subject)
    assert {finding.code for finding in result.findings} == ({found} if found else set())
    assert result.verdict.holds == (not found)
    assert result.exercised["relations"] == 2
    engine.close()
