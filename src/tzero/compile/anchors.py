"""The anchors of a statistics relation: which days or instants, with which keys."""

from __future__ import annotations

from sqlglot import exp

from tzero.compile.groups import Group
from tzero.compile.lookups import Cte
from tzero.features.populations import Grid
from tzero.sql.build import alias, all_of, columns, named, not_null, quoted_column, text, union_all

ANCHOR = "anchor"


def anchor_ctes(group: Group, rows: exp.Query, population: exp.Query | None) -> list[Cte]:
    """CTEs that end in ``anchors (anchor, *keys)``.

    ``rows`` yields ``(anchor, *keys)`` of the rows that get features; ``population`` the same of the events where the
    population is another relation.
    """
    if group.population.grid is Grid.OBSERVED:
        return [("anchors", _observed(group, rows))]
    ctes: list[Cte] = [("days", exp.select(quoted_column(ANCHOR)).distinct().from_(rows.copy().subquery(alias="r")))]
    query = exp.select(
        alias(quoted_column(ANCHOR, "days"), ANCHOR), *columns(group.segments, "segments"), *columns(group.categories)
    ).from_(named("days"))
    if group.segments:
        ctes.append(("segments", _segments(group, [rows] if population is None else [rows, population])))
        if group.population.grid is Grid.AS_OF:
            seen = exp.LTE(this=quoted_column("first_anchor", "segments"), expression=quoted_column(ANCHOR, "days"))
            query = query.join(named("segments"), on=seen)
        else:
            query = query.join(named("segments"), join_type="cross")
    for category in group.categories:
        query = query.join(_vocabulary(category, group.population.rows.domains[category]), join_type="cross")
    return [*ctes, ("anchors", query)]


def distinct_anchors(keys: tuple[str, ...]) -> exp.Select:
    return exp.select(quoted_column(ANCHOR), *columns(keys)).distinct().from_(named("anchors"))


def _observed(group: Group, rows: exp.Query) -> exp.Query:
    return (
        exp.select(quoted_column(ANCHOR), *columns(group.keys))
        .distinct()
        .from_(rows.subquery(alias="r"))
        .where(all_of([not_null(column) for column in columns(group.keys)]))
    )


def _segments(group: Group, seen_in: list[exp.Query]) -> exp.Query:
    return (
        exp.select(*columns(group.segments), alias(exp.Min(this=quoted_column(ANCHOR)), "first_anchor"))
        .from_(union_all([query.copy() for query in seen_in]).subquery(alias="seen"))
        .where(all_of([not_null(column) for column in columns(group.segments)]))
        .group_by(*columns(group.segments))
    )


def _vocabulary(category: str, domain: tuple[str, ...]) -> exp.Expr:
    rows = [exp.Tuple(expressions=[text(value)]) for value in domain]
    name = exp.TableAlias(
        this=exp.to_identifier(f"{category}_vocabulary", quoted=True),
        columns=[exp.to_identifier(category, quoted=True)],
    )
    return exp.Values(expressions=rows, alias=name)
