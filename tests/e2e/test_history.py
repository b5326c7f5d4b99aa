"""Rows that are overwritten in place: without their versions the past moves, with them it does not."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import duckdb
import psycopg
import pytest
from tests.e2e.history_market import FEATURES, FEW, LOOKED_UP, Market, Memory, Row, Run, agrees
from tests.servers import fresh_database, versions

import tzero
from tzero.certify.gate import Gate, GateResult, Verdict
from tzero.certify.gates.b1_proof import ProofGate
from tzero.certify.gates.b2_recount import RecountGate
from tzero.certify.gates.c2_baseline import BaselineGate
from tzero.certify.gates.c3_fresh import FreshGate
from tzero.errors import EngineError, TargetError
from tzero.refresh.roles import Roles
from tzero.refresh.versions import KeptVersions

CONFIG = 'name = "shop"\n\n[targets.dev]\nurl = "{url}"\n\n[baseline]\nsettling_days = 0\n'
CHANGES = "feature_store.t0_version_sales"
ENGINES = ["duckdb", pytest.param("postgres", marks=pytest.mark.skipif(not versions(), reason="no PostgreSQL"))]


class Store:
    """A project over a market on one engine."""

    def __init__(self, root: Path, engine: str, features: str = FEW, *, history: bool = True, seed: int = 1) -> None:
        self.root = root
        self.url = url = fresh_database() if engine == "postgres" else "duckdb:///store.duckdb"
        (root / "tzero.toml").write_text(CONFIG.format(url=url))
        (root / "features.py").write_text(features.format(history=history))
        self.run = _postgres(url) if engine == "postgres" else _duckdb(root / "store.duckdb")
        self.market = Market(self.run, seed)
        self.memory = Memory()
        self.apply()

    def copied_to(self, root: Path) -> Store:
        """This store over a copy of its folder; of DuckDB."""
        copied = copy(self)
        copied.root, copied.run = root, _duckdb(root / "store.duckdb")
        return copied

    def apply(self) -> None:
        with tzero.open(self.root) as project:
            project.apply()
        self.memory.see(self.market)

    def refresh(self) -> None:
        with tzero.open(self.root) as project:
            project.refresh()
        self.memory.see(self.market)

    def features(self) -> dict[int, Row]:
        with tzero.open(self.root) as project:
            return {row["id"]: row for row in project.read().to_pylist()}

    def accept(self) -> None:
        with tzero.open(self.root) as project:
            project.accept_baseline(by="ada", why="the first one")

    def drifts(self) -> list[Any]:
        with tzero.open(self.root) as project:
            return list(project.baseline_difference().drifts)

    def gate(self, gate: Gate) -> GateResult:
        with tzero.open(self.root) as project, project.session(read_only=True) as engine:
            return gate(project.subject(engine))


def _duckdb(path: Path) -> Run:
    def run(sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(path)) as connection:
            return connection.execute(sql).fetchall()

    return run


def _postgres(url: str) -> Run:
    import psycopg

    def run(sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(url, autocommit=True) as connection:
            found = connection.execute(sql.encode())
            return found.fetchall() if found.description else []

    return run


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    yield request.param


def test_features_are_those_of_the_versions_known_before_t0(engine: str, tmp_path: Path) -> None:
    store = Store(tmp_path, engine, FEATURES)
    for _ in range(3):
        past = store.features()
        store.market.shake()
        store.refresh()
        found = store.features()
        assert all(agrees(found[key], row) for key, row in past.items())
        wanted = store.memory.features()
        assert found.keys() == wanted.keys()
        wrong = {key: (found[key], wanted[key]) for key in wanted if not agrees(found[key], wanted[key])}
        assert not wrong
    assert any(len(each) > 2 for each in store.memory.sales.values())
    assert any(each[-1].row is None for each in store.memory.sales.values())
    assert store.gate(RecountGate()).verdict is Verdict.PASS
    assert store.gate(ProofGate()).verdict is Verdict.PROVED


def test_an_edit_moves_the_past_without_versions_and_not_with_them(engine: str, tmp_path: Path) -> None:
    told = {}
    for history in (False, True):
        folder = tmp_path / str(history)
        folder.mkdir()
        store = Store(folder, engine, history=history)
        store.accept()
        before = store.features()
        edited = next(row for row in store.market.sales.values() if row["brand"] == "ace")
        store.market.put("sales", edited | {"brand": "bell", "price": 3.5})
        store.market.put("sales", store.market._sale(50, store.memory.sales[edited["id"]][0].known.replace(year=2100)))
        store.refresh()
        after = store.features()
        moved = [key for key, row in before.items() if not agrees(after[key], row)]
        told[history] = ([drift.kind.value for drift in store.drifts()], bool(moved))
        # the row that comes after the edit counts the new version, either way
        brand = after[50]["brand"]
        live = [row for row in store.market.sales.values() if row["brand"] == brand and row["id"] != 50]
        assert after[50]["number"] == (len(live) if brand else 0)
    assert told == {False: (["edit"], True), True: ([], False)}


def test_a_vocabulary_that_is_looked_up_is_proved_and_does_not_move(engine: str, tmp_path: Path) -> None:
    store = Store(tmp_path, engine, LOOKED_UP)
    before = store.features()
    assert {row["place"] for row in before.values()} == {"none", "city 0", "city 1"}
    for at in range(4):
        store.market.put("sellers", store.market.sellers[at] | {"city": "elsewhere"})
    store.refresh()
    assert store.features() == before
    assert store.gate(ProofGate()).verdict is Verdict.PROVED
    assert store.gate(RecountGate()).verdict is Verdict.PASS


def test_a_refresh_of_nothing_new_appends_nothing(engine: str, tmp_path: Path) -> None:
    store = Store(tmp_path, engine)
    kept = store.run(f"SELECT count(*), min(t0_version), max(t0_version), sum(t0_change) FROM {CHANGES}")
    assert kept == [(24, 1, 1, 24)]  # NaN and NULL among the prices are what they were
    store.refresh()
    assert store.run(f"SELECT count(*), min(t0_version), max(t0_version), sum(t0_change) FROM {CHANGES}") == kept
    fresh = store.gate(FreshGate())
    assert fresh.verdict is Verdict.PASS
    assert "24 versions of 24 rows of raw.sales are kept since" in fresh.notes[0]
    assert "taken as known at sold_at" in fresh.notes[0]
    store.market.delete("sales", 3)
    assert [finding.code for finding in store.gate(FreshGate()).findings] == ["C3.uncaptured"]
    store.refresh()
    fresh = store.gate(FreshGate())
    assert fresh.verdict is Verdict.PASS
    assert "(by 2 captures), and 1 of these rows is gone" in fresh.notes[0]
    gone = store.run(f"SELECT t0_version, t0_change FROM {CHANGES} WHERE id = 3 ORDER BY t0_change DESC")
    assert gone == [(1, 1), (1, -1)]
    assert 3 in store.features()


def test_a_capture_that_overwrites_is_caught(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path, engine)
    store.accept()
    honest = KeptVersions.renewal

    def overwriting(self: KeptVersions, engine: Any) -> Any:
        (first, *rest) = honest(self, engine)
        source, name = self.queries.versions.source, self.name
        sql = f"UPDATE {name} AS v SET brand = b.brand FROM {source} AS b WHERE b.id = v.id"
        return (type(first)(sql), *rest) if "sales" in str(name) else (first, *rest)

    monkeypatch.setattr(KeptVersions, "renewal", overwriting)
    edited = next(row for row in store.market.sales.values() if row["brand"] == "ace")
    store.market.put("sales", edited | {"brand": "bell"})
    if engine == "postgres":
        with tzero.open(tmp_path) as project, pytest.raises(EngineError, match="only ever added"):
            project.refresh()
        return
    store.refresh()
    with tzero.open(tmp_path) as project:
        found = project.baseline_difference()
    assert [drift.kind.value for drift in found.drifts] == ["edit"]
    assert ["brand" in history.columns for history in found.rewritten] == [True]


@pytest.mark.skipif(not versions(), reason="no PostgreSQL")
def test_rows_of_changes_are_only_ever_added(tmp_path: Path) -> None:
    """PostgreSQL refuses anything else, but where the table is named; what was done there is found, and accepted."""
    store = Store(tmp_path, "postgres")
    store.accept()
    for statement in (f"UPDATE {CHANGES} SET brand = 'ace'", f"DELETE FROM {CHANGES}", f"TRUNCATE {CHANGES}"):
        with pytest.raises(psycopg.Error, match=r"only ever added to feature_store\.t0_version_sales"):
            store.run(f"SET session_replication_role = replica; {statement}")
    with pytest.raises(psycopg.Error, match=r"only ever added to feature_store\.t0_capture"):
        store.run("DELETE FROM feature_store.t0_capture")
    store.run("DELETE FROM raw.sales WHERE id = 3")
    store.refresh()
    store.run(f"BEGIN; SET LOCAL tzero.rewriting = '{CHANGES}'; DELETE FROM {CHANGES} WHERE id = 3; COMMIT")
    gate = store.gate(BaselineGate())
    assert gate.verdict is Verdict.FAIL
    witnesses = [finding.witness or {} for finding in gate.findings if finding.code == "C2.history"]
    assert [each["changes"] - each["sealed"] for each in witnesses] == [-1, -1]
    store.refresh()
    with tzero.open(tmp_path) as project:
        found, _ = project.accept_baseline(by="ada", why="the buyer asked to be forgotten")
    assert len(found.rewritten) == 2
    assert store.gate(BaselineGate()).verdict is Verdict.PASS


def test_versions_of_before_captures_were_sealed_are_taken_as_they_are(engine: str, tmp_path: Path) -> None:
    store = Store(tmp_path, engine)
    if engine == "postgres":
        store.run(f"DROP TRIGGER t0_append_only ON {CHANGES}; DROP TRIGGER t0_append_only ON feature_store.t0_capture")
    store.run("DELETE FROM feature_store.t0_capture")
    assert store.gate(BaselineGate()).verdict is Verdict.FAIL
    with tzero.open(tmp_path) as project:
        assert any("nothing says what its captures held" in step.title for step in project.plan().steps)
    store.apply()
    assert store.gate(BaselineGate()).verdict is Verdict.PASS
    assert store.run("SELECT DISTINCT why FROM feature_store.t0_capture") == [("captures of before they were sealed",)]
    with tzero.open(tmp_path) as project:
        assert not project.plan().steps


def test_a_refresh_that_fails_appends_nothing(engine: str, tmp_path: Path) -> None:
    store = Store(tmp_path, engine)
    store.market.put("sales", store.market.sales[3] | {"brand": "cube", "price": 77.0})
    store.run("INSERT INTO raw.sales VALUES (90, 1, 'ace', 1, NULL)")
    with tzero.open(tmp_path) as project, pytest.raises(tzero.errors.SourceError, match="sold_at"):
        project.refresh()
    assert store.run(f"SELECT count(*) FROM {CHANGES}") == [(24,)]
    store.run("DELETE FROM raw.sales WHERE id = 90")
    script = _script(store)
    assert f'INSERT INTO "feature_store"."{CHANGES.partition(".")[2]}"' in script
    store.refresh()
    assert store.run(f"SELECT count(*) FROM {CHANGES}") == [(26,)]


def _script(store: Store) -> str:
    with tzero.open(store.root) as project:
        return project.refresh_script()


@pytest.mark.skipif(not versions(), reason="no PostgreSQL")
def test_the_role_that_refreshes_may_append(tmp_path: Path) -> None:
    store = Store(tmp_path, "postgres")
    url, names = store.url, [f"{role}_of_versions" for role in ("owner", "refresher", "reader")]
    with tzero.open(tmp_path) as project:
        store.run(project.grants(Roles(*names)))
    store.run(f"ALTER ROLE {names[1]} LOGIN")
    store.market.put("sales", store.market.sales[3] | {"brand": "cube", "price": 77.0})
    parts = urlsplit(url)
    server = parts.netloc.rpartition("@")[2]
    with tzero.open(tmp_path, target=urlunsplit(parts._replace(netloc=f"{names[1]}@{server}"))) as project:
        project.refresh()
    assert store.run(f"SELECT count(*) FROM {CHANGES}") == [(26,)]


def test_a_column_that_is_read_later_joins_the_versions(engine: str, tmp_path: Path) -> None:
    store = Store(tmp_path, engine)
    store.run("ALTER TABLE raw.sales ADD COLUMN colour text")
    store.run("UPDATE raw.sales SET colour = 'red'")
    store.refresh()
    assert store.run(f"SELECT count(*) FROM {CHANGES}") == [(24,)], "a column that nobody reads makes no version"
    text = (tmp_path / "features.py").read_text()
    (tmp_path / "features.py").write_text(text.replace('"price")', '"price", "colour")', 1))
    store.apply()
    assert store.run(f"SELECT count(*), min(colour), max(colour) FROM {CHANGES}") == [(24, "red", "red")]
    assert {row["colour"] for row in store.features().values()} == {"red"}
    store.run("UPDATE raw.sales SET colour = 'blue' WHERE id = 1")
    store.refresh()
    assert store.features()[1]["colour"] == "red"
    assert store.run(f"SELECT colour FROM {CHANGES} WHERE id = 1 AND t0_version = 2") == [("blue",)]
    # another key would make other versions of it: the table is left alone, and that is said
    (tmp_path / "features.py").write_text(text.replace('key="id"', 'key=("id", "seller")'))
    with tzero.open(tmp_path) as project, pytest.raises(TargetError, match="keeps versions by"):
        project.plan()
