"""The gates, in the order in which a certificate shows them."""

from __future__ import annotations

from tzero.certify.gate import Gate
from tzero.certify.gates.a1_objects import ObjectsGate
from tzero.certify.gates.a2_clock import ClockGate
from tzero.certify.gates.a3_contract import ContractGate
from tzero.certify.gates.a4_definition import DefinitionGate
from tzero.certify.gates.a5_firewall import FirewallGate
from tzero.certify.gates.b1_proof import ProofGate
from tzero.certify.gates.b2_recount import RecountGate
from tzero.certify.gates.b3_rows import RowsGate
from tzero.certify.gates.c1_future import FutureGate
from tzero.certify.gates.c2_baseline import BaselineGate
from tzero.certify.gates.c3_fresh import FreshGate


def gates(seconds: float | None = None, full: bool = False) -> tuple[Gate, ...]:
    """Every gate, from the catalog (A) over the values (B) to the data (C).

    ``seconds`` is how long the search for a witness in the data may take, where it shall not be held against the build;
    ``full`` digests days too that an unbroken seal says are unchanged.
    """
    return (
        ObjectsGate(),
        ClockGate(),
        ContractGate(),
        DefinitionGate(),
        FirewallGate(),
        ProofGate(),
        RecountGate(),
        RowsGate(),
        FutureGate(seconds),
        BaselineGate(full),
        FreshGate(),
    )
