"""The guard inside PostgreSQL: the guarded view gives rows while it is certified, and the reason while it is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.servers import versions
from tests.unit.certify.shop import VIEW, Shop, open_shop

from tzero.certify.certificate import certify
from tzero.certify.certificate import keep as keep_certificate
from tzero.certify.certification import Certification, pass_gates
from tzero.certify.gate import GateResult, Verdict
from tzero.certify.gates.a1_objects import ObjectsGate
from tzero.certify.gates.a3_contract import ContractGate
from tzero.certify.guard import require_certified
from tzero.certify.guarding import put_guard
from tzero.certify.lineage import lineage_of
from tzero.certify.marks import marks_of
from tzero.engines.postgres_guard import guarded_name
from tzero.engines.row_marks import is_unwritten, row_mark
from tzero.errors import TargetError, TzeroError
from tzero.sql.names import RelationName

pytestmark = pytest.mark.skipif(not versions(), reason="no PostgreSQL server here")
READ = "SELECT count(*) FROM shop.features_train"


@pytest.fixture(params=versions())
def guarded(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A certified shop with its guard."""
    shop = open_shop(str(request.param))
    keep(shop)
    with shop.engine.transaction():
        put_guard(shop.subject())
    yield shop
    shop.engine.close()


def keep(shop: Shop, *results: GateResult) -> None:
    subject = shop.subject()
    passed = Certification(subject, results) if results else pass_gates(subject, [ObjectsGate(), ContractGate()])
    keep_certificate(shop.state, certify(passed, marks=marks_of(shop.engine, lineage_of(subject))))


def refused(shop: Shop, query: str = READ) -> str:
    with pytest.raises(TzeroError) as caught:
        shop.engine.rows(query)
    return str(caught.value)


def test_a_certified_view_is_read_through_its_guard(guarded: Shop) -> None:
    assert guarded.engine.rows(READ) == [(120,)]
    shown, behind = (guarded.engine.describe(name) for name in (VIEW, put_guard(guarded.subject())))
    assert shown is not None
    assert behind is not None
    assert shown.columns == behind.columns


def test_every_read_fails_whatever_it_asks(guarded: Shop) -> None:
    guarded.run("DELETE FROM feature_store.t0_certificate")
    for query in (READ, "SELECT * FROM shop.features_train LIMIT 1", "SELECT max(price) FROM shop.features_train"):
        assert "of shop.features is not the last one kept" in refused(guarded, query)


def test_no_condition_of_a_reader_runs_before_the_guard(guarded: Shop) -> None:
    guarded.run(
        "CREATE TABLE shop.seen (id bigint)",
        "CREATE FUNCTION shop.peek(id bigint) RETURNS boolean LANGUAGE plpgsql COST 0.000001 AS "
        "$f$ BEGIN RAISE EXCEPTION 'peeked at %', id; END $f$",
        "DELETE FROM feature_store.t0_certificate",
    )
    assert "is not the last one kept" in refused(guarded, "SELECT * FROM shop.features_train WHERE shop.peek(id)")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE feature_store.t0_certificate SET statement = statement || ' '", "was changed after it was made"),
        ("UPDATE feature_store.t0_certificate SET run_id = 7", "was changed after it was made"),
        ("UPDATE feature_store.t0_certificate SET verdict = 'REFUSED'", "was changed after it was made"),
        ("UPDATE feature_store.feature_set SET features_hash = 'x'", "is not the one that was certified"),
        ("DELETE FROM feature_store.feature_contract WHERE ordinal = 2", "columns differ from the contract"),
        ("INSERT INTO raw.sales VALUES (900, TIMESTAMP '2024-01-05', 'b1', 'red', 1)", "rows came or went"),
        ("DELETE FROM raw.sales WHERE id = 3", "rows came or went"),
        ("UPDATE raw.sales SET price = 99 WHERE id = 3", "rows of raw.sales were written"),
        ("REFRESH MATERIALIZED VIEW shop.features_stats", "rows of shop.features_stats were written"),
    ],
)
def test_what_changed_since_is_the_reason(guarded: Shop, change: str, reason: str) -> None:
    guarded.run(change)
    assert reason in refused(guarded)


def test_a_function_that_takes_rows_away(guarded: Shop) -> None:
    """No stored row is written, and no definition is another one."""
    text = guarded.engine.rows("SELECT pg_catalog.pg_get_viewdef('shop.features_base'::pg_catalog.regclass)")[0][0]
    guarded.run(
        "CREATE FUNCTION raw.counts(id bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT id > 0'",
        f"CREATE OR REPLACE VIEW shop.features_base AS SELECT * FROM ({text.rstrip(';')}) AS b WHERE raw.counts(b.id)",
    )
    keep(guarded)
    assert guarded.engine.rows(READ) == [(120,)]
    guarded.run(
        "CREATE OR REPLACE FUNCTION raw.counts(id bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT id > 9'"
    )
    assert "rows came or went" in refused(guarded)
    with pytest.raises(TzeroError, match="120 rows up to"):
        require_certified(guarded.state, VIEW)


def test_rows_are_looked_at_where_a_policy_may_hide_them(guarded: Shop) -> None:
    """The view is read with the rights of a role that the policy is for; the guard with those of a superuser."""
    guarded.run(
        "DROP ROLE IF EXISTS view_owner", "CREATE ROLE view_owner", "GRANT USAGE ON SCHEMA raw, shop TO view_owner",
        "GRANT SELECT ON raw.sales TO view_owner", "ALTER VIEW shop.features_base OWNER TO view_owner",
    )  # fmt: skip
    try:
        assert guarded.engine.rows(READ) == [(120,)]
        guarded.run(
            "CREATE POLICY part_of_it ON raw.sales FOR SELECT USING (id > 9)",
            "ALTER TABLE raw.sales ENABLE ROW LEVEL SECURITY",
        )
        assert "rows came or went" in refused(guarded)
        with pytest.raises(TzeroError, match="120 rows up to"):
            require_certified(guarded.state, VIEW)
    finally:
        guarded.run("DROP OWNED BY view_owner CASCADE", "DROP ROLE view_owner")


def test_what_changed_no_row_is_let_through(guarded: Shop) -> None:
    for change in (
        "REFRESH MATERIALIZED VIEW CONCURRENTLY shop.features_stats",
        "GRANT SELECT ON shop.features_stats TO PUBLIC",
        "VACUUM FULL shop.features_stats",
        "ANALYZE shop.features_stats",
        "VACUUM FREEZE raw.sales",
    ):
        guarded.run(change)
        assert guarded.engine.rows(READ) == [(120,)], change
        assert require_certified(guarded.state, VIEW), change


def test_a_refresh_beside_readers_that_changed_a_row(guarded: Shop) -> None:
    """The rows that it is made from lie apart, so that nothing else can tell."""
    guarded.run(
        "ALTER TABLE raw.sales RENAME TO later", "CREATE MATERIALIZED VIEW raw.sales AS SELECT * FROM raw.later"
    )
    guarded.run("CREATE UNIQUE INDEX ON raw.sales (id)")
    name = RelationName.parse("raw.sales")
    mark = row_mark(guarded.engine, name)
    assert mark is not None
    assert is_unwritten(guarded.engine, name, mark)
    guarded.run("UPDATE raw.later SET price = 99 WHERE id = 3")
    assert is_unwritten(guarded.engine, name, mark)
    guarded.run("REFRESH MATERIALIZED VIEW CONCURRENTLY raw.sales")
    assert not is_unwritten(guarded.engine, name, mark)


def test_a_refresh_since(guarded: Shop) -> None:
    guarded.refresh()
    assert "tzero refresh" in refused(guarded)
    keep(guarded)
    assert guarded.engine.rows(READ) == [(120,)]


def test_a_definition_since(guarded: Shop) -> None:
    text = guarded.engine.rows("SELECT pg_catalog.pg_get_viewdef('shop.features_base'::pg_catalog.regclass)")[0][0]
    guarded.run(f"CREATE OR REPLACE VIEW shop.features_base AS {text.rstrip(';')} AND 1 = 1")
    assert "shop.features_base was redefined" in refused(guarded)


def test_a_refusal_and_an_age(guarded: Shop) -> None:
    asked = "SELECT feature_store.t0_require_certified('shop.features', interval '{}')"
    assert guarded.engine.rows(asked.format("1 hour")) == [(True,)]
    assert "older than" in refused(guarded, asked.format("0 seconds"))
    keep(guarded, GateResult("C1", "future", Verdict.LEAK, "a row of tomorrow reached today"))
    assert "refuses it" in refused(guarded)


def test_a_reader_without_rights_on_the_state_reads_through_the_guard_alone(guarded: Shop) -> None:
    guarded.run(
        "DROP ROLE IF EXISTS guard_reader", "CREATE ROLE guard_reader", "GRANT USAGE ON SCHEMA shop TO guard_reader",
        "GRANT USAGE ON SCHEMA feature_store TO guard_reader", "GRANT SELECT ON shop.features_train TO guard_reader",
        "SET ROLE guard_reader",
    )  # fmt: skip
    try:
        assert guarded.engine.rows(READ) == [(120,)]
        assert "permission denied" in refused(guarded, "SELECT count(*) FROM shop.features")
        assert "permission denied" in refused(guarded, "SELECT count(*) FROM feature_store.t0_certificate")
    finally:
        guarded.run("RESET ROLE", "DROP OWNED BY guard_reader", "DROP ROLE guard_reader")


def test_a_relation_of_that_name_is_never_replaced(guarded: Shop) -> None:
    guarded.run("DROP VIEW shop.features_train", "CREATE TABLE shop.features_train (id int)")
    with pytest.raises(TargetError, match="is not the guarded view"):
        put_guard(guarded.subject())


def test_a_guard_of_other_columns_leaves_nothing_behind_however_often_it_is_made(guarded: Shop) -> None:
    for before, after in (("price", "cost"), ("cost", "amount")):
        guarded.run(f"ALTER VIEW shop.features RENAME COLUMN {before} TO {after}")
        with guarded.engine.transaction():
            put_guard(guarded.subject())
    described = guarded.engine.describe(guarded_name(VIEW))
    assert described is not None
    assert "amount" in [column.name for column in described.columns]
    assert guarded.engine.rows("SELECT relname FROM pg_catalog.pg_class WHERE relname LIKE 't0\\_old%'") == []
