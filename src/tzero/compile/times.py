"""Times in SQL: days of a zone, shifts by a fixed length, knowledge time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlglot import exp

from tzero.compile.dialects.base import Dialect
from tzero.features.types import ColumnType
from tzero.sql.build import cast, integer, text
from tzero.timeline import Anchor, Day


@dataclass(frozen=True, slots=True)
class Scale:
    """How an anchor measures time: days of its zone, or instants of the type ``kind``."""

    anchor: Anchor
    kind: ColumnType
    dialect: Dialect

    def of(self, value: exp.Expr) -> exp.Expr:
        """A time of type ``kind`` as the anchor sees it: its day, or the value itself."""
        return on_anchor_scale(value, self.kind, self.anchor)

    def clock(self, value: exp.Expr) -> exp.Expr:
        """A time on this scale in a type whose order and distances depend on no setting of the session."""
        return value if isinstance(self.anchor, Day) else self.dialect.clock(value, self.kind)

    def mark(self, *, change: bool) -> exp.Expr:
        """What marks the changes of a timeline, or its anchors, which sort first."""
        if self.dialect.boolean_marks:
            return exp.true() if change else exp.false()
        return integer(int(change))

    def is_anchor(self, mark: exp.Expr) -> exp.Expr:
        return exp.Not(this=mark) if self.dialect.boolean_marks else exp.EQ(this=mark, expression=integer(0))

    def later(self, value: exp.Expr, length: timedelta) -> exp.Expr:
        """A time on this scale moved later by a fixed length (whole days on a day scale)."""
        if not length:
            return value
        if isinstance(self.anchor, Day):
            return self.dialect.add_days(value, integer(length.days))
        return self.dialect.moved(value, self.kind, length)


def on_anchor_scale(value: exp.Expr, kind: ColumnType, anchor: Anchor) -> exp.Expr:
    """The value as the anchor measures time: its day in the anchor's zone, or the value itself."""
    return day_of(value, kind, anchor.zone) if isinstance(anchor, Day) else value


def day_of(value: exp.Expr, kind: ColumnType, zone: str) -> exp.Expr:
    """The calendar day of a time; a bare cast of a timestamptz would depend on the session."""
    if kind.kind == "date":
        return value
    if kind.kind == "timestamptz":
        value = exp.AtTimeZone(this=value if isinstance(value, exp.Column) else exp.Paren(this=value), zone=text(zone))
        return cast(exp.Paren(this=value), "date")
    return cast(value, "date")


def latest(values: Sequence[exp.Expr]) -> exp.Expr:
    """The greatest of several non-NULL times."""
    if len(values) == 1:
        return values[0]
    return exp.Greatest(this=values[0], expressions=list(values[1:]), ignore_nulls=True)
