"""Least and greatest values within a window, per anchor.

Where events are known at once, one window function over events and anchors has exactly the window as its frame. Where
they become known late, what a frame holds would depend on two times, so each anchor is joined with its own events.
"""

from __future__ import annotations

from datetime import timedelta

from sqlglot import exp

from tzero.compile.anchors import ANCHOR
from tzero.compile.events import TIME, enters, leaves
from tzero.compile.running import IS_CHANGE, MOMENT
from tzero.compile.times import Scale
from tzero.features.statistics import Kind, Statistic
from tzero.sql.build import alias, all_of, columns, equal, interval, named, quoted_column, union_all
from tzero.timeline import Day

_STEP = {True: timedelta(days=1), False: timedelta(microseconds=1)}
"""The smallest difference between two days, and between two instants."""


def framed_extreme(statistic: Statistic, name: str, events: str, anchors: exp.Query, scale: Scale) -> exp.Query:
    """``(anchor, *segment, name)``; the frame ends one step of the type before the anchor, which is strictly before."""
    segment, trail = statistic.segment, statistic.trail
    assert trail.leaves_after is not None
    moments = exp.select(
        *columns(segment),
        alias(quoted_column(ANCHOR), MOMENT),
        alias(scale.mark(change=False), IS_CHANGE),
        alias(exp.Null(), name),
    ).from_(anchors.subquery(alias="a"))
    changes = exp.select(
        *columns(segment),
        alias(quoted_column(TIME), MOMENT),
        alias(scale.mark(change=True), IS_CHANGE),
        quoted_column(name),
    ).from_(named(events))
    frame = exp.WindowSpec(
        kind="RANGE",
        start=interval(trail.leaves_after),
        start_side="PRECEDING",
        end=interval(trail.enters_after + _STEP[isinstance(scale.anchor, Day)]),
        end_side="PRECEDING",
    )
    window = exp.Window(
        this=_function(statistic)(this=quoted_column(name)),
        partition_by=columns(segment),
        order=exp.Order(expressions=[exp.Ordered(this=scale.clock(quoted_column(MOMENT)))]),
        spec=frame,
    )
    inner = exp.select(*columns(segment), quoted_column(MOMENT), quoted_column(IS_CHANGE), alias(window, name)).from_(
        union_all([moments, changes]).subquery(alias="timeline")
    )
    return (
        exp.select(alias(quoted_column(MOMENT), ANCHOR), *columns(segment), quoted_column(name))
        .from_(inner.subquery(alias="t"))
        .where(scale.is_anchor(quoted_column(IS_CHANGE)))
    )


def joined_extreme(statistic: Statistic, name: str, events: str, anchors: exp.Query, scale: Scale) -> exp.Query:
    """``(anchor, *segment, name)`` by looking, from every anchor, at the events of its segment."""
    leave = leaves(statistic.trail, scale)
    assert leave is not None
    inner = exp.select(
        *columns(statistic.segment),
        alias(enters(statistic.trail, scale), "enters_after"),
        alias(leave, "leaves_after"),
        quoted_column(name),
    ).from_(named(events))
    tests: list[exp.Expr] = [equal(quoted_column(key, "v"), quoted_column(key, "a")) for key in statistic.segment]
    tests.append(exp.LT(this=quoted_column("enters_after", "v"), expression=quoted_column(ANCHOR, "a")))
    tests.append(exp.GTE(this=quoted_column("leaves_after", "v"), expression=quoted_column(ANCHOR, "a")))
    return (
        exp.select(
            quoted_column(ANCHOR, "a"),
            *columns(statistic.segment, "a"),
            alias(_function(statistic)(this=quoted_column(name, "v")), name),
        )
        .from_(anchors.subquery(alias="a"))
        .join(inner.subquery(alias="v"), on=all_of(tests))
        .group_by(quoted_column(ANCHOR, "a"), *columns(statistic.segment, "a"))
    )


def _function(statistic: Statistic) -> type[exp.Min] | type[exp.Max]:
    return exp.Min if statistic.kind is Kind.MIN else exp.Max
