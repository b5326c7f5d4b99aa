"""Everything that may be done to a certified store, done, against everybody who may notice; nothing goes unnoticed.

``TZERO_WRITE=1`` writes the table into the document.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests.unit.certify.matrix import written
from tests.unit.certify.shop import ENGINES, VIEW, Shop, open_shop
from tests.unit.certify.tampering import KEPT, LAST, TAMPERINGS, WHO, Tampering, last

from tzero.certify.baseline import take
from tzero.certify.certificate import Certificate, certify, keep
from tzero.certify.certification import Certification, pass_gates
from tzero.certify.gate import GateResult, Verdict
from tzero.certify.gates.a1_objects import ObjectsGate
from tzero.certify.gates.a3_contract import ContractGate
from tzero.certify.guard import require_certified
from tzero.certify.guarding import put_guard
from tzero.certify.lineage import lineage_of
from tzero.certify.marks import marks_of
from tzero.certify.verify import verify_at
from tzero.errors import TzeroError, UncertifiedError
from tzero.sql.names import RelationName

BEGIN, END = "<!-- the tampering: written by a test -->", "<!-- end of the tampering -->"
SERVERS = {engine: "duckdb" if engine == "duckdb" else "postgres" for engine in ENGINES}
CASES = [(engine, item) for item in TAMPERINGS for engine in ENGINES if item.engine in ("", SERVERS[engine])]


@dataclass
class Stores:
    shops: dict[str, Shop]

    def of(self, engine: str) -> Shop:
        if engine not in self.shops:
            self.shops[engine] = open_shop(engine)
            made(self.shops[engine])
            put_guard(self.shops[engine].subject())
        return self.shops[engine]


@pytest.fixture(scope="module")
def stores() -> Iterator[Stores]:
    """A certified store of each engine, with its guard; every test takes back what it does."""
    found = Stores({})
    yield found
    for shop in found.shops.values():
        shop.engine.close()


def made(shop: Shop, *results: GateResult) -> Certificate:
    subject = shop.subject()
    passed = Certification(subject, results) if results else pass_gates(subject, [ObjectsGate(), ContractGate()])
    found = certify(passed, baseline=take(subject).sha256, marks=marks_of(shop.engine, lineage_of(subject)))
    keep(shop.state, found)
    return found


def noticed(shop: Shop, asked: str, hand: Certificate) -> str:
    """Who refuses or finds fault. The database comes last: its refusal ends the transaction."""
    found = ""
    try:
        require_certified(shop.state, RelationName.parse(asked))
    except UncertifiedError:
        found += "P"
    if not all(check.holds for check in verify_at(hand, shop.state)):
        found += "V"
    if shop.on_postgres:
        try:
            shop.engine.rows("SELECT feature_store.t0_require_certified(?)", [asked])
        except TzeroError as error:
            assert "certif" in str(error)
            found += "S"
    return "".join(letter for letter in WHO if letter in found)


@pytest.mark.parametrize(("engine", "item"), CASES, ids=[f"{engine}: {item.says}" for engine, item in CASES])
def test_it_is_noticed_by_those_whom_the_document_names(stores: Stores, engine: str, item: Tampering) -> None:
    shop = stores.of(engine)
    with pytest.raises(InterruptedError), shop.engine.transaction():
        hand = last(shop)
        if item.refused:
            hand = made(shop, GateResult("C1", "future", Verdict.LEAK, "a row of tomorrow reached today"))
        item.act(shop)
        found = noticed(shop, item.asked, hand)
        raise InterruptedError
    expected = item.caught if shop.on_postgres else item.caught.replace("S", "")
    assert found == expected
    assert "P" in expected


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_is_noticed_where_nothing_was_done(stores: Stores, engine: str) -> None:
    shop = stores.of(engine)
    assert noticed(shop, str(VIEW), last(shop)) == ""


def test_an_older_certificate_that_is_taken_out_is_noticed_by_the_chain(stores: Stores) -> None:
    shop = stores.of("duckdb")
    with pytest.raises(InterruptedError), shop.engine.transaction():
        hand = made(shop)
        shop.run(f"DELETE FROM {KEPT} WHERE NOT {LAST}")
        wrong = {check.what: check.wrong for check in verify_at(hand, shop.state) if not check.holds}
        raise InterruptedError
    assert list(wrong) == ["chain"]
    assert "was made, and is not kept" in wrong["chain"]


def test_the_document_shows_what_is_noticed() -> None:
    assert len(TAMPERINGS) >= 20
    rows = [
        (item.says + {"postgres": " (PostgreSQL)", "duckdb": " (DuckDB)"}.get(item.engine, ""), item.caught)
        for item in TAMPERINGS
    ]
    written(BEGIN, END, "done after certifying", WHO, rows)
