"""Gate B2 on random stores: what the compiler counts is what is counted again, and a changed value is found.

``HYPOTHESIS_PROFILE=long`` tries thousands of new random stores.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from tests.oracle.corners import corner_stores
from tests.oracle.database import store_statements, table_statements
from tests.oracle.description import Store, Tables
from tests.oracle.strategies import stores
from tests.oracle.translate import catalog, feature_view
from tests.servers import fresh_database, versions

from tzero.certify.gate import GateResult, Verdict
from tzero.certify.gates.b2_recount import RecountGate
from tzero.certify.subject import Anchors, Subject
from tzero.compile.compiler import compile_view
from tzero.engines.base import Engine
from tzero.engines.targets import Target, open_engine
from tzero.prove import Declarations
from tzero.state.schema import StateSchema

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
ENGINES = ["duckdb", *map(str, versions()[-1:])]
CORNERS = [(engine, at) for engine in ENGINES for at in range(0, 15, 1 if LONG else 5 if engine == "duckdb" else 15)]
RANDOM_STORES = settings(
    max_examples=3000 if LONG else 15,
    derandomize=not LONG,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)


@cache
def opened(engine: str) -> Engine:
    url = "duckdb://" if engine == "duckdb" else fresh_database(int(engine))
    return open_engine(Target.parse(url, Path()), read_only=False)


@contextmanager
def deployed(store: Store, tables: Tables, engine: Engine) -> Iterator[Subject]:
    """The subject of a store that is there until the block ends."""
    deployment = compile_view(feature_view(store), catalog(tables), engine.dialect)
    with pytest.raises(InterruptedError), engine.transaction():
        if engine.dialect == "postgres":
            engine.execute("SET LOCAL search_path = public")
        for statement in (*table_statements(tables), *store_statements(deployment, engine.dialect)):
            engine.execute(statement)
        view = deployment.view
        anchors = Anchors(view.base_relation, view.rows.source.key, "t0")
        yield Subject(
            engine, StateSchema(engine, "state"), view.name, view.contract, view.rows.source.key, anchors,
            Declarations(), deployment=deployment,
        )  # fmt: skip
        raise InterruptedError


def judged(subject: Subject) -> GateResult:
    return RecountGate()(subject)


@RANDOM_STORES
@given(stores())
def test_random_stores_are_what_counting_gives(drawn: tuple[Store, Tables]) -> None:
    with deployed(*drawn, opened("duckdb")) as subject:
        result = judged(subject)
    assert result.findings == ()


@pytest.mark.parametrize(("engine", "corner"), CORNERS)
def test_everything_at_once(engine: str, corner: int) -> None:
    with deployed(*list(corner_stores())[corner], opened(engine)) as subject:
        result = judged(subject)
    assert (result.verdict, result.findings) == (Verdict.PASS, ())
    assert result.exercised["values compared"] == result.exercised["values"]
    assert int(result.exercised["statistics"]) >= 15


def test_without_numpy_every_event_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tzero.certify.gates.b2_recount.find_spec", lambda _: None)
    monkeypatch.setattr(
        "tzero.certify.recount.event_counts.EventCounts.values", lambda *_: pytest.fail("numpy was used")
    )
    with deployed(*next(iter(corner_stores())), opened("duckdb")) as subject:
        result = judged(subject)
    assert (result.verdict, result.findings) == (Verdict.PASS, ())
    assert result.exercised["values compared"] == result.exercised["values"]


@pytest.mark.parametrize("engine", ENGINES)
def test_every_column_that_is_changed_by_hand_is_found(engine: str) -> None:
    store, tables = next(iter(corner_stores()))
    with deployed(store, tables, opened(engine)) as subject:
        assert subject.deployment is not None
        changed = set()
        for relation in subject.deployment.relations:
            if relation.is_stored:
                for column in relation.query.named_selects[len(relation.key) :]:
                    changed.add(column)
                    _change(subject.engine, str(relation.name), column)
        found = {finding.column for finding in judged(subject).findings if finding.code == "B2.recount"}
    assert changed
    assert changed == found


def _change(engine: Engine, relation: str, column: str) -> None:
    """Another value of the same type where there was one, NULL where all were NULL or one stays the same."""
    engine.execute(
        f'UPDATE {relation} SET "{column}" = CASE WHEN "{column}" IS NULL THEN '
        f'(SELECT max("{column}") FROM {relation}) END'
    )
