"""A deployed relation: its closure is followed, its rows are changed within the query, and nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tzero.engines.base import Engine
from tzero.engines.targets import Target, open_engine
from tzero.errors import DeclarationError, MissingRelationError
from tzero.falsify import MUTATION_NAMES, Outcome, Trial, falsify_relation
from tzero.prove import Declarations, Query, Relation
from tzero.sql.names import RelationName
from tzero.sql.parse import parse_one

SALES = Relation(
    "shop.sales", key=("id",), time="sold_at", not_null=frozenset({"sold_at"}), late={"closed_at": "closed_at"}
)
NOTES = Relation(
    "shop.notes",
    key=("note_id",),
    time="written_at",
    known_at="read_at",
    not_null=frozenset({"id", "written_at", "read_at"}),
)
BRANDS = Relation("shop.brands", key=("brand",), static=True)
COUNT = """
SELECT s.id, s.sold_at AS t0,
       (SELECT count(*) FROM shop.cleaned o WHERE o.brand = s.brand AND o.sold_at {} s.sold_at) AS n
FROM shop.cleaned s
"""
SETUP = f"""
CREATE SCHEMA shop;
CREATE TABLE shop.brands AS SELECT 'b' || i AS brand, 'c' || (i % 2) AS country FROM range(4) r(i);
CREATE TABLE shop.sales AS
  SELECT CAST(i AS integer) AS id, 'b' || (i % 4) AS brand, CAST(i % 7 AS decimal(10, 2)) AS price,
         CAST(i AS double) AS weight,
         TIMESTAMPTZ '2024-03-01 00:00:00+00' + INTERVAL (i // 3) HOUR AS sold_at,
         CASE WHEN i % 3 = 0
              THEN TIMESTAMPTZ '2024-03-01 00:00:00+00' + INTERVAL (i // 3 + i % 40) HOUR END AS closed_at
  FROM range(600) r(i);
CREATE TABLE shop.notes AS
  SELECT id AS note_id, id, sold_at AS written_at, sold_at + INTERVAL 1 HOUR AS read_at FROM shop.sales;
CREATE VIEW shop.cleaned AS SELECT s.*, b.country FROM shop.sales s LEFT JOIN shop.brands b USING (brand);
CREATE VIEW shop.safe AS {COUNT.format("<")};
CREATE VIEW shop.leaky AS {COUNT.format("<=")};
CREATE VIEW shop.hidden AS SELECT id, n FROM shop.leaky;
CREATE VIEW shop.labelled AS SELECT id, sold_at AS t0, closed_at IS NULL AS open FROM shop.sales;
CREATE VIEW shop.hourly AS SELECT id, sold_at AS t0, extract(hour FROM sold_at) AS hour FROM shop.sales;
CREATE VIEW shop.chance AS SELECT id, sold_at AS t0, random() AS r FROM shop.sales;
CREATE VIEW shop.clocked AS
  SELECT id, sold_at AS t0, now() > TIMESTAMPTZ '2024-04-20 00:00:00+00' AS late FROM shop.sales;
CREATE VIEW shop.ordered AS
  SELECT id, sold_at AS t0, (SELECT string_agg(country, ',') FROM shop.brands) AS all_of FROM shop.sales;
CREATE TABLE shop.stored AS SELECT * FROM shop.leaky;
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    target = Target.parse("duckdb:///shop_store.duckdb", tmp_path_factory.mktemp("shop"))
    writing = open_engine(target, read_only=False)
    writing.execute(SETUP)
    writing.close()
    reading = open_engine(target, read_only=True)
    yield reading
    reading.close()


def trial_of(engine: Engine, name: str, query: Query | None = None, **given: Any) -> Trial:
    asked = Declarations({"shop.sales": SALES, "shop.brands": BRANDS}, query or Query(own="shop.sales", zone="UTC"))
    return falsify_relation(
        engine, RelationName.parse(f"shop.{name}"), asked, **({"worlds": 60, "seconds": 60} | given)
    )


def test_a_safe_view_has_no_witness(engine: Engine) -> None:
    trial = trial_of(engine, "safe")
    assert trial.outcome is Outcome.CLEAN, str(trial)
    assert trial.exercised["combine"].moved > 0
    assert trial.left_alone == ()


@pytest.mark.parametrize("name", ["leaky", "hidden"])
def test_a_leak_is_shown_by_one_row(engine: Engine, name: str) -> None:
    witness = trial_of(engine, name).witness
    assert witness is not None
    assert witness.column == "n"
    (change,) = witness.changes
    row = change.after or change.before
    assert row is not None
    assert row["sold_at"] == witness.cut


def test_late_values_are_changed(engine: Engine) -> None:
    witness = trial_of(engine, "labelled").witness
    assert witness is not None
    assert witness.column == "open"
    assert {change.relation for change in witness.changes} == {"shop.sales"}


def test_definitions_that_the_database_does_not_keep_can_be_given(engine: Engine) -> None:
    views = {RelationName("shop", "stored"): parse_one("SELECT * FROM shop.leaky", "duckdb")}
    assert trial_of(engine, "stored", views=views).outcome is Outcome.LEAK
    alone = trial_of(engine, "stored", Query(anchor="t0"))
    assert alone.outcome is Outcome.INCONCLUSIVE
    assert [name.split(",")[0] for name in alone.left_alone] == ["shop.stored"]


def test_the_session_and_chance(engine: Engine) -> None:
    chance = trial_of(engine, "chance").witness
    assert chance is not None
    assert chance.mutation == "rerun"
    hour = trial_of(engine, "hourly", Query(own="shop.sales")).witness
    assert hour is not None
    assert hour.mutation == "zone"
    assert trial_of(engine, "hourly").witness is None, "a declared zone is pinned"


@pytest.mark.parametrize(("name", "column", "mutation"), [("clocked", "late", "clock"), ("ordered", "all_of", "order")])
def test_the_clock_and_the_order_of_rows(engine: Engine, name: str, column: str, mutation: str) -> None:
    witness = trial_of(engine, name).witness
    assert witness is not None
    assert (witness.column, witness.mutation) == (column, mutation)
    assert trial_of(engine, "safe", mutations=["clock", "order"]).witness is None


CAME = "o.id >= 600 AND o.brand BETWEEN 'a' AND 'z'"
CHANGED = "o.id BETWEEN 0 AND 599 AND o.price > 50"
PLANTED = {
    "add": f"(SELECT count(*) FROM shop.sales o WHERE {CAME})",
    "smaller": "(SELECT min(o.id) FROM shop.sales o)",
    "novel": "(SELECT count(*) FROM shop.sales o WHERE o.brand > '~')",
    "remove": "(SELECT count(*) FROM shop.sales o) < 600",
    "perturb": f"(SELECT count(*) FROM shop.sales o WHERE {CHANGED})",
    "late": "coalesce(s.closed_at > TIMESTAMPTZ '2024-03-12 12:00:00+00', FALSE)",
    "arrive": "(SELECT count(*) FROM shop.notes n WHERE n.read_at - n.written_at > INTERVAL 60 HOUR)",
    "edit": "s.brand",
    "extremes": "(SELECT count(*) FROM shop.sales o WHERE isinf(o.weight))",
    "combine": f"(SELECT count(*) FROM shop.sales o WHERE {CAME}) > 0"
    f" AND (SELECT count(*) FROM shop.sales o WHERE {CHANGED}) > 0",
    "clock": "now() > TIMESTAMPTZ '2024-04-20 00:00:00+00'",
    "order": "(SELECT string_agg(country, ',') FROM shop.brands)",
    "zone": "extract(hour FROM s.sold_at)",
}
"""Of each mutation, a leak that no other one finds."""
PARTS = ("add", "smaller", "novel", "perturb", "late", "arrive", "edit")
"""What combine is made of: it finds their leaks, too."""


@pytest.mark.parametrize("mutation", PLANTED)
def test_each_mutation_finds_a_leak_that_no_other_finds(engine: Engine, mutation: str) -> None:
    query = f"SELECT s.id, s.sold_at AS t0, {PLANTED[mutation]} AS f FROM shop.sales s"
    views = {RelationName("shop", "stored"): parse_one(query, "duckdb")}
    facts = replace(SALES, mutable=frozenset({"brand"} if mutation == "edit" else ()))
    relations = {"shop.sales": facts, "shop.notes": NOTES, "shop.brands": BRANDS}
    asked = Declarations(relations, Query(own="shop.sales", zone=None if mutation == "zone" else "UTC"))
    others = [name for name in MUTATION_NAMES if name not in (mutation, "combine" if mutation in PARTS else "")]
    caught, missed = (
        falsify_relation(
            engine, RelationName("shop", "stored"), asked, views=views, worlds=20, seconds=60, mutations=names
        ).witness
        for names in ([mutation], others)
    )
    assert caught is not None
    assert (caught.column, caught.mutation) == ("f", mutation)
    assert missed is None, str(missed)


def test_every_mutation_has_a_leak_of_its_own() -> None:
    assert {*PLANTED, "rerun"} == set(MUTATION_NAMES), "chance shows in whatever is run twice, and has its own test"


def test_a_budget_is_kept_and_told(engine: Engine) -> None:
    trial = trial_of(engine, "safe", seconds=2, worlds=10_000)
    assert trial.seconds < 10
    told = trial.to_json()
    assert told["seed"] == 0
    assert told["worlds"] == sum(exercise["worlds"] for exercise in told["exercised"].values())
    assert {"rerun", "order", "combine"} <= set(told["exercised"])


def test_a_world_that_moves_nothing_proves_nothing(engine: Engine) -> None:
    views = {RelationName("shop", "stored"): parse_one("SELECT id, sold_at AS t0 FROM shop.sales LIMIT 0", "duckdb")}
    trial = trial_of(engine, "stored", views=views)
    assert trial.outcome is Outcome.INCONCLUSIVE
    early = "SELECT id, sold_at AS t0, 1 AS one FROM shop.sales WHERE sold_at < TIMESTAMPTZ '2024-03-01 01:00:00+00'"
    views = {RelationName("shop", "stored"): parse_one(early, "duckdb")}
    trial = trial_of(engine, "stored", views=views, mutations=["extremes"])
    assert trial.outcome is Outcome.INCONCLUSIVE, str(trial)
    assert "nothing was exercised" in trial.reason


def test_rows_without_a_time_are_left_alone_and_named(engine: Engine) -> None:
    asked = Declarations({"shop.sales": SALES, "shop.brands": replace(BRANDS, static=False)}, Query(own="shop.sales"))
    trial = falsify_relation(engine, RelationName("shop", "safe"), asked, worlds=8)
    assert [name.split(",")[0] for name in trial.left_alone] == ["shop.brands"]


def test_wrong_names_are_refused(engine: Engine) -> None:
    with pytest.raises(MissingRelationError, match=r"no relation shop\.nowhere"):
        trial_of(engine, "nowhere")
    with pytest.raises(DeclarationError, match="no column 'day'"):
        trial_of(engine, "safe", Query(anchor="day"))
    with pytest.raises(DeclarationError, match=r"not under shop\.brands"):
        trial_of(engine, "brands")


def test_a_data_file_is_a_base_relation(tmp_path: Path) -> None:
    engine = open_engine(Target.parse("duckdb:///s.duckdb", tmp_path), read_only=False)
    engine.execute(SETUP)
    engine.execute(f"COPY shop.sales TO '{tmp_path}/sales.parquet'")
    query = COUNT.format("<=").replace("shop.cleaned", '"sales.parquet"')
    views = {RelationName("shop", "of_file"): parse_one(query, "duckdb")}
    asked = Declarations({"sales.parquet": replace(SALES, name="sales.parquet")}, Query(own="sales.parquet"))
    trial = falsify_relation(engine, RelationName("shop", "of_file"), asked, views=views, worlds=60)
    engine.close()
    assert trial.outcome is Outcome.LEAK, str(trial)


def test_no_key_is_added_that_a_row_out_of_sight_has(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A looked-up row learned long after its sale: added again beside the sale it would fan out, as no data can."""
    writing = open_engine(Target.parse("duckdb://", tmp_path_factory.mktemp("votes")), read_only=False)
    writing.execute(SETUP)
    writing.execute(
        "CREATE TABLE shop.votes AS SELECT id, 'red' AS color, sold_at + INTERVAL 40 DAY AS cast_at FROM shop.sales;"
        "CREATE VIEW shop.joined AS SELECT s.* FROM shop.sales s LEFT JOIN shop.votes v USING (id);"
        "CREATE VIEW shop.fanned AS SELECT s.id, s.sold_at AS t0, (SELECT count(*) FROM shop.joined o "
        "WHERE o.brand = s.brand AND o.sold_at < s.sold_at) AS n FROM shop.joined s"
    )
    votes = Relation("shop.votes", key=("id",), known_at="cast_at", not_null=frozenset({"cast_at"}))
    asked = Declarations({"shop.sales": SALES, "shop.votes": votes}, Query(own="shop.sales", zone="UTC"))
    trial = falsify_relation(writing, RelationName("shop", "fanned"), asked, worlds=60)
    writing.close()
    assert trial.outcome is Outcome.CLEAN, str(trial)
