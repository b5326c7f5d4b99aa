"""What is declared, and what a proof needs of it: a fact that was used is missed, and another fact never hurts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.property.prove_queries import query
from tests.specs.reading import HERE, Case, cases

from tzero.prove import Declarations, Relation, parse_toml, prove
from tzero.prove.needed import needed, without_each

SHARED = parse_toml((HERE / "declarations.toml").read_text(encoding="utf-8")).for_query()
COMMON = {fact for fact, _ in without_each(SHARED)}
PROVED = [case for case in cases() if case.expected == "PROVED"]


def own_facts(case: Case) -> list[str]:
    """The facts that a case declares on top of the shared ones."""
    return [fact for fact, _ in without_each(case.declarations) if fact not in COMMON]


SPECIAL = [case for case in PROVED if own_facts(case)]


@pytest.mark.parametrize("case", SPECIAL, ids=lambda case: case.id)
def test_what_a_case_declares_is_needed(case: Case) -> None:
    needs = needed(case.sql, case.declarations, dialect=case.dialect)
    assert set(own_facts(case)) <= set(needs)


def test_every_kind_of_fact_is_needed_somewhere() -> None:
    found = {fact.partition(" of ")[0].partition(" = ")[0] for case in SPECIAL for fact in own_facts(case)}
    found |= {fact.partition(" of ")[0].partition(" = ")[0] for case in PROVED[:20] for fact in
              needed(case.sql, case.declarations, dialect=case.dialect)}  # fmt: skip
    assert {"key", "unique", "not_null", "time", "own", "spine", "zone"} <= found, found


def stronger(declarations: Declarations) -> Iterator[tuple[str, Declarations]]:
    """More facts about the same data, of each kind at once."""

    def each(what: str, change: dict[str, Relation]) -> tuple[str, Declarations]:
        return what, replace(declarations, relations=change)

    relations = declarations.relations
    yield each("unique times", {n: _unique(r) for n, r in relations.items()})
    yield each("nothing is NULL", {n: _filled(r) for n, r in relations.items()})
    yield each("late values come later", {n: _after(r) for n, r in relations.items()})
    yield each("nothing is negative", {n: replace(r, nonnegative=frozenset(r.columns)) for n, r in relations.items()})
    yield each("another relation", {**relations, "another": Relation("another", columns={"x": "int"}, static=True)})
    if not declarations.query.zone:
        yield "a pinned zone", replace(declarations, query=replace(declarations.query, zone="UTC"))
    if not declarations.query.tolerance:
        tolerance = {"*": timedelta(hours=1)}
        yield "tolerance", replace(declarations, query=replace(declarations.query, tolerance=tolerance))
    yield "a pure function", replace(declarations, pure_functions=declarations.pure_functions | {"f"})


def _unique(relation: Relation) -> Relation:
    known = relation.known
    return replace(relation, unique=(*relation.unique, (known,))) if known and relation.is_not_null(known) else relation


def _filled(relation: Relation) -> Relation:
    return replace(relation, not_null=frozenset(relation.columns) - set(relation.late))


def _after(relation: Relation) -> Relation:
    later = {at: relation.known for at in relation.late.values() if relation.known and at != relation.known}
    return replace(relation, after={**relation.after, **later})


@pytest.mark.parametrize("case", PROVED, ids=lambda case: case.id)
def test_another_fact_never_loses_a_proof(case: Case) -> None:
    for what, more in stronger(case.declarations):
        assert prove(case.sql, more, dialect=case.dialect).proved, what


def test_another_fact_never_loses_the_proof_of_random_queries() -> None:
    proved = 0
    for number in range(100):
        sql = query(f"stronger {number}")
        if prove(sql, SHARED, dialect="duckdb").proved:
            proved += 1
            for what, more in stronger(SHARED):
                assert prove(sql, more, dialect="duckdb").proved, f"{what}\n{sql}"
    assert proved > 15
