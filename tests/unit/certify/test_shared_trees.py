"""Gates read the same trees of the definitions, parsed once: none of them may change one."""

from __future__ import annotations

from tests.unit.certify.own import OWN_SQL, own_subject
from tests.unit.certify.shop import Shop

from tzero.certify.baseline import compare, grow
from tzero.certify.certification import pass_gates
from tzero.certify.gate import Gate
from tzero.certify.gates.b1_proof import ProofGate
from tzero.certify.gates.c1_future import FutureGate
from tzero.certify.gates.order import gates
from tzero.certify.lineage import lineage_of
from tzero.sql.parse import parse_one, shared


def test_they_are_as_they_were_parsed_after_every_gate(shop: Shop) -> None:
    quick: dict[str, Gate] = {"B1": ProofGate(0.5), "C1": FutureGate(20.0, worlds=12, most=40)}
    for subject in (shop.subject(), own_subject(shop, OWN_SQL)):
        grow(subject, compare(subject))
        passed = pass_gates(subject, [quick.get(gate.code, gate) for gate in gates()])
        assert {result.gate for result in passed.results} == {gate.code for gate in gates()}
        texts = [str(link.definition) for link in lineage_of(subject).defined]
        assert texts
        for text in texts:
            assert shared(text, shop.engine.dialect) is shared(text, shop.engine.dialect)
            assert shared(text, shop.engine.dialect) == parse_one(text, shop.engine.dialect)
