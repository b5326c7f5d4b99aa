"""The runbook over an in-memory database: what is committed at once, what a selector means, the script."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tzero.engines.base import Engine
from tzero.engines.catalog import Statement
from tzero.engines.targets import Target, open_engine
from tzero.errors import EngineError, MissingRelationError, Place, UsageError
from tzero.features.rows import Events
from tzero.features.views import FeatureView
from tzero.refresh.declared import Declared, Upstream
from tzero.refresh.explaining import script
from tzero.refresh.performing import perform
from tzero.refresh.plan import Plan
from tzero.refresh.planning import plan_apply, plan_refresh
from tzero.refresh.selecting import Selection
from tzero.refresh.steps import BuildRelation, CheckSources
from tzero.sql.names import RelationName
from tzero.state import run
from tzero.state.run import Status
from tzero.state.schema import StateSchema

HERE = Place("upstream.sql", 1)


def upstream(name: str, reads: str) -> Upstream:
    return Upstream(RelationName("shop", name), f"SELECT * FROM {reads}", HERE)


def view(name: str, source: str) -> FeatureView:
    events = Events(source, key="id", time="at")
    return FeatureView(name, events, n=events.before_day(zone="UTC").count("brand"), contract=name.replace(".", "_"))


DECLARED = Declared(
    (view("shop.a", "shop.cleaned"), view("shop.b", "raw.sales"), view("shop.c", "shop.a2")),
    (
        upstream("report", "shop.cleaned"),
        upstream("cleaned", "shop.parsed"),
        upstream("parsed", "raw.sales"),
        upstream("a2", "raw.sales"),
    ),
)


@pytest.fixture
def engine() -> Iterator[Engine]:
    found = open_engine(Target.parse("duckdb://", Path()), read_only=False)
    found.execute("CREATE SCHEMA raw")
    found.execute(
        "CREATE TABLE raw.sales AS SELECT i AS id, TIMESTAMP '2024-01-01' + INTERVAL (i * 7) HOUR AS at, "
        "i % 3 AS brand FROM range(200) r(i)"
    )
    done(found, plan_apply(DECLARED, found))
    yield found
    found.close()


def done(engine: Engine, plan: Plan) -> None:
    perform(plan, StateSchema(engine), lambda step, record: None)


def transactions(plan: Plan) -> list[list[str]]:
    return [
        [step.definition.relation.removeprefix("shop.") for step in unit if isinstance(step, BuildRelation)]
        for unit in plan.units
    ]


def only(engine: Engine, *selectors: str, start: tuple[str, ...] = ()) -> set[str]:
    found = plan_refresh(DECLARED, engine, Selection(selectors, start))
    return {name for unit in transactions(found) for name in unit}


def test_what_one_view_reads_is_committed_at_once_and_nothing_else_with_it(engine: Engine) -> None:
    plan = plan_refresh(DECLARED, engine)
    assert transactions(plan) == [["parsed"], ["a2", "c_stats"], ["cleaned", "a_stats"], ["report"], ["b_stats"]]
    checked = [sum(isinstance(step, CheckSources) for step in unit) for unit in plan.units]
    assert checked == [0, 1, 1, 0, 1]


def test_views_that_share_rows_are_committed_at_once(engine: Engine) -> None:
    declared = Declared((*DECLARED.views, view("shop.d", "shop.cleaned")), DECLARED.upstream)
    done(engine, plan_apply(declared, engine))
    assert ["cleaned", "a_stats", "d_stats"] in transactions(plan_refresh(declared, engine))


def test_a_view_over_a_view_is_committed_with_it(engine: Engine) -> None:
    later = Events("shop.a", key="id", time="t0")
    over = FeatureView("shop.over", later, m=later.before_day(zone="UTC").sum("n"))
    declared = Declared((*DECLARED.views, over), DECLARED.upstream)
    done(engine, plan_apply(declared, engine))
    assert ["cleaned", "a_stats", "over_stats"] in transactions(plan_refresh(declared, engine))


@pytest.mark.parametrize(
    ("selectors", "expected"),
    [
        (["shop.parsed"], {"parsed"}),
        (["a_stats"], {"a_stats"}),
        (["+cleaned"], {"parsed", "cleaned"}),
        (["cleaned+"], {"cleaned", "a_stats", "report"}),
        (["+cleaned+"], {"parsed", "cleaned", "a_stats", "report"}),
        (["+shop.a"], {"parsed", "cleaned", "a_stats"}),
        (["+shop_a"], {"parsed", "cleaned", "a_stats"}),
        (["raw.sales+"], {"parsed", "cleaned", "a_stats", "report", "a2", "c_stats", "b_stats"}),
        (["parsed", "b_stats"], {"parsed", "b_stats"}),
        (["parsed b_stats"], {"parsed", "b_stats"}),
    ],
)
def test_selectors(engine: Engine, selectors: list[str], expected: set[str]) -> None:
    assert only(engine, *selectors) == expected


def test_from_leaves_out_what_comes_before(engine: Engine) -> None:
    assert only(engine, start=("cleaned",)) == {"cleaned", "a_stats", "report", "b_stats"}
    assert only(engine, "+cleaned+", start=("report",)) == {"report"}


def test_checks_come_with_the_statistics_that_need_them(engine: Engine) -> None:
    assert not any(isinstance(s, CheckSources) for s in plan_refresh(DECLARED, engine, Selection(("parsed",))).steps)
    assert any(isinstance(s, CheckSources) for s in plan_refresh(DECLARED, engine, Selection(("a_stats",))).steps)


@pytest.mark.parametrize(
    ("selector", "words", "fix"),
    [
        ("claened", "no relation 'claened'", "did you mean 'cleaned'"),
        ("shop.a", "selects nothing", r"\+shop\.a"),
        ("raw.sales", "selects nothing", r"raw\.sales\+"),
        ("++a_stats", "no selector", r"\+name"),
        ("a+b", "no selector", r"\+name"),
    ],
)
def test_a_selector_that_means_nothing(engine: Engine, selector: str, words: str, fix: str) -> None:
    for selection in (Selection((selector,)), Selection((), (selector,))):
        with pytest.raises(UsageError, match=words) as caught:
            plan_refresh(DECLARED, engine, selection)
        assert caught.value.fix is not None
        assert re.search(fix, caught.value.fix)


def test_a_failure_leaves_what_was_committed_and_says_so(engine: Engine) -> None:
    plan = plan_refresh(DECLARED, engine)
    engine.execute("INSERT INTO raw.sales VALUES (999, TIMESTAMP '2024-02-01', 1)")
    units = [*plan.units[:2], (dataclasses.replace(plan.units[2][0], statements=(Statement("SELECT * FROM no"),)),)]
    with pytest.raises(MissingRelationError):
        done(engine, dataclasses.replace(plan, units=tuple(units)))
    assert engine.rows("SELECT count(*) FROM shop.parsed") == [(201,)]
    assert engine.rows("SELECT count(*) FROM shop.report") == [(200,)]
    left = run.unfinished(StateSchema(engine), "refresh")
    assert left is not None
    assert left.plan == plan.fingerprint.digest
    assert [record.relation for record in left.steps if record.relation] == [
        "shop.parsed",
        "shop.a2",
        "shop.c_stats",
    ]
    ended = run.steps(StateSchema(engine), left.run_id)[-1]
    assert (ended.step, ended.status) == ("run", Status.FAILED)
    # DuckDB cannot tell whether rows changed: everything is done again
    assert transactions(plan_refresh(DECLARED, engine)) == transactions(plan)


def test_the_script_does_what_the_steps_do(engine: Engine) -> None:
    engine.execute("INSERT INTO raw.sales VALUES (999, TIMESTAMP '2024-02-01', 1)")
    text = script(plan_refresh(DECLARED, engine), engine)
    assert text.count("\nBEGIN;") == text.count("\nCOMMIT;") == 5
    for statement in text.split(";\n"):
        if any(line and not line.startswith("--") for line in statement.splitlines()):
            engine.execute(statement)
    assert engine.rows("SELECT count(*) FROM shop.report") == [(201,)]
    assert engine.rows("SELECT count(*) FROM shop.a") == [(201,)]


def test_the_script_stops_at_a_check_that_finds_something(engine: Engine) -> None:
    engine.execute("INSERT INTO raw.sales VALUES (1, TIMESTAMP '2024-02-01', 1)")
    text = script(plan_refresh(DECLARED, engine, Selection(("b_stats",))), engine)
    check = next(part for part in text.split(";\n") if "error(" in part and "not unique" in part)
    with pytest.raises(EngineError, match="not unique"):
        engine.execute(check)


def test_a_comment_never_becomes_sql(engine: Engine) -> None:
    plan = plan_refresh(DECLARED, engine, Selection(("parsed",)))
    hostile = dataclasses.replace(plan, target="x\nDROP TABLE raw.sales")
    lines = script(hostile, engine).splitlines()
    assert not any(line.startswith("DROP") for line in lines)
