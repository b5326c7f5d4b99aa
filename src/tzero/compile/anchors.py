"""The anchors of a statistics relation: which days or instants, with which keys."""

from __future__ import annotations

from sqlglot import exp

from tzero.compile.groups import Group
from tzero.compile.lookups import Cte
from tzero.features.populations import Grid
from tzero.sql.build import alias, all_of, columns, integer, named, not_null, quoted_column, text, union_all

ANCHOR = "anchor"


def anchor_ctes(group: Group, rows: exp.Query, population: exp.Query | None) -> list[Cte]:
    """CTEs that end in ``anchors (anchor, *keys)``.

    ``rows`` yields ``(anchor, *keys)`` of the rows that get features; ``population`` the same of the events where the
    population is another relation.
    """
    if group.population.grid is Grid.OBSERVED:
        return [("anchors", _observed(group, rows))]
    ctes: list[Cte] = [("days", exp.select(quoted_column(ANCHOR)).distinct().from_(rows.copy().subquery(alias="r")))]
    if group.segments:
        ctes.append(("segments", _segments(group, [rows] if population is None else [rows, population])))
        ctes.append((SEGMENT_DAYS, _segment_days(group)))
    return [*ctes, ("anchors", _filled(group, group.keys))]


def distinct_anchors(group: Group, keys: tuple[str, ...]) -> exp.Select:
    """Each ``(anchor, *keys)`` of the anchors once; of a grid, from before it was filled."""
    if group.population.grid is Grid.OBSERVED:
        return exp.select(quoted_column(ANCHOR), *columns(keys)).distinct().from_(named("anchors"))
    return _filled(group, keys)


SEGMENT_DAYS = "segment_days"


def _segment_days(group: Group) -> exp.Query:
    query = exp.select(quoted_column(ANCHOR, "days"), *columns(group.segments, "segments")).from_(named("days"))
    if group.population.grid is not Grid.AS_OF:
        return query.join(named("segments"), join_type="cross")
    seen = exp.LTE(this=quoted_column("first_anchor", "segments"), expression=quoted_column(ANCHOR, "days"))
    return query.join(named("segments"), on=seen)


def _filled(group: Group, keys: tuple[str, ...]) -> exp.Select:
    """The days, or the days of the segments that the keys name, crossed with the vocabularies that they name."""
    segments = [name for name in keys if name in group.segments]
    query = exp.select(quoted_column(ANCHOR), *columns(keys))
    if not segments:
        query = query.from_(named("days"))
    elif len(segments) == len(group.segments):
        query = query.from_(named(SEGMENT_DAYS))
    else:
        some = exp.select(quoted_column(ANCHOR), *columns(segments)).distinct().from_(named(SEGMENT_DAYS))
        query = query.from_(some.subquery(alias="s"))
    for category in (name for name in keys if name in group.categories):
        query = query.join(vocabulary(group, category), join_type="cross")
    return query


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


def vocabulary_name(category: str) -> str:
    """The alias of a vocabulary in a FROM clause."""
    return f"{category}_vocabulary"


def position_column(category: str) -> str:
    """The column of a numbered vocabulary that holds each value's place in it, from 1."""
    return f"{category}_position"


def vocabulary(group: Group, category: str, *, numbered: bool = False) -> exp.Expr:
    """The values of a category as a FROM item, each with its place in the vocabulary where they are ``numbered``."""
    values = group.population.rows.domains[category]
    places = {value: at for at, value in enumerate(values, 1)}
    # in the order of their bytes, which is then that of the rows made with them
    rows = [exp.Tuple(expressions=[text(v), *([integer(places[v])] if numbered else [])]) for v in sorted(values)]
    names = [category, *([position_column(category)] if numbered else [])]
    shown = exp.TableAlias(
        this=exp.to_identifier(vocabulary_name(category), quoted=True),
        columns=[exp.to_identifier(name, quoted=True) for name in names],
    )
    return exp.Values(expressions=rows, alias=shown)
