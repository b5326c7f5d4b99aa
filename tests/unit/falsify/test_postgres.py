"""PostgreSQL: a query over temporary tables, and a deployed relation through views and a materialized view."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.servers import fresh_database, versions
from tests.unit.falsify.shop import shop

from tzero.engines.base import Engine
from tzero.engines.targets import Target, open_engine
from tzero.falsify import Outcome, falsify, falsify_relation
from tzero.prove import Declarations, Query, Relation
from tzero.sql.names import RelationName

pytestmark = pytest.mark.skipif(not versions(), reason="no PostgreSQL server here")

COUNT = """
SELECT s.id, s.sold_at AS t0, count(o.id) AS n
FROM {table} s LEFT JOIN {table} o ON o.brand = s.brand AND o.sold_at {sign} s.sold_at
GROUP BY s.id, s.sold_at
"""
SETUP = """
CREATE SCHEMA shop;
CREATE TABLE shop.sales AS
  SELECT i AS id, 'b' || (i % 4) AS brand, CAST(i % 7 AS numeric(10, 2)) AS price, ARRAY[i] AS tags,
         timestamptz '2024-03-01 00:00:00+00' + (i / 3) * interval '1 hour' AS sold_at
  FROM generate_series(1, 600) AS r(i);
CREATE VIEW shop.cleaned AS SELECT * FROM shop.sales;
"""
SALES = Relation("shop.sales", key=("id",), time="sold_at", not_null=frozenset({"sold_at"}))


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = open_engine(Target.parse(fresh_database(), Path()), read_only=False)
    for statement in filter(str.strip, SETUP.split(";")):
        engine.execute(statement)
    for name, kind, sign in (("safe", "VIEW", "<"), ("leaky", "MATERIALIZED VIEW", "<=")):
        engine.execute(f"CREATE {kind} shop.{name} AS {COUNT.format(table='shop.cleaned', sign=sign)}")
    yield engine
    engine.close()


def test_a_query_that_only_postgres_understands(engine: Engine) -> None:
    prices = "(SELECT jsonb_agg(o.price ORDER BY o.id) FROM sales o)"
    query = f"SELECT s.id, s.sold_at AS t0, {prices} @> '[1]' AS f FROM sales s"
    trial = falsify(query, shop(), dialect="postgres", engine=engine, seconds=20)
    assert trial.outcome is Outcome.LEAK, str(trial)
    assert trial.engine == "postgres"


@pytest.mark.parametrize(("sign", "outcome"), [("<", Outcome.CLEAN), ("<=", Outcome.LEAK)])
def test_a_query_over_temporary_tables(engine: Engine, sign: str, outcome: Outcome) -> None:
    views = {"shop.sold": "SELECT * FROM sales"}
    query = COUNT.format(table="shop.sold", sign=sign)
    trial = falsify(query, shop(), dialect="postgres", engine=engine, views=views, seconds=20, worlds=150)
    assert trial.outcome is outcome, str(trial)


@pytest.mark.parametrize(("name", "outcome"), [("safe", Outcome.CLEAN), ("leaky", Outcome.LEAK)])
def test_a_deployed_relation(engine: Engine, name: str, outcome: Outcome) -> None:
    asked = Declarations({"shop.sales": SALES}, Query(own="shop.sales", zone="UTC"))
    trial = falsify_relation(engine, RelationName("shop", name), asked, seconds=30, worlds=50)
    assert trial.outcome is outcome, str(trial)
    assert all(not exercise.failed for exercise in trial.exercised.values()), str(trial)


@pytest.mark.parametrize(
    ("value", "mutation"),
    [("string_agg(o.brand, ',')", "order"), ("bool_or(now() > timestamptz '2024-04-20 00:00:00+00')", "clock")],
)
def test_the_clock_and_the_order_of_rows(engine: Engine, value: str, mutation: str) -> None:
    name = f"by_{mutation}"
    engine.execute(
        f"CREATE VIEW shop.{name} AS SELECT s.id, s.sold_at AS t0, (SELECT {value} FROM shop.sales o"
        " WHERE o.sold_at < s.sold_at AND o.id < 9) AS f FROM shop.sales s"
    )
    asked = Declarations({"shop.sales": SALES}, Query(own="shop.sales", zone="UTC"))
    witness = falsify_relation(engine, RelationName("shop", name), asked, seconds=60, worlds=50).witness
    assert witness is not None
    assert (witness.column, witness.mutation) == ("f", mutation)


@pytest.mark.parametrize(
    ("one", "other"),
    [("interval '1 month'", "interval '30 days'"), ("json '1'", "json 'true'")],
    ids=["interval", "json"],
)
def test_values_that_the_database_takes_for_equal_or_cannot_compare(engine: Engine, one: str, other: str) -> None:
    name = f"told_{one[:4]}"
    engine.execute(
        f"CREATE VIEW shop.{name} AS SELECT s.id, s.sold_at AS t0, CASE WHEN (SELECT count(*) FROM shop.sales o"
        f" WHERE o.brand = s.brand AND o.sold_at >= s.sold_at) % 2 = 0 THEN {one} ELSE {other} END AS f"
        " FROM shop.sales s"
    )
    asked = Declarations({"shop.sales": SALES}, Query(own="shop.sales", zone="UTC"))
    witness = falsify_relation(engine, RelationName("shop", name), asked, seconds=60, worlds=200).witness
    assert witness is not None
    assert witness.column == "f"


ENDLESS = "(WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT 1 FROM r) SELECT count(*) FROM r)"


def test_a_query_that_never_ends_is_ended_and_the_session_is_as_before(engine: Engine) -> None:
    query = f"SELECT s.id, s.sold_at AS t0, {ENDLESS} AS f FROM sales s"
    trial = falsify(query, shop(), dialect="postgres", engine=engine, seconds=0.6)
    assert trial.outcome is Outcome.INCONCLUSIVE
    assert "ran out of its time" in trial.reason
    assert engine.rows("SHOW statement_timeout") == [("0",)]
