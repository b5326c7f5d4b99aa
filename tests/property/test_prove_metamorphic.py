"""The verdict does not depend on how a query is written, and more declarations never lose a proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlglot
from sqlglot import exp
from tests.property.prove_queries import query
from tests.specs.reading import HERE, Case, cases

from tzero.prove import Declarations, parse_toml, prove

CASES = [case for case in cases() if case.dialect == "duckdb" and not case.sql.startswith("CREATE")]
PROVED = [case for case in CASES if case.expected == "PROVED"]


def flipped(tree: exp.Expr) -> exp.Expr:
    """``a < b`` as ``b > a``; what is said of ALL or ANY has no other side."""
    pairs = {exp.LT: exp.GT, exp.GT: exp.LT, exp.LTE: exp.GTE, exp.GTE: exp.LTE, exp.EQ: exp.EQ}

    def flip(node: exp.Expr) -> exp.Expr:
        other = None if isinstance(node.expression, (exp.All, exp.Any)) else pairs.get(type(node))
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
    others = {node.alias for node in tree.find_all(exp.Subquery, exp.Lateral)}
    for node in tree.find_all(exp.Table):
        if node.alias and node.alias != node.name and node.alias not in others and not node.alias_column_names:
            node.set("alias", exp.TableAlias(this=exp.to_identifier(f"{node.alias}_x")))
    aliases = {node.alias for node in tree.find_all(exp.Table) if node.alias}
    for column in tree.find_all(exp.Column):
        if f"{column.table}_x" in aliases:
            column.set("table", exp.to_identifier(f"{column.table}_x"))
    return tree


RELATIONS = ("sales", "visits")


def cases_declared() -> Declarations:
    return parse_toml((HERE / "declarations.toml").read_text(encoding="utf-8")).for_query()


def from_a_cte(tree: exp.Expr) -> exp.Expr:
    """Every base relation through a CTE of its own, as if it were written out."""
    tables = {t.name: t.name for t in tree.find_all(exp.Table) if t.name in RELATIONS}
    defined = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in list(tree.find_all(exp.Table)):
        if table.name in tables and table.name not in defined:
            table.set("alias", table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name)))
            table.set("this", exp.to_identifier(f"all_{table.name}"))
    names = ", ".join(f"all_{name} AS (SELECT * FROM {name})" for name in tables if name not in defined)
    with_ = tree.args.get("with_")
    if with_ is None:
        return sqlglot.parse_one(f"WITH {names} {tree.sql('duckdb')}", read="duckdb") if names else tree
    if names:
        added = sqlglot.parse_one(f"WITH {names} SELECT 1", read="duckdb").args["with_"].expressions
        with_.set("expressions", [*added, *with_.expressions])
    return tree


def with_ctes_inlined(tree: exp.Expr) -> exp.Expr:
    """Each CTE as a subquery where it is read."""
    with_ = tree.args.get("with_")
    if with_ is None or with_.args.get("recursive"):
        return tree
    tree.set("with_", None)
    bodies: dict[str, exp.Expr] = {}
    for cte in with_.expressions:
        body = cte.this
        _inline(body, bodies)
        bodies[cte.alias] = body
    _inline(tree, bodies)
    return tree


def _inline(tree: exp.Expr, bodies: dict[str, exp.Expr]) -> None:
    for table in list(tree.find_all(exp.Table)):
        if table.name in bodies and not table.db:
            joins = table.args.get("joins")
            alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name))
            table.replace(exp.Subquery(this=bodies[table.name].copy(), alias=alias, joins=joins))


WAYS = [flipped, doubly_negated, in_a_subquery, in_a_cte, renamed, from_a_cte, with_ctes_inlined]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_same_query_written_otherwise(case: Case, way: Callable[[exp.Expr], exp.Expr]) -> None:
    tree = way(sqlglot.parse_one(case.sql, read="duckdb"))
    proof = prove(tree.sql("duckdb"), case.declarations, dialect="duckdb")
    assert proof.proved == (case.expected == "PROVED"), [(f.code, f.column, f.message) for f in proof.findings]


@pytest.mark.parametrize("number", range(60))
def test_random_queries_written_otherwise(number: int) -> None:
    """The same verdict, whatever the form: of queries that nobody chose."""
    shared = cases_declared()
    sql = query(f"metamorphic {number}")
    expected = prove(sql, shared, dialect="duckdb").proved
    for way in WAYS:
        written = way(sqlglot.parse_one(sql, read="duckdb")).sql("duckdb")
        assert prove(written, shared, dialect="duckdb").proved == expected, f"{way.__name__}\n{sql}\n{written}"


@pytest.mark.parametrize("case", PROVED, ids=lambda case: case.id)
def test_more_declarations_never_lose_a_proof(case: Case) -> None:
    relations = {
        name: replace(r, unique=(*r.unique, (r.known or "id",)) if r.is_not_null(r.known or "id") else r.unique)
        for name, r in case.declarations.relations.items()
    }
    more = Declarations(relations, case.declarations.query, case.declarations.pure_functions)
    assert prove(case.sql, more, dialect="duckdb").proved


NEEDED = [c for c in PROVED if any(p.facts for p in prove(c.sql, c.declarations, dialect="duckdb").columns)]


@pytest.mark.parametrize("case", NEEDED, ids=lambda case: case.id)
def test_without_the_event_times_nothing_about_others_is_proved(case: Case) -> None:
    """A proof that does not need when rows are known would be no proof."""
    relations = {name: replace(r, time=None, known_at=None) for name, r in case.declarations.relations.items()}
    less = Declarations(relations, case.declarations.query, case.declarations.pure_functions)
    assert not prove(case.sql, less, dialect="duckdb").proved
