"""Whoever rewrites a version and what seals its capture: the certificate from before that knows what was sealed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.e2e.test_history import CHANGES, Store

import tzero
from tzero.certify.certificate import Certificate
from tzero.certify.gate import Verdict
from tzero.certify.gates.c2_baseline import BaselineGate
from tzero.certify.verify import read_certificate, verify_at
from tzero.errors import UncertifiedError

EDITED = f"UPDATE {CHANGES} SET price = 99 WHERE id = 3 AND t0_version = 1"


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A certified store over versions, and an edit that is captured, of which no feature depends on the old price."""
    store = Store(tmp_path_factory.mktemp("certified"), "duckdb")
    store.market.put("sales", store.market.sales[3] | {"price": 77.0})
    store.refresh()
    assert _certify(store).is_good
    return store


@pytest.fixture
def store(certified: Store, tmp_path: Path) -> Store:
    shutil.copytree(certified.root, tmp_path, dirs_exist_ok=True)
    return certified.copied_to(tmp_path)


def _certify(store: Store) -> Certificate:
    with tzero.open(store.root) as project:
        return project.certify("shop.features", seconds=1.0)  # less finds no time to move a row on a busy machine


def _forge(store: Store) -> None:
    """Change a version, forget what sealed it, and have all sealed anew: nothing in the versions tells of it then."""
    store.run(EDITED)
    store.run(f"DELETE FROM feature_store.t0_capture WHERE relation = '{CHANGES}'")
    store.apply()


def test_the_seals_that_a_certificate_saw_cannot_be_made_anew(store: Store) -> None:
    _forge(store)
    for _ in range(2):  # a certificate that refuses takes nothing as seen
        found = _certify(store)
        (gate,) = (gate for gate in found.predicate["gates"] if gate["gate"] == "C2")
        told = [finding["message"] for finding in gate["findings"] if finding["code"] == "C2.history"]
        assert not found.is_good
        assert len(told) == 1
        assert told[0].startswith(f"what seals the captures in {CHANGES} was changed after certificate")


def test_the_guard_refuses_it_before_anybody_certifies_again(store: Store) -> None:
    store.run(EDITED)
    store.run(f"UPDATE feature_store.t0_capture SET digest = 'feed' WHERE relation = '{CHANGES}' AND number = 1")
    with tzero.open(store.root) as project, pytest.raises(UncertifiedError, match="what seals the captures in"):
        project.require_certified("shop.features")


def test_a_copy_of_the_certificate_tells_it_where_the_database_was_cleaned(store: Store) -> None:
    with tzero.open(store.root) as project:
        copy = json.loads(json.dumps(project.last_certificate("shop.features").as_json()))
    with tzero.open(store.root) as project, project.session(read_only=True) as engine:
        state = project.subject(engine).state
        assert all(check.holds for check in verify_at(read_certificate(copy)[0], state))
    _forge(store)
    store.run("DELETE FROM feature_store.t0_certificate")
    with tzero.open(store.root) as project, project.session(read_only=True) as engine:
        checks = verify_at(read_certificate(copy)[0], project.subject(engine).state)
    assert "captures" in [check.what for check in checks if not check.holds]


def test_somebody_may_answer_for_it(store: Store) -> None:
    _forge(store)
    with tzero.open(store.root) as project:
        found, _ = project.accept_baseline(by="ada", why="the buyer asked to be forgotten")
        assert [history.relation for history in found.rewritten] == [CHANGES]
    assert store.gate(BaselineGate()).verdict is Verdict.PASS
    assert _certify(store).is_good


def test_what_is_sealed_later_changes_nothing_of_what_was(store: Store) -> None:
    store.run("UPDATE raw.sales SET price = 78 WHERE id = 4")
    store.refresh()
    assert store.gate(BaselineGate()).verdict is Verdict.PASS
