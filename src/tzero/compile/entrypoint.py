"""The entrypoint: the base relation, left joined with its statistics, one column per feature."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from tzero.compile.base import Base
from tzero.compile.dialects.base import Dialect
from tzero.compile.groups import Group
from tzero.compile.times import on_anchor_scale
from tzero.features.expressions import Expression
from tzero.features.rows import T0, T0_DAY
from tzero.features.statistics import COUNTS
from tzero.features.views import FeatureView
from tzero.sql.build import alias, all_of, columns, equal, integer, quoted_column, relation, same_columns
from tzero.timeline import Anchor, Day

BASE = "b"


def entrypoint_query(view: FeatureView, base: Base, groups: Sequence[Group], dialect: Dialect) -> exp.Query:
    """Key, T0 where the view shows it, and the features in their order."""
    aliases = {group.relation: f"g{number}" for number, group in enumerate(groups, 1)}
    holder = {name: aliases[group.relation] for group in groups for name, _ in group.statistics}
    items: list[exp.Expr] = list(columns(view.rows.source.key, BASE))
    if view.t0 is not None:
        items.append(alias(quoted_column(T0, BASE), view.t0))
    for name, value in view.features:
        if isinstance(value, Expression):
            items.append(alias(base.locate(value, BASE, dialect), name))
            continue
        column: exp.Expr = quoted_column(name, holder[name])
        if value.kind in COUNTS:
            column = exp.Coalesce(this=column, expressions=[integer(0)])
        items.append(alias(column, name))
    query = exp.select(*items).from_(relation(view.base_relation, BASE))
    for group in groups:
        name = aliases[group.relation]
        query = query.join(relation(group.relation, name), on=_on(group, base, name), join_type="left")
    return query


def _on(group: Group, base: Base, name: str) -> exp.Expr:
    anchor = group.population.anchor
    column = T0_DAY if isinstance(anchor, Day) else T0
    return all_of([equal(quoted_column(column, name), _anchor(base, anchor)), *same_columns(group.keys, name, BASE)])


def _anchor(base: Base, anchor: Anchor) -> exp.Expr:
    if isinstance(anchor, Day) and base.zone == anchor.zone:
        return quoted_column(T0_DAY, BASE)
    return on_anchor_scale(quoted_column(T0, BASE), base.time_type, anchor)
