from __future__ import annotations

import datetime as dt

import pytest

from tzero.errors import StateError
from tzero.state import definition, feature_contract, feature_set, migrations, run
from tzero.state.contract import ColumnRole, Contract, ContractColumn, differences
from tzero.state.run import RunRecord, Status
from tzero.state.schema import StateSchema

FAILED = Status.FAILED
KEY = ContractColumn("id", "bigint", False, ColumnRole.KEY)
T0 = ContractColumn("t0", "timestamp", False, ColumnRole.T0)
PRICE = ContractColumn("price", "double", True, ColumnRole.FEATURE)
CONTRACT = Contract("phones", "shop.phones", (KEY, T0, PRICE))

VERIFICATION = """
SELECT fc.feature_name
FROM "my state".feature_set fs
JOIN "my state".feature_contract fc ON fc.set_id = fs.set_id
WHERE fs.name = 'phones'
ORDER BY fc.ordinal
"""


def test_nothing_is_known_of_an_empty_database(empty: StateSchema) -> None:
    assert migrations.version(empty) == 0
    assert feature_contract.read(empty, "phones") is None
    assert feature_set.every(empty) == ()
    assert definition.current(empty) == {}
    assert run.last(empty) is None


def test_migrations_are_applied_once(state: StateSchema) -> None:
    assert migrations.version(state) == migrations.LATEST
    assert migrations.pending(state) == ()


def test_migrations_are_numbered_without_gaps() -> None:
    assert [migration.version for migration in migrations.MIGRATIONS] == list(range(1, migrations.LATEST + 1))


def test_a_newer_version_is_refused(state: StateSchema) -> None:
    state.engine.execute("INSERT INTO \"my state\".t0_schema_version VALUES (99, 'later', now())")
    with pytest.raises(StateError, match="version 99") as caught:
        migrations.pending(state)
    assert "newer" in str(caught.value)


def test_a_contract_comes_back_and_answers_the_verification_query(state: StateSchema) -> None:
    feature_contract.write(state, CONTRACT)
    assert feature_contract.read(state, "phones") == CONTRACT
    assert state.engine.rows(VERIFICATION) == [("id",), ("t0",), ("price",)]
    known = feature_set.find(state, "phones")
    assert known is not None
    assert (known.n_features, known.features_hash) == (3, CONTRACT.features_hash)


def test_a_contract_is_replaced_under_its_number(state: StateSchema) -> None:
    feature_contract.write(state, Contract("other", "shop.other", (KEY,)))
    feature_contract.write(state, CONTRACT)
    before = feature_set.find(state, "phones")
    shorter = Contract("phones", "shop.phones", (KEY, PRICE))
    with state.engine.transaction():
        feature_contract.write(state, shorter)
    after = feature_set.find(state, "phones")
    assert before is not None
    assert after is not None
    assert after.set_id == before.set_id
    assert feature_contract.read(state, "phones") == shorter
    assert [known.name for known in feature_set.every(state)] == ["other", "phones"]


def test_a_contract_changed_by_hand_is_noticed(state: StateSchema) -> None:
    feature_contract.write(state, CONTRACT)
    state.engine.execute("UPDATE \"my state\".feature_contract SET dtype = 'text' WHERE feature_name = 'price'")
    with pytest.raises(StateError, match="changed by hand"):
        feature_contract.read(state, "phones")


@pytest.mark.parametrize(
    "columns",
    [
        (T0, KEY, PRICE),
        (KEY, T0),
        (KEY, T0, ContractColumn("price", "integer", True, ColumnRole.FEATURE)),
        (KEY, T0, ContractColumn("price", "double", False, ColumnRole.FEATURE)),
        (KEY, T0, ContractColumn("price", "double", True, ColumnRole.KEY)),
        (KEY, T0, ContractColumn("prize", "double", True, ColumnRole.FEATURE)),
    ],
)
def test_every_part_of_a_column_is_hashed(columns: tuple[ContractColumn, ...]) -> None:
    assert Contract("phones", "shop.phones", columns).features_hash != CONTRACT.features_hash


def test_differences_name_what_moved() -> None:
    live = [("t0", "timestamp"), ("id", "bigint"), ("price", "double")]
    assert [(d.problem, d.column) for d in differences(CONTRACT, live)] == [("position", "id"), ("position", "t0")]
    assert differences(CONTRACT, [("id", "bigint"), ("t0", "timestamp"), ("price", "double")]) == ()


def test_definitions_are_appended_and_the_last_one_counts(state: StateSchema) -> None:
    first = definition.Definition("shop.v", "base", "SELECT 1", "SELECT 1")
    second = definition.Definition("shop.v", "base", "SELECT 'ünï ?'", "SELECT 2")
    definition.append(state, first, 1)
    definition.append(state, second, 2)
    assert definition.current(state) == {"shop.v": second}
    assert state.rows(definition.TABLE, "SELECT sha256 FROM {table} ORDER BY run_id") == [
        (first.sha256,),
        (second.sha256,),
    ]


def test_runs_keep_their_steps(state: StateSchema) -> None:
    at = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)
    later = at + dt.timedelta(seconds=90)
    done = (
        run.RunRecord("refresh", "run", None, at, later),
        run.RunRecord("refresh", "statistics", "shop.s", at, later, 12),
    )
    run.append(state, run.next_id(state), done)
    run.append(state, run.next_id(state), (run.RunRecord("refresh", "run", None, at, at, None, FAILED, "boom"),))
    assert run.steps(state, 1) == done
    assert run.last(state) == done[0]
    assert done[0].seconds == 90


def test_a_run_without_its_end_is_unfinished(state: StateSchema) -> None:
    at = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)
    begun = RunRecord("refresh", "begin", None, at, at, status=Status.STARTED, plan="abc")
    step = RunRecord("refresh", "refresh upstream", "shop.s", at, at, 12, lock_seconds=0.5, inputs="v1")
    run.append(state, 1, (begun,))
    run.append(state, 1, (step,))
    assert run.unfinished(state, "refresh") == run.Unfinished(1, "abc", (step,))
    assert run.unfinished(state, "apply") is None
    run.append(state, 1, (RunRecord("refresh", "run", None, at, at, status=FAILED, detail="boom"),))
    assert run.unfinished(state, "refresh") == run.Unfinished(1, "abc", (step,))
    run.append(state, 1, (RunRecord("refresh", "run", None, at, at),))
    assert run.unfinished(state, "refresh") is None


def test_the_run_table_of_the_first_version_is_migrated_with_its_rows(empty: StateSchema) -> None:
    first, *later = migrations.MIGRATIONS
    at = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)
    for statement in migrations.statements(empty, first):
        empty.engine.execute(statement.sql)
    migrations.record(empty, first)
    empty.write(
        run.TABLE, "INSERT INTO {table} VALUES (1, 0, 'apply', 'run', NULL, ?, ?, NULL, 'done', NULL)", [at, at]
    )
    assert run.last(empty) == RunRecord("apply", "run", None, at, at)
    for migration in later:
        for statement in migrations.statements(empty, migration):
            empty.engine.execute(statement.sql)
    assert run.steps(empty, 1) == (RunRecord("apply", "run", None, at, at),)
