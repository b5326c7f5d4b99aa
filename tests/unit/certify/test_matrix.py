"""Everything that can be wrong with a store, planted, against every gate: nothing goes uncaught.

The search for other futures is run where it is to find something, and, with ``HYPOTHESIS_PROFILE=long``, everywhere.
``TZERO_WRITE=1`` writes the table into the document.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from tests.servers import versions
from tests.unit.certify.matrix import written
from tests.unit.certify.own import OWN_SQL
from tests.unit.certify.shop import Shop, open_shop
from tests.unit.certify.violations import VIOLATIONS, Violation, own

from tzero.certify.baseline import compare, grow
from tzero.certify.certification import pass_gates
from tzero.certify.gate import Gate
from tzero.certify.gates.b1_proof import ProofGate
from tzero.certify.gates.c1_future import FutureGate
from tzero.certify.gates.order import gates
from tzero.certify.held import held
from tzero.certify.subject import Subject

BEGIN, END = "<!-- the matrix: written by a test -->", "<!-- end of the matrix -->"
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
ENGINES = {"duckdb": "duckdb", "postgres": str(versions()[-1]) if versions() else ""}


@pytest.fixture
def opened(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """The shop with its first baseline accepted, as a certificate leaves it."""
    engine = ENGINES[request.param]
    if not engine:
        pytest.skip("no PostgreSQL server is installed")
    shop = open_shop(engine)
    subject = shop.subject()
    grow(subject, compare(subject))
    yield shop
    shop.engine.close()


def failing(subject: Subject, without: str = "") -> tuple[str, ...]:
    """The gates that do not hold, but for one; those that search have less to do than usual."""
    worlds = 16 if subject.deployment is None else 9
    quick: dict[str, Gate] = {"B1": ProofGate(0.0), "C1": FutureGate(20.0, worlds=worlds)}
    with held(subject) as once:
        passed = pass_gates(once, [quick.get(gate.code, gate) for gate in gates() if gate.code != without])
    return tuple(result.gate for result in passed.results if not result.verdict.holds)


@pytest.mark.parametrize(
    ("opened", "violation"),
    [(violation.engine, violation) for violation in VIOLATIONS],
    indirect=["opened"],
    ids=[violation.says for violation in VIOLATIONS],
)
def test_it_is_caught_by_the_gates_that_the_document_names(opened: Shop, violation: Violation) -> None:
    skipped = "C1" if "C1" not in violation.gates and not LONG else ""
    assert failing(violation.plant(opened), skipped) == violation.gates
    assert violation.gates


@pytest.mark.parametrize("opened", ENGINES, indirect=True)
def test_nothing_is_caught_where_nothing_is_wrong(opened: Shop) -> None:
    assert failing(opened.subject()) == ()
    assert failing(own(OWN_SQL)(opened)) == ()


def test_every_gate_catches_something() -> None:
    assert {gate.code for gate in gates()} == {code for violation in VIOLATIONS for code in violation.gates}
    assert len(VIOLATIONS) >= 30


def test_the_document_shows_the_matrix() -> None:
    rows = [
        (f"{item.group}: {item.says}{' (PostgreSQL)' if item.engine == 'postgres' else ''}", item.gates)
        for item in VIOLATIONS
    ]
    written(BEGIN, END, "planted", {gate.code: gate.code for gate in gates()}, rows)
