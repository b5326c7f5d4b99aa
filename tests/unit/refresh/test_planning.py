"""Plans over an in-memory database: what is found, in which order it is built, and when nothing is."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from tzero.engines.base import Engine
from tzero.engines.targets import Target, open_engine
from tzero.errors import (
    DeclarationError,
    EngineError,
    FindingError,
    MissingRelationError,
    Place,
    StalePlanError,
    StateError,
)
from tzero.features.expressions import column
from tzero.features.rows import Events
from tzero.features.views import FeatureView
from tzero.refresh.declared import Declared, Upstream
from tzero.refresh.performing import Outcome, perform
from tzero.refresh.plan import Plan
from tzero.refresh.planning import plan_apply, plan_refresh
from tzero.refresh.steps import BuildRelation, CheckSources, Step, WriteContract, step_kind, step_relation
from tzero.sql.names import RelationName
from tzero.state import feature_contract, migrations, run
from tzero.state.run import RunRecord
from tzero.state.schema import StateSchema

HERE = Place("upstream.sql", 1)


@pytest.fixture
def engine() -> Iterator[Engine]:
    found = open_engine(Target.parse("duckdb://", Path()), read_only=False)
    found.execute("CREATE SCHEMA raw")
    found.execute(
        "CREATE TABLE raw.sales AS SELECT i AS id, TIMESTAMP '2024-01-01' + INTERVAL (i * 7) HOUR AS at, "
        "i % 3 AS brand, CAST(i AS DOUBLE) AS price FROM range(200) r(i)"
    )
    yield found
    found.close()


def sales_view(name: str = "shop.a", relation: str = "raw.sales", base: str | None = None) -> FeatureView:
    sales = Events(relation, key="id", time="at")
    rows = sales if base is None else sales.named(base)
    return FeatureView(name, rows, price=column("price"), n=rows.before_day(zone="UTC").count("brand"))


def applied(engine: Engine, declared: Declared) -> Outcome:
    return done(engine, declared, plan_apply(declared, engine))


def done(engine: Engine, declared: Declared, plan: Plan) -> Outcome:
    return perform(plan, StateSchema(engine, declared.state_schema), lambda step, record: None)


def built(plan: Plan) -> list[str]:
    return [step.definition.relation for step in plan.steps if isinstance(step, BuildRelation)]


def test_sources_are_checked_before_anything_is_built_from_them(engine: Engine) -> None:
    plan = plan_apply(Declared((sales_view(),)), engine)
    kinds = [step_kind(step) for step in plan.steps]
    assert kinds == [
        "create schema",
        "create schema",
        *["migrate state"] * migrations.LATEST,
        "check sources",
        "create base",
        "create statistics",
        "create entrypoint",
        "write contract",
    ]
    assert built(plan) == ["shop.a_base", "shop.a_stats", "shop.a"]


def test_a_view_over_the_view_before_it(engine: Engine) -> None:
    first = sales_view()
    events = Events("shop.a", key="id", time="t0")
    second = FeatureView("shop.b", events, n2=events.before_day(zone="UTC").sum("n"))
    declared = Declared((first, second))
    plan = plan_apply(declared, engine)
    assert built(plan) == ["shop.a_base", "shop.a_stats", "shop.a", "shop.b_base", "shop.b_stats", "shop.b"]
    applied(engine, declared)
    assert engine.rows("SELECT count(*), max(n2) FROM shop.b") == engine.rows(
        "SELECT 200, sum(n) FROM shop.a WHERE CAST(t0 AS DATE) < (SELECT max(CAST(t0 AS DATE)) FROM shop.a)"
    )
    assert plan_apply(declared, engine).is_empty


def test_two_views_may_share_their_base(engine: Engine) -> None:
    declared = Declared((sales_view("shop.a", base="shop.rows"), sales_view("shop.b", base="shop.rows")))
    plan = plan_apply(declared, engine)
    assert built(plan).count("shop.rows") == 1
    applied(engine, declared)
    assert plan_apply(declared, engine).is_empty


def test_two_views_that_mean_different_rows_by_one_name(engine: Engine) -> None:
    engine.execute("CREATE TABLE raw.more AS SELECT * FROM raw.sales")
    declared = Declared(
        (sales_view("shop.a", base="shop.rows"), sales_view("shop.b", relation="raw.more", base="shop.rows"))
    )
    with pytest.raises(DeclarationError, match=r"shop\.rows would be created twice"):
        plan_apply(declared, engine)


def test_one_contract_name_for_two_views() -> None:
    with pytest.raises(DeclarationError, match="the same contract 'a'"):
        Declared((sales_view("shop.a"), sales_view("other.a")))


def test_the_same_view_twice() -> None:
    with pytest.raises(DeclarationError, match="declared twice"):
        Declared((sales_view(), sales_view()))


def test_relations_without_a_schema(engine: Engine) -> None:
    engine.execute("CREATE TABLE sales AS SELECT * FROM raw.sales")
    declared = Declared((sales_view("features", relation="sales"),))
    applied(engine, declared)
    assert engine.rows("SELECT count(*) FROM features") == [(200,)]
    assert plan_apply(declared, engine).is_empty


def test_upstream_columns_are_known_before_upstream_is_built(engine: Engine) -> None:
    upstream = (
        Upstream(RelationName("shop", "dear"), "SELECT * FROM shop.known WHERE price > 50;", HERE),
        Upstream(RelationName("shop", "known"), '-- all\nSELECT id, "at", brand, price FROM raw.sales', HERE),
    )
    declared = Declared((sales_view(relation="shop.dear"),), upstream)
    assert built(plan_apply(declared, engine))[:2] == ["shop.known", "shop.dear"]
    applied(engine, declared)
    assert engine.rows("SELECT count(*) FROM shop.a") == [(149,)]
    refresh = plan_refresh(declared, engine)
    assert built(refresh) == ["shop.known", "shop.dear", "shop.a_stats"]
    assert isinstance(refresh.steps[2], CheckSources)


def test_upstream_that_does_not_parse_is_placed(engine: Engine) -> None:
    declared = Declared((sales_view(),), (Upstream(RelationName("shop", "x"), "SELEC 1", HERE),))
    with pytest.raises(Exception, match=r"upstream\.sql:1"):
        plan_apply(declared, engine)


def test_upstream_that_fails_is_placed(engine: Engine) -> None:
    query = "SELECT CAST('x' || id AS INTEGER) AS id, \"at\", brand, price FROM raw.sales"
    declared = Declared((sales_view(relation="shop.x"),), (Upstream(RelationName("shop", "x"), query, HERE),))
    with pytest.raises(EngineError, match=r"upstream\.sql:1: .*x0"):
        applied(engine, declared)
    assert set(engine.relations()) == {RelationName("raw", "sales")}


def test_a_missing_source_has_a_place_and_a_hint(engine: Engine) -> None:
    with pytest.raises(MissingRelationError) as caught:
        plan_apply(Declared((sales_view(relation="raw.sale"),)), engine)
    assert caught.value.place is not None
    assert caught.value.fix == "did you mean 'raw.sales'?"


def test_refresh_wants_a_store_as_declared(engine: Engine) -> None:
    declared = Declared((sales_view(),))
    with pytest.raises(FindingError, match="not as declared"):
        plan_refresh(declared, engine)
    applied(engine, declared)
    plan_refresh(declared, engine)


def test_a_view_that_someone_replaced_is_put_right(engine: Engine) -> None:
    declared = Declared((sales_view(),))
    applied(engine, declared)
    engine.execute("CREATE OR REPLACE VIEW shop.a AS SELECT 1 AS id")
    plan = plan_apply(declared, engine)
    assert built(plan) == ["shop.a"]
    assert isinstance(plan.steps[-1], WriteContract)


def test_a_contract_that_someone_deleted_is_written_again(engine: Engine) -> None:
    declared = Declared((sales_view(),))
    applied(engine, declared)
    state = StateSchema(engine)
    before = feature_contract.read(state, "a")
    engine.execute("DELETE FROM feature_store.feature_contract")
    engine.execute("DELETE FROM feature_store.feature_set")
    applied(engine, declared)
    assert feature_contract.read(state, "a") == before


def test_a_contract_that_someone_edited_stops_the_plan(engine: Engine) -> None:
    declared = Declared((sales_view(),))
    applied(engine, declared)
    engine.execute("UPDATE feature_store.feature_contract SET dtype = 'text' WHERE feature_name = 'n'")
    with pytest.raises(StateError, match="changed by hand"):
        plan_apply(declared, engine)


def test_keys_and_counts_are_never_null_in_the_contract(engine: Engine) -> None:
    declared = Declared((sales_view(),))
    applied(engine, declared)
    kept = feature_contract.read(StateSchema(engine), "a")
    assert kept is not None
    assert {c.name: c.nullable for c in kept.columns} == {"id": False, "t0": False, "price": True, "n": False}


def test_plans_are_the_same_as_long_as_nothing_changes(engine: Engine) -> None:
    declared = Declared((sales_view(),))
    first, second = plan_apply(declared, engine), plan_apply(declared, engine)
    assert first.fingerprint == second.fingerprint
    engine.execute("ALTER TABLE raw.sales ADD COLUMN color VARCHAR")
    with pytest.raises(StalePlanError, match="the sources' columns changed"):
        plan_apply(declared, engine).refuse_if_stale(first.fingerprint)


def test_new_rows_do_not_make_a_plan_stale(engine: Engine) -> None:
    declared = Declared((sales_view(),))
    first = plan_apply(declared, engine)
    engine.execute("INSERT INTO raw.sales VALUES (999, TIMESTAMP '2024-02-01', 1, 5.0)")
    plan_apply(declared, engine).refuse_if_stale(first.fingerprint)


def test_progress_hears_of_every_step_before_and_after(engine: Engine) -> None:
    declared = Declared((sales_view(),))
    plan = plan_apply(declared, engine)
    heard: list[tuple[Step, RunRecord | None]] = []
    outcome = perform(plan, StateSchema(engine), lambda step, record: heard.append((step, record)))
    assert [step for step, record in heard if record is None] == list(plan.steps)
    assert [record for _, record in heard if record is not None] == list(outcome.steps)
    statistics = next(r for r in outcome.steps if r.step == "create statistics")
    assert statistics.n_rows == engine.rows("SELECT count(*) FROM shop.a_stats")[0][0]
    assert statistics.relation == "shop.a_stats"


def test_what_a_run_did_is_kept_as_it_was_told(engine: Engine) -> None:
    declared = Declared((sales_view(),))
    outcome = applied(engine, declared)
    kept = run.steps(StateSchema(engine), outcome.run_id)
    assert kept == (*outcome.steps, outcome.whole)
    assert kept[-1].ended_at - kept[-1].started_at < dt.timedelta(minutes=1)


def test_a_failure_while_building_leaves_nothing(engine: Engine) -> None:
    declared = Declared((sales_view(),))
    plan = plan_apply(declared, engine)
    broken = [
        dataclasses.replace(step, statements=(*step.statements, step.statements[0].__class__("SELECT * FROM nowhere")))
        if step_relation(step) == "shop.a" and isinstance(step, BuildRelation)
        else step
        for step in plan.steps
    ]
    with pytest.raises(MissingRelationError):
        done(engine, declared, dataclasses.replace(plan, units=(tuple(broken),)))
    assert set(engine.relations()) == {RelationName("raw", "sales")}
    applied(engine, declared)
