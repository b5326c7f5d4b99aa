"""A1: what can be wrong with an object, planted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.certify.own import OWN_SQL, own_subject
from tests.unit.certify.shop import Shop

import tzero.certify.assumed
from tzero.certify.certification import pass_gates
from tzero.certify.gate import GateResult, Verdict
from tzero.certify.gates.a1_objects import ObjectsGate
from tzero.prove import Relation

STATS = "shop.features_stats"


def judged(shop: Shop) -> GateResult:
    (result,) = pass_gates(shop.subject(), [ObjectsGate()]).results
    return result


def codes(shop: Shop) -> set[str]:
    result = judged(shop)
    assert result.verdict is Verdict.FAIL
    return {finding.code for finding in result.findings}


def test_a_store_as_it_was_applied_passes(shop: Shop) -> None:
    result = judged(shop)
    assert result.findings == ()
    assert result.verdict is Verdict.PASS
    assert result.exercised["relations"] == 4
    assert result.exercised["stored rows"] == shop.engine.rows(f"SELECT count(*) FROM {STATS}")[0][0] > 0


def test_an_object_that_is_gone(shop: Shop) -> None:
    cascade = " CASCADE" if shop.on_postgres else ""
    shop.run(f"DROP {'MATERIALIZED VIEW' if shop.on_postgres else 'TABLE'} {STATS}{cascade}")
    if shop.on_postgres:
        shop.run("CREATE VIEW shop.features AS SELECT id, sold_at AS t0 FROM raw.sales")
        assert "A1.gone" in codes(shop)
    else:
        assert codes(shop) == {"A1.cannot_run"}


def test_an_object_of_another_kind(shop: Shop) -> None:
    definition = f"SELECT * FROM {STATS}_kept"
    kind = "MATERIALIZED VIEW" if shop.on_postgres else "TABLE"
    subject = shop.subject()
    shop.run(f"ALTER {kind} {STATS} RENAME TO features_stats_kept", f"CREATE VIEW {STATS} AS {definition}")
    if shop.on_postgres:
        text = shop.engine.rows("SELECT pg_catalog.pg_get_viewdef('shop.features'::pg_catalog.regclass)")[0][0]
        shop.run(f"CREATE OR REPLACE VIEW shop.features AS {text.replace('features_stats_kept', 'features_stats')}")
    (result,) = pass_gates(subject, [ObjectsGate()]).results
    assert "A1.kind" in {finding.code for finding in result.findings}
    assert result.verdict is Verdict.FAIL


def test_a_key_that_stands_twice(shop: Shop) -> None:
    if shop.on_postgres:
        pytest.skip("a materialized view takes no rows but its query's; its index is tested below")
    shop.run(f"INSERT INTO {STATS} SELECT * FROM {STATS} LIMIT 1")
    assert codes(shop) == {"A1.repeated_key"}


def test_a_null_in_a_key(shop: Shop) -> None:
    if shop.on_postgres:
        pytest.skip("a materialized view takes no rows but its query's")
    shop.run(f"INSERT INTO {STATS} BY NAME SELECT * REPLACE (NULL AS brand) FROM {STATS} LIMIT 1")
    assert codes(shop) == {"A1.null_key"}


def test_a_unique_index_that_is_gone_or_partial(shop: Shop) -> None:
    if not shop.on_postgres:
        pytest.skip("this engine keeps no unique index: its keys are counted")
    query = """
        SELECT x.relname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
        WHERE i.indrelid = 'shop.features_stats'::pg_catalog.regclass"""
    ((name,),) = shop.engine.rows(query)
    columns = "t0_day, brand, shade"
    shop.run(f"DROP INDEX shop.{name}")
    assert codes(shop) == {"A1.index"}
    shop.run(f"CREATE UNIQUE INDEX {name} ON {STATS} ({columns}) WHERE brand <> 'b0'")
    assert "covers some rows only" in judged(shop).findings[0].message
    shop.run(f"DROP INDEX shop.{name}", f"CREATE UNIQUE INDEX {name} ON {STATS} ({columns})")
    assert judged(shop).verdict is Verdict.PASS
    shop.run(f"UPDATE pg_catalog.pg_index SET indisvalid = FALSE WHERE indexrelid = 'shop.{name}'::pg_catalog.regclass")
    assert "is not valid" in judged(shop).findings[0].message


def test_a_materialized_view_that_was_never_filled(shop: Shop) -> None:
    if not shop.on_postgres:
        pytest.skip("this engine has no materialized views")
    shop.run(f"REFRESH MATERIALIZED VIEW {STATS} WITH NO DATA")
    result = judged(shop)
    assert result.verdict is Verdict.FAIL
    assert "never" in result.summary or "populated" in result.summary


def test_an_object_that_the_view_no_longer_reads(shop: Shop) -> None:
    shop.run("ALTER VIEW shop.features RENAME TO hidden", "CREATE VIEW shop.features AS SELECT * FROM raw.sales")
    assert codes(shop) == {"A1.unread"}


def test_rows_of_a_source_that_are_not_as_declared(shop: Shop) -> None:
    counted = judged(shop).exercised["declared facts"]
    shop.run("INSERT INTO raw.sales SELECT id, NULL, brand, color, price FROM raw.sales WHERE id IN (3, 4)")
    result = judged(shop)
    assert {finding.code for finding in result.findings} == {"A1.null", "A1.repeated_key"}
    assert result.exercised["declared facts"] == counted == 3
    assert "raw.sales: 2 keys (id) stand twice" in {f.code: f.message for f in result.findings}["A1.repeated_key"]


def test_a_unique_index_answers_for_a_declared_key(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked() -> int:
        seen: list[str] = []
        counting = tzero.certify.assumed.counted
        with monkeypatch.context() as patched:
            patched.setattr(
                "tzero.certify.assumed.counted", lambda engine, query: seen.append(query) or counting(engine, query)
            )
            assert judged(shop).verdict is Verdict.PASS
        return len(seen)

    assert asked() == 1
    shop.run("ALTER TABLE raw.sales ADD PRIMARY KEY (id)")
    assert asked() == (0 if shop.on_postgres else 1)


def test_facts_are_told_by_the_names_that_the_database_has(shop: Shop) -> None:
    shop.run(
        'CREATE TABLE raw.marks ("Id" int, "Seen" timestamp)',
        "INSERT INTO raw.marks VALUES (1, '2024-01-02'), (1, '2024-01-03'), (NULL, '2024-01-04')",
    )
    subject = own_subject(
        shop, OWN_SQL.replace("FROM raw.sales s", ', (SELECT max("Id") FROM raw.marks) FROM raw.sales s')
    )
    marks = Relation("raw.marks", key=("id",), time="seen")
    declared = replace(subject.declarations, relations={**subject.declarations.relations, "raw.marks": marks})
    (result,) = pass_gates(replace(subject, declarations=declared), [ObjectsGate()]).results
    assert [finding.code for finding in result.findings] == ["A1.null_key", "A1.repeated_key"]
    assert "such as 1" in result.findings[1].message
