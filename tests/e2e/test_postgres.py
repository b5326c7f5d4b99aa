"""The store on PostgreSQL: replaced without losing what is not ours, refreshed beside readers, whatever is killed."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from tests.e2e.postgres_shop import FEATURES, OTHER, apply, features, make_project, refresh, run
from tests.servers import fresh_database, versions

import tzero
from tzero.errors import BusyError, SourceError, StalePlanError, TargetError, TzeroError

pytestmark = pytest.mark.skipif(not versions(), reason="no PostgreSQL server is installed")

LEFT_OVER = "SELECT relname FROM pg_class WHERE relname LIKE 't0\\_old%' OR relname LIKE 't0\\_new%'"


@pytest.fixture(params=versions())
def url(request: pytest.FixtureRequest) -> str:
    return fresh_database(request.param)


@pytest.fixture
def project(url: str, tmp_path: Path) -> Path:
    return make_project(tmp_path, url, rows=2000)


def test_apply_twice_has_nothing_to_do(project: Path) -> None:
    apply(project)
    with tzero.open(project) as opened:
        assert opened.plan().is_empty
        assert opened.apply() is None
    assert features(project)[2000]["n"] > 0


def test_a_plan_says_who_waits_and_writes_nothing(project: Path, url: str) -> None:
    with tzero.open(project) as opened:
        steps = opened.plan().steps
        locks = {s.lock for step in steps for s in step.statements if s.sql.startswith("CREATE MATERIALIZED")}
        assert locks == {"ACCESS EXCLUSIVE on the new relation alone: nobody waits"}
        apply(project)
        assert not opened.plan().steps
    assert run(url, "SELECT count(*) FROM feature_store.t0_run WHERE step = 'run'") == [(1,)]


def test_a_stale_plan_is_refused(project: Path, url: str) -> None:
    with tzero.open(project) as opened:
        plan = opened.plan()
        run(url, "ALTER TABLE shop.sales ADD COLUMN more int")
        with pytest.raises(StalePlanError, match="columns"):
            opened.apply(planned=plan)


def test_replacing_keeps_what_is_not_ours(project: Path, url: str) -> None:
    apply(project)
    role = f"reader_{os.getpid()}_{random.randrange(10**9)}"
    run(url, f"CREATE ROLE {role}; GRANT SELECT ON feature_store.features, feature_store.features_stats TO {role}")
    run(url, "COMMENT ON VIEW feature_store.features IS 'it''s ours'")
    run(url, "CREATE VIEW public.theirs WITH (security_barrier) AS SELECT id, n FROM feature_store.features")
    run(url, "CREATE INDEX by_day ON feature_store.features_stats (t0_day)")
    before = run(url, "SELECT id, n FROM public.theirs ORDER BY 1")
    (project / "features.py").write_text(FEATURES.format(features=OTHER))
    apply(project)
    assert list(next(iter(features(project).values()))) == ["id", "t0", "average", "n"]
    assert run(url, "SELECT id, n FROM public.theirs ORDER BY 1") == before
    assert run(url, "SELECT reloptions FROM pg_class WHERE oid = 'public.theirs'::regclass") == [
        (["security_barrier=true"],)
    ]
    assert run(url, "SELECT obj_description('feature_store.features'::regclass)") == [("it's ours",)]
    for name in ("features", "features_stats"):
        assert run(url, f"SELECT has_table_privilege('{role}', 'feature_store.{name}', 'SELECT')") == [(True,)]
    names = run(url, "SELECT indexname FROM pg_indexes WHERE tablename = 'features_stats' ORDER BY 1")
    assert names == [("by_day",), ("ux_features_stats",)]
    assert run(url, LEFT_OVER) == []
    refresh(project)


def test_a_column_that_others_read_is_not_taken_away(project: Path, url: str) -> None:
    apply(project)
    run(url, "CREATE VIEW public.theirs AS SELECT first_day FROM feature_store.features")
    (project / "features.py").write_text(FEATURES.format(features=OTHER))
    with pytest.raises(TzeroError, match="first_day"):
        apply(project)
    assert len(run(url, "SELECT first_day FROM public.theirs")) == 2000


def test_a_materialized_view_of_others_is_named(project: Path, url: str) -> None:
    apply(project)
    run(url, "CREATE MATERIALIZED VIEW public.theirs AS SELECT n FROM feature_store.features")
    (project / "features.py").write_text(FEATURES.format(features=OTHER))
    with tzero.open(project) as opened, pytest.raises(TargetError, match=r"public\.theirs"):
        opened.plan()
    assert len(run(url, "SELECT n FROM public.theirs")) == 2000


def test_two_runs_never_meet_and_the_second_says_who_is_in(project: Path) -> None:
    apply(project)
    found = pytest.raises(BusyError, match=r"tzero refresh of somebody.*process")
    with tzero.open(project) as one, one.session() as engine, engine.exclusive("tzero refresh of somebody"), found:
        refresh(project)
    refresh(project)


def test_null_keys_are_refused_before_a_refresh(project: Path, url: str) -> None:
    apply(project)
    (project / "things.sql").write_text("SELECT thing, brand FROM shop.raw_things WHERE brand > ''")
    apply(project)
    run(url, "INSERT INTO shop.raw_things VALUES (NULL, 'brand x')")
    refresh(project)
    with pytest.raises(SourceError, match=r"thing.*holds NULL"):
        refresh(project)
