"""The statistics relation of a group: its anchors, joined with the parts, one value per feature."""

from __future__ import annotations

from sqlglot import exp

from tzero.compile.anchors import ANCHOR, anchor_ctes
from tzero.compile.base import Base
from tzero.compile.dialects.base import Dialect
from tzero.compile.distributions import ANCHORS, LEVELS, RANK, SPREAD, TOP, TOTAL
from tzero.compile.events import KNOWN, NUMBER, TIME
from tzero.compile.groups import Group
from tzero.compile.parts import Parts
from tzero.compile.running import IS_CHANGE, MOMENT
from tzero.compile.times import on_anchor_scale
from tzero.compile.values import Values
from tzero.errors import DeclarationError
from tzero.features.rows import T0, T0_DAY
from tzero.sql.build import alias, columns, named, not_null, quoted_column, with_ctes
from tzero.timeline import Day

RESERVED = frozenset({ANCHOR, TIME, KNOWN, NUMBER, RANK, LEVELS, TOTAL, TOP, SPREAD, MOMENT, IS_CHANGE, "first_anchor"})


class StatisticsQuery:
    """Builds the query of one group. ``rows`` and ``population`` are base relations with their FROM items."""

    def __init__(
        self, group: Group, rows: tuple[Base, exp.Table], population: tuple[Base, exp.Table], dialect: Dialect
    ) -> None:
        self.group = group
        self.anchor = group.population.anchor
        self.rows, self.rows_table = rows
        self.base, self.base_table = population
        self.parts = Parts(group, self.base, self.base_table, dialect)
        self._check_names()

    @property
    def anchor_column(self) -> str:
        return T0_DAY if isinstance(self.anchor, Day) else T0

    def build(self) -> exp.Query:
        values = Values(self.parts)
        features = [alias(values.of(statistic), name) for name, statistic in self.group.statistics]
        query, ctes = self.parts.joined(
            exp.select(alias(quoted_column(ANCHOR, ANCHORS), self.anchor_column), *self.parts.key_columns(), *features)
        )
        if self.parts.dialect.ordered_rows:
            query = query.order_by(*self._order())
        anchors = anchor_ctes(self.group, self._own_anchors(), self._event_anchors())
        if self.parts.is_stepwise or self.parts.anchors != "anchors":
            anchors.pop()  # the grid, which nothing reads
        return with_ctes(query, [*self.parts.streams, *anchors, *ctes])

    def _order(self) -> list[exp.Expr]:
        """The anchor and the keys, texts by their bytes."""
        order: list[exp.Expr] = [quoted_column(ANCHOR, ANCHORS)]
        for name, column in zip(self.group.keys, self.parts.key_columns(), strict=True):
            is_text = self.base.shapes[name].type.kind == "text"
            by_bytes = exp.Collate(this=column, expression=exp.to_identifier("C", quoted=True))
            order.append(by_bytes if is_text else column)
        return order

    def _own_anchors(self) -> exp.Query:
        """(anchor, *keys) of the rows that get features; read from the events where these are the same rows."""
        if self.parts.has_plain_stream and self._events_are_rows():
            return exp.select(alias(quoted_column(TIME), ANCHOR), *columns(self.group.keys)).from_(named("events"))
        return exp.select(alias(self._anchor_of(self.rows, "r"), ANCHOR), *columns(self.group.keys, "r")).from_(
            _aliased(self.rows_table, "r")
        )

    def _events_are_rows(self) -> bool:
        population = self.group.population
        if any(lookup.is_as_of for lookup in population.rows.lookups):
            return False  # what is looked up as of T0 is proved of a row alone, and not of groups of them
        return self.base is self.rows and population.where is None and population.rows.source.known_at is None

    def _event_anchors(self) -> exp.Query | None:
        if self.base is self.rows or self.base.rows.source.change is not None:
            return None  # a later version of an earlier event must not add to what was there before it
        time = quoted_column(T0, "p")
        return (
            exp.select(alias(self.parts.scale.of(time), ANCHOR), *columns(self.group.keys, "p"))
            .from_(_aliased(self.base_table, "p"))
            .where(not_null(time.copy()))
        )

    def _anchor_of(self, base: Base, table: str) -> exp.Expr:
        """The anchor of a row of a base relation."""
        if isinstance(self.anchor, Day) and base.zone == self.anchor.zone:
            return quoted_column(T0_DAY, table)
        return on_anchor_scale(quoted_column(T0, table), base.time_type, self.anchor)

    def _check_names(self) -> None:
        for name in self.group.keys:
            if name in RESERVED:
                raise DeclarationError(
                    f"the column name {name!r} has a meaning of its own in statistics",
                    place=self.group.population.place,
                    fix="derive the column under another name",
                )


def _aliased(table: exp.Table, name: str) -> exp.Table:
    found = table.copy()
    found.set("alias", exp.TableAlias(this=exp.to_identifier(name, quoted=True)))
    return found
