"""Which declared facts a proof needs: those without which the query is not proved any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sqlglot import exp

from tzero.prove.declarations import Declarations, Relation
from tzero.prove.prover import prove


def needed(
    sql: str | exp.Expr,
    declarations: Declarations,
    *,
    dialect: str,
    views: Mapping[str, str | exp.Expr] | None = None,
) -> list[str]:
    """The facts that a proved query needs one by one, each as a line; it is proved once more without each of them.

    >>> columns = {"id": "int", "at": "timestamp"}
    >>> sales = Relation("sales", columns=columns, key=("id",), time="at", not_null=frozenset({"at"}))
    >>> from tzero.prove.declarations import Query
    >>> asked = Declarations({"sales": sales}, Query(anchor="at", own="sales"))
    >>> numbered = "SELECT id, at, ROW_NUMBER() OVER (PARTITION BY id ORDER BY at) AS n FROM sales"
    >>> needed(numbered, asked, dialect="duckdb")
    ['own = sales', 'key of sales: id', 'not_null of sales: at', 'time of sales: at']
    """
    return [
        fact for fact, fewer in without_each(declarations) if not prove(sql, fewer, dialect=dialect, views=views).proved
    ]


def without_each(declarations: Declarations) -> Iterator[tuple[str, Declarations]]:
    """Every declared fact, with the declarations that lack it."""
    query = declarations.query
    if query.own:
        yield f"own = {query.own}", replace(declarations, query=replace(query, own=None))
    if query.spine:
        yield f"spine = {', '.join(query.spine)}", replace(declarations, query=replace(query, spine=()))
    if query.zone:
        yield f"zone = {query.zone}", replace(declarations, query=replace(query, zone=None))
    for name in query.tolerance:
        rest = {other: span for other, span in query.tolerance.items() if other != name}
        yield f"tolerance of {name}", replace(declarations, query=replace(query, tolerance=rest))
    for function in sorted(declarations.pure_functions):
        yield (
            f"pure function {function}",
            replace(declarations, pure_functions=declarations.pure_functions - {function}),
        )
    for name, relation in declarations.relations.items():
        for fact, weaker in _weaker(relation):
            yield fact, replace(declarations, relations={**declarations.relations, name: weaker})


def _weaker(relation: Relation) -> Iterator[tuple[str, Relation]]:
    """Every fact about a relation, with the relation that lacks it."""
    name = relation.name
    if relation.key:
        # that no key column is NULL is a fact of its own
        kept = relation.not_null | frozenset(relation.key)
        yield f"key of {name}: {', '.join(relation.key)}", replace(relation, key=(), not_null=kept)
    for unique in relation.unique:
        rest = tuple(other for other in relation.unique if other != unique)
        yield f"unique of {name}: {', '.join(unique)}", replace(relation, unique=rest)
    for column in sorted(relation.not_null):
        yield f"not_null of {name}: {column}", replace(relation, not_null=relation.not_null - {column})
    for later, earlier in relation.after.items():
        rest_after = {one: other for one, other in relation.after.items() if one != later}
        yield f"after of {name}: {later} after {earlier}", replace(relation, after=rest_after)
    for column, time in relation.monotone.items():
        rest_monotone = {one: other for one, other in relation.monotone.items() if one != column}
        yield f"monotone of {name}: {column} with {time}", replace(relation, monotone=rest_monotone)
    for column in sorted(relation.nonnegative):
        yield f"nonnegative of {name}: {column}", replace(relation, nonnegative=relation.nonnegative - {column})
    if relation.static:
        yield f"{name} is static", replace(relation, static=False)
    if relation.known:
        yield f"time of {name}: {relation.known}", replace(relation, time=None, known_at=None)
