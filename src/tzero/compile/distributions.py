"""How a segment's events spread over categories, as of each anchor: ranks, entropy, the top share."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from tzero.compile.anchors import ANCHOR, distinct_anchors
from tzero.compile.events import NUMBER, enters
from tzero.compile.groups import Group
from tzero.compile.lookups import Cte
from tzero.compile.running import Running, Total
from tzero.compile.times import Scale
from tzero.sql.build import (
    alias,
    all_of,
    cast,
    columns,
    double,
    integer,
    named,
    not_null,
    over,
    quoted_column,
    same_columns,
    sum_of,
)
from tzero.timeline import Trail

ANCHORS = "a"
"""The alias of the anchors that all parts are joined to."""
RANK, LEVELS, TOTAL, TOP, SPREAD = "category_rank", "rank_levels", "segment_total", "top_number", "entropy_units"
UNIT = 1e18
"""Entropy is added in units of 1e-18 nat, as integers, so that no order of additions can change it."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """The counts of every category at every (anchor, segment).

    Those that are not zero; all cells of the group's grid where it ``is_grid``.
    """

    name: str
    group: Group
    events: str
    segment: tuple[str, ...]
    category: tuple[str, ...]
    trail: Trail
    scale: Scale
    is_grid: bool

    @property
    def cells(self) -> str:
        """The CTE with one row per anchor, segment and category seen: its count and its rank."""
        return f"{self.name}_cells"

    @property
    def own_number(self) -> exp.Expr:
        """The count of the anchor's own cell."""
        return exp.Coalesce(this=quoted_column(NUMBER, self._own_cell), expressions=[integer(0)])

    @property
    def own_rank(self) -> exp.Expr:
        """Its dense rank among all counts, zeros included."""
        levels = exp.Coalesce(this=quoted_column(LEVELS, self.name), expressions=[integer(0)])
        last = exp.Add(this=levels, expression=integer(1))
        return exp.Coalesce(this=quoted_column(RANK, self._own_cell), expressions=[last])

    @property
    def top(self) -> exp.Expr:
        """The greatest count of the segment."""
        return quoted_column(TOP, self.name)

    @property
    def total(self) -> exp.Expr:
        """How many of the segment's events have a category."""
        return quoted_column(TOTAL, self.name)

    @property
    def entropy(self) -> exp.Expr:
        """The entropy of the segment, in nats."""
        units = exp.Coalesce(this=quoted_column(SPREAD, self.name), expressions=[integer(0)])
        return exp.Div(this=cast(units, "double"), expression=double(UNIT))

    @property
    def _own_cell(self) -> str:
        """The alias under which an anchor's own cell is at hand."""
        return ANCHORS if self.is_grid else self.cells

    def ctes(self) -> list[Cte]:
        keys = (*self.segment, *self.category)
        counts = Running(f"{self.name}_counts", self.events, keys, self.trail, self.scale)
        counts.add(Total(NUMBER, quoted_column(NUMBER)))
        after = [(self.cells, self._ranked(counts.name)), (self.name, self._summary())]
        if self.is_grid:
            return [*counts.ctes(distinct_anchors(self.group, self.group.keys)), *after]
        return [
            (f"{self.name}_seen", self._seen(keys)),
            (f"{self.name}_anchors", self._anchors()),
            *counts.ctes(exp.select(exp.Star()).from_(named(f"{self.name}_anchors"))),
            *after,
        ]

    def _seen(self, keys: tuple[str, ...]) -> exp.Query:
        first = exp.Min(this=enters(self.trail, self.scale))
        return (
            exp.select(*columns(keys), alias(first, "first_moment"))
            .from_(named(self.events))
            .where(all_of([not_null(column) for column in columns(keys)]))
            .group_by(*columns(keys))
        )

    def _anchors(self) -> exp.Query:
        seen = exp.LT(this=quoted_column("first_moment", "s"), expression=quoted_column(ANCHOR, "a"))
        return (
            exp.select(quoted_column(ANCHOR, "a"), *columns((*self.segment, *self.category), "s"))
            .from_(distinct_anchors(self.group, self.segment).subquery(alias="a"))
            .join(
                exp.alias_(named(f"{self.name}_seen"), "s", table=True, quoted=True),
                on=all_of([*same_columns(self.segment, "a", "s"), seen]),
            )
        )

    def _ranked(self, counts: str) -> exp.Query:
        partition = [quoted_column(ANCHOR), *columns(self.segment)]
        rank = exp.Window(
            this=exp.DenseRank(),
            partition_by=partition,
            order=exp.Order(expressions=[exp.Ordered(this=quoted_column(NUMBER), desc=True, nulls_first=False)]),
        )
        number = cast(quoted_column(NUMBER), self.scale.dialect.count_type)
        total = over(sum_of(number), partition=[item.copy() for item in partition])
        query = exp.select(
            quoted_column(ANCHOR),
            *columns((*self.segment, *self.category)),
            quoted_column(NUMBER),
            alias(rank, RANK),
            alias(total, TOTAL),
        ).from_(named(counts))
        return query if self.is_grid else query.where(_some())

    def _summary(self) -> exp.Query:
        share = exp.Div(this=cast(quoted_column(NUMBER), "double"), expression=cast(quoted_column(TOTAL), "double"))
        surprise = exp.Mul(this=exp.Neg(this=exp.Paren(this=share)), expression=exp.Ln(this=share.copy()))
        units = cast(exp.Floor(this=exp.Mul(this=surprise, expression=double(UNIT))), "bigint")
        return (
            exp.select(
                quoted_column(ANCHOR),
                *columns(self.segment),
                alias(exp.Max(this=quoted_column(RANK)), LEVELS),
                alias(exp.Max(this=quoted_column(TOTAL)), TOTAL),
                alias(exp.Max(this=quoted_column(NUMBER)), TOP),
                alias(sum_of(units), SPREAD),
            )
            .from_(named(self.cells))
            .where(_some() if self.is_grid else None)
            .group_by(quoted_column(ANCHOR), *columns(self.segment))
        )


def _some() -> exp.Expr:
    return exp.GT(this=quoted_column(NUMBER), expression=integer(0))
