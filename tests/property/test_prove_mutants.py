"""What is proved is never falsified: every small change of every literate case, proved first and then run.

``TZERO_LONG=1`` runs all of them; otherwise a sample that a seed draws.
"""

from __future__ import annotations

import os
from random import Random

import pytest
import sqlglot
from sqlglot import exp
from tests.property.prove_mutants import ends, mutants
from tests.specs.reading import Case, cases

from tzero.falsify import Outcome, falsify
from tzero.prove import prove

LONG = bool(os.environ.get("TZERO_LONG"))
CASES = [case for case in cases() if case.dialect == "duckdb"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_no_mutant_is_proved_and_falsified(case: Case) -> None:
    original = sqlglot.parse_one(case.sql, read="duckdb")
    found = [(name, tree) for name, tree in mutants(original) if ends(original, tree)]
    random = Random(case.id)
    for name, tree in found if LONG else random.sample(found, min(2, len(found))):
        sql = tree.sql("duckdb")
        if prove(sql, case.declarations, dialect="duckdb").proved:
            trial = falsify(sql, case.declarations, seconds=10, worlds=2000 if LONG else 60)
            assert trial.outcome is not Outcome.LEAK, f"{name}\n{sql}\n{trial.witness}"


def test_the_mutants_can_be_caught() -> None:
    """The check itself fails where the prover is wrong: here it is made to prove everything."""
    case = next(case for case in CASES if case.title == "the same instant")
    trial = falsify(case.sql, case.declarations, seconds=10)
    assert trial.outcome is Outcome.LEAK
    names = {name for name, _ in mutants(sqlglot.parse_one(case.sql, read="duckdb"))}
    assert {"LTE to LT", "LTE to GT", "left half"} <= names
    assert isinstance(sqlglot.parse_one("a < b"), exp.LT)
