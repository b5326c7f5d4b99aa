"""The verdict does not depend on how a query is written, and more declarations never lose a proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlglot
from sqlglot import exp
from tests.specs.reading import Case, cases

from tzero.prove import Declarations, prove

CASES = [case for case in cases() if case.dialect == "duckdb"]
PROVED = [case for case in CASES if case.expected == "PROVED"]


def flipped(tree: exp.Expr) -> exp.Expr:
    """``a < b`` as ``b > a``."""
    pairs = {exp.LT: exp.GT, exp.GT: exp.LT, exp.LTE: exp.GTE, exp.GTE: exp.LTE, exp.EQ: exp.EQ}

    def flip(node: exp.Expr) -> exp.Expr:
        other = pairs.get(type(node))
        return node if other is None else other(this=node.expression, expression=node.this)

    return tree.transform(flip)


def doubly_negated(tree: exp.Expr) -> exp.Expr:
    """``p`` as ``NOT (NOT (p))``, where it is a condition."""
    for node in list(tree.find_all(exp.Where)):
        node.set("this", exp.Not(this=exp.Paren(this=exp.Not(this=exp.Paren(this=node.this)))))
    return tree


def in_a_subquery(tree: exp.Expr) -> exp.Expr:
    return sqlglot.parse_one(f"SELECT * FROM ({tree.sql('duckdb')}) AS q", read="duckdb")


def in_a_cte(tree: exp.Expr) -> exp.Expr:
    return sqlglot.parse_one(f"WITH q AS ({tree.sql('duckdb')}) SELECT q.* FROM q", read="duckdb")


def renamed(tree: exp.Expr) -> exp.Expr:
    """Other aliases for tables."""
    for node in tree.find_all(exp.Table):
        if node.alias and node.alias != node.name and not node.alias_column_names:
            node.set("alias", exp.TableAlias(this=exp.to_identifier(f"{node.alias}_x")))
    aliases = {node.alias for node in tree.find_all(exp.Table) if node.alias}
    for column in tree.find_all(exp.Column):
        if f"{column.table}_x" in aliases:
            column.set("table", exp.to_identifier(f"{column.table}_x"))
    return tree


WAYS = [flipped, doubly_negated, in_a_subquery, in_a_cte, renamed]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_same_query_written_otherwise(case: Case, way: Callable[[exp.Expr], exp.Expr]) -> None:
    tree = way(sqlglot.parse_one(case.sql, read="duckdb"))
    proof = prove(tree.sql("duckdb"), case.declarations, dialect="duckdb")
    assert proof.proved == (case.expected == "PROVED"), [(f.code, f.column, f.message) for f in proof.findings]


@pytest.mark.parametrize("case", PROVED, ids=lambda case: case.id)
def test_more_declarations_never_lose_a_proof(case: Case) -> None:
    relations = {
        name: replace(r, unique=(*r.unique, (r.known or "id",)) if r.is_not_null(r.known or "id") else r.unique)
        for name, r in case.declarations.relations.items()
    }
    more = Declarations(relations, case.declarations.query, case.declarations.pure_functions)
    assert prove(case.sql, more, dialect="duckdb").proved


@pytest.mark.parametrize("case", PROVED, ids=lambda case: case.id)
def test_without_the_event_times_nothing_about_others_is_proved(case: Case) -> None:
    """A proof that does not need when rows are known would be no proof."""
    relations = {name: replace(r, time=None, known_at=None) for name, r in case.declarations.relations.items()}
    less = Declarations(relations, case.declarations.query, case.declarations.pure_functions)
    assert not prove(case.sql, less, dialect="duckdb").proved
