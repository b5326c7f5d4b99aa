"""Small constructors for trees: every identifier quoted, every value a literal node."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlglot import exp

from tzero.sql.names import RelationName


def identifier(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=True)


def quoted_column(name: str, table: str | None = None) -> exp.Column:
    """
    >>> quoted_column('a b', 't').sql()
    '"t"."a b"'
    """
    return exp.Column(this=identifier(name), table=identifier(table) if table else None)


def columns(names: Iterable[str], table: str | None = None) -> list[exp.Expr]:
    return [quoted_column(name, table) for name in names]


def relation(name: RelationName, alias: str | None = None) -> exp.Table:
    """The relation as a FROM item."""
    table = exp.Table(this=identifier(name.name), db=identifier(name.schema) if name.schema else None)
    if alias:
        table.set("alias", exp.TableAlias(this=identifier(alias)))
    return table


def named(name: str) -> exp.Table:
    """A CTE of the same query as a FROM item."""
    return exp.Table(this=identifier(name))


def text(value: str) -> exp.Literal:
    return exp.Literal.string(value)


def integer(value: int) -> exp.Expr:
    literal = exp.Literal.number(abs(value))
    return exp.Neg(this=literal) if value < 0 else literal


def cast(value: exp.Expr, type_name: str) -> exp.Cast:
    return exp.Cast(this=value, to=exp.DataType.build(type_name))


def double(value: float) -> exp.Expr:
    """A double precision constant, exact to the bit.

    >>> double(0.5).sql()
    'CAST(0.5 AS DOUBLE)'
    """
    return cast(exp.Literal.number(repr(abs(value))) if value >= 0 else exp.Neg(this=double(-value)), "double")


def interval(length: timedelta) -> exp.Interval:
    """A fixed length as an interval of seconds or microseconds, never of days, which some engines count by calendar.

    >>> interval(timedelta(days=1)).sql()
    "INTERVAL '86400' SECOND"
    """
    seconds, rest = divmod(length, timedelta(seconds=1))
    if rest:
        return exp.Interval(this=text(str(length // timedelta(microseconds=1))), unit=exp.var("MICROSECOND"))
    return exp.Interval(this=text(str(seconds)), unit=exp.var("SECOND"))


def alias(value: exp.Expr, name: str) -> exp.Alias:
    return exp.Alias(this=value, alias=identifier(name))


def all_of(tests: Sequence[exp.Expr]) -> exp.Expr:
    """The conjunction; TRUE of nothing."""
    if not tests:
        return exp.true()
    found = tests[0]
    for test in tests[1:]:
        found = exp.And(this=found, expression=test)
    return found


def equal(left: exp.Expr, right: exp.Expr) -> exp.EQ:
    return exp.EQ(this=left, expression=right)


def not_null(value: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.Is(this=value, expression=exp.Null()))


def same_columns(names: Iterable[str], left: str, right: str) -> list[exp.Expr]:
    return [equal(quoted_column(name, left), quoted_column(name, right)) for name in names]


def sum_of(value: exp.Expr) -> exp.Sum:
    return exp.Sum(this=value)


def count_all() -> exp.Count:
    return exp.Count(this=exp.Star(), big_int=True)


def case_when(test: exp.Expr, then: exp.Expr, otherwise: exp.Expr | None = None) -> exp.Case:
    found = exp.Case().when(test, then)
    return found.else_(otherwise) if otherwise is not None else found


def over(
    function: exp.Expr,
    *,
    partition: Sequence[exp.Expr] = (),
    order: Sequence[exp.Expr] = (),
    running: bool = False,
) -> exp.Window:
    """A window; ``running`` frames it from the start to the current row's peers."""
    window = exp.Window(this=function, partition_by=list(partition))
    if order:
        window.set("order", exp.Order(expressions=[exp.Ordered(this=item) for item in order]))
    if running:
        window.set(
            "spec",
            exp.WindowSpec(kind="RANGE", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"),
        )
    return window


def with_ctes(query: exp.Query, ctes: Sequence[tuple[str, exp.Query]]) -> exp.Query:
    """The query with named subqueries before it, in order."""
    if ctes:
        query.set(
            "with_",
            exp.With(
                expressions=[exp.CTE(this=body, alias=exp.TableAlias(this=identifier(name))) for name, body in ctes]
            ),
        )
    return query


def union_all(queries: Sequence[exp.Query]) -> exp.Query:
    found = queries[0]
    for query in queries[1:]:
        found = exp.Union(this=found, expression=query, distinct=False)
    return found
