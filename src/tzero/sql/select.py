"""The queries with which a relation is read."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from tzero.sql.build import alias, cast, columns, count_all, identifier, quoted_column, relation
from tzero.sql.names import RelationName
from tzero.sql.portable import columns_of, parse_expression


def select_columns(name: RelationName, names: Sequence[str], where: str | None = None) -> exp.Query:
    """Some columns of a relation, of the rows where a portable expression holds.

    >>> select_columns(RelationName("s", "t"), ["a"], "b > 1").sql()
    'SELECT "a" FROM "s"."t" WHERE b > 1'
    """
    query = exp.select(*columns(names)).from_(relation(name))
    return query if where is None else query.where(parse_expression(where))


def columns_in(where: str) -> tuple[str, ...]:
    """The columns that a portable expression reads."""
    return tuple(dict.fromkeys(ref.name for ref in columns_of(parse_expression(where))))


def select_extent(name: RelationName, time: str | None) -> exp.Query:
    """How many rows a relation has and, of its time, the first day, the last, and how many different ones.

    >>> select_extent(RelationName("s", "t"), None).sql()
    'SELECT COUNT(*) AS "n" FROM "s"."t"'
    """
    items: list[exp.Expr] = [alias(count_all(), "n")]
    if time is not None:
        day = cast(quoted_column(time), "date")
        items.append(alias(exp.Min(this=day), "first_day"))
        items.append(alias(exp.Max(this=day.copy()), "last_day"))
        items.append(alias(exp.Count(this=exp.Distinct(expressions=[day.copy()]), big_int=True), "days"))
    return exp.select(*items).from_(relation(name))


def as_text(query: exp.Query) -> exp.Query:
    """The same rows, every column as the engine would print it: infinite times have no other form outside it.

    >>> as_text(exp.select("a").from_("t")).sql()
    'SELECT CAST("a" AS TEXT) AS "a" FROM (SELECT a FROM t) AS "shown"'
    """
    items = [alias(cast(quoted_column(name), "text"), name) for name in query.named_selects]
    return exp.select(*items).from_(query.subquery(alias=identifier("shown")))
