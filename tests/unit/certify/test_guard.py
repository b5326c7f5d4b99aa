"""The guard: every reason to refuse, planted after a good certificate."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from tests.unit.certify.shop import VIEW, Shop

from tzero.certify.baseline import take
from tzero.certify.certificate import Certificate, certify, keep
from tzero.certify.certification import Certification, pass_gates
from tzero.certify.gate import GateResult, Verdict
from tzero.certify.gates.a1_objects import ObjectsGate
from tzero.certify.gates.a3_contract import ContractGate
from tzero.certify.guard import require_certified
from tzero.certify.lineage import lineage_of
from tzero.certify.marks import marks_of
from tzero.errors import UncertifiedError
from tzero.sql.names import RelationName


def certified(shop: Shop, *results: GateResult) -> Certificate:
    """Keep a certificate of two real gates, or of given results."""
    subject = shop.subject()
    passed = pass_gates(subject, [ObjectsGate(), ContractGate()]) if not results else Certification(subject, results)
    marks = marks_of(shop.engine, lineage_of(subject))
    found = certify(passed, baseline=take(subject).sha256, marks=marks)
    keep(shop.state, found)
    return found


def refused(shop: Shop, **asked: object) -> str:
    with pytest.raises(UncertifiedError) as caught:
        require_certified(shop.state, VIEW, **asked)
    assert caught.value.fix
    return caught.value.what


def test_a_good_certificate_lets_the_relation_be_read(shop: Shop) -> None:
    made = certified(shop)
    assert made.is_good
    found = require_certified(shop.state, VIEW, max_age=dt.timedelta(hours=1), contract="features")
    assert (found.id, found.text) == (made.id, made.text)


def test_no_certificate(shop: Shop) -> None:
    assert refused(shop) == "nothing certifies shop.features"


def test_the_certificate_of_another_view(shop: Shop) -> None:
    certified(shop)
    with pytest.raises(UncertifiedError, match=r"nothing certifies shop\.other"):
        require_certified(shop.state, RelationName.parse("shop.other"))


def test_the_last_certificate_counts_and_it_refuses(shop: Shop) -> None:
    certified(shop)
    certified(shop, GateResult("C1", "future", Verdict.LEAK, "a row of tomorrow reached today"))
    assert "refuses it (gates C1)" in refused(shop)


def test_a_certificate_that_is_too_old(shop: Shop) -> None:
    certified(shop)
    assert "old, and may be 0:00:00" in refused(shop, max_age=dt.timedelta(0))


def test_a_certificate_of_the_future(shop: Shop) -> None:
    made = certified(shop)
    later = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).isoformat(timespec="microseconds")
    moved = Certificate({**made.statement, "predicate": {**made.predicate, "certified_at": later}})
    keep(shop.state, moved)
    assert "yet to come" in refused(shop)


def test_another_contract_than_the_reader_wants(shop: Shop) -> None:
    certified(shop)
    assert "'phones' is wanted" in refused(shop, contract="phones")


def test_refreshed_since(shop: Shop) -> None:
    certified(shop)
    shop.refresh()
    assert "tzero refresh (run 3) came after its certificate" in refused(shop)


def test_redefined_since(shop: Shop) -> None:
    certified(shop)
    shop.run("ALTER VIEW shop.features RENAME TO hidden", "CREATE VIEW shop.features AS SELECT * FROM shop.hidden")
    assert "shop.features was redefined after its certificate" in refused(shop)


def test_a_definition_below_redefined_since(shop: Shop) -> None:
    certified(shop)
    shop.run(
        "ALTER VIEW shop.features_base RENAME TO hidden_base",
        "CREATE VIEW shop.features_base AS SELECT * FROM shop.hidden_base",
    )
    assert "shop.features_base was redefined after its certificate" in refused(shop)


def test_a_column_that_changed_since(shop: Shop) -> None:
    certified(shop)
    shop.run("UPDATE feature_store.feature_set SET features_hash = 'other'")
    assert "cannot be checked" in refused(shop)  # the contract's rows do not give their hash any more


def test_another_contract_of_the_same_name(shop: Shop) -> None:
    certified(shop)
    shop.run("DELETE FROM feature_store.feature_contract", "DELETE FROM feature_store.feature_set")
    assert "is not the one that was certified" in refused(shop)


def test_rows_that_arrived_since(shop: Shop) -> None:
    certified(shop)
    shop.run("INSERT INTO raw.sales VALUES (900, TIMESTAMP '2024-01-05', 'b1', 'red', 1)")
    assert "120 rows up to" in refused(shop)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE {table} SET verdict = 'REFUSED'",
        "UPDATE {table} SET run_id = 99",
        "UPDATE {table} SET statement = replace(statement, '\"PASS\"', '\"PROVED\"')",
        "UPDATE {table} SET statement = '{{}}'",
        "UPDATE {table} SET statement = 'no json'",
    ],
)
def test_a_row_that_was_tampered_with(shop: Shop, tampering: str) -> None:
    certified(shop)
    shop.run(tampering.format(table="feature_store.t0_certificate"))
    assert "was changed after it was made" in refused(shop)


@pytest.mark.parametrize("table", ["t0_certificate", "t0_run"])
def test_a_certificate_without_its_run_and_a_run_without_its_certificate(shop: Shop, table: str) -> None:
    certified(shop)
    shop.run(f"DELETE FROM feature_store.{table}")
    assert "is not the last one kept" in refused(shop)


def test_values_written_since(shop: Shop) -> None:
    certified(shop)
    shop.run("UPDATE raw.sales SET price = 99 WHERE id = 3")
    said = "rows of raw.sales were written" if shop.on_postgres else "its values are not those that were certified"
    assert said in refused(shop)


def test_a_refusal_cannot_be_turned_into_a_certificate_by_its_columns(shop: Shop) -> None:
    certified(shop, GateResult("B2", "recount", Verdict.FAIL, "a count is wrong"))
    shop.run("UPDATE feature_store.t0_certificate SET verdict = 'CERTIFIED'")
    assert "was changed after it was made" in refused(shop)


def test_the_written_form_gives_the_id_back(shop: Shop) -> None:
    made = certified(shop)
    read = json.loads(json.dumps(made.as_json()))
    assert Certificate({key: value for key, value in read.items() if key != "id"}).id == read["id"] == made.id
