"""Run the query at another time: every clock that its text reads is stopped, once early, once late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlglot import exp

from tzero.falsify.mutations.circumstance import Circumstance, Pair, Setting, Stage
from tzero.prove.functions import CLOCK_NAMES, CLOCK_NODES

EARLY, LATE = "2024-04-03 12:00:00+00:00", "2024-04-30 09:30:00+00:00"
_DATES = frozenset({"CurrentDate", "UtcDate", "current_date", "today", "curdate", "get_current_date"})
_WORDS = frozenset({"now", "today", "yesterday", "tomorrow"})


def clock(setting: Setting, stage: Stage) -> Iterator[Pair]:
    if stage.stopped is not None:
        early, late = stage.stopped
        yield replace(setting, sql=early), replace(setting, sql=late), "the time at which the query is run"


def stopped_at(tree: exp.Expr, moment: str) -> exp.Expr | None:
    """The query with its clocks stopped at a time; None where it reads none.

    >>> import sqlglot
    >>> stopped_at(sqlglot.parse_one("SELECT now()"), "2024-04-03 12:00:00+00:00").sql()
    "SELECT CAST('2024-04-03 12:00:00+00:00' AS TIMESTAMPTZ)"
    >>> stopped_at(sqlglot.parse_one("SELECT 1"), "2024-04-03 12:00:00+00:00") is None
    True
    """
    found = tree.copy()
    clocks = [node for node in found.walk() if _reads_clock(node)]
    for node in clocks:
        frozen = _frozen(node, moment)
        if node is found:
            return frozen
        node.replace(frozen)
    return found if clocks else None


def _reads_clock(node: exp.Expr) -> bool:
    name = type(node).__name__
    if name in CLOCK_NODES and name != "CurrentTimezone":
        return True
    if isinstance(node, exp.Anonymous):
        return str(node.this).lower() in CLOCK_NAMES or _is_age(node)
    literal = node.this if isinstance(node, exp.Cast) else None
    return isinstance(literal, exp.Literal) and literal.is_string and literal.name.strip().lower() in _WORDS


def _is_age(node: exp.Anonymous) -> bool:
    return str(node.this).lower() == "age" and len(node.expressions) == 1


def _frozen(node: exp.Expr, moment: str) -> exp.Expr:
    if isinstance(node, exp.Anonymous) and _is_age(node):
        midnight = _time(moment[:10] + " 00:00:00+00:00", "timestamptz")
        return exp.Anonymous(this="age", expressions=[midnight, node.expressions[0].copy()])
    if isinstance(node, exp.Cast):
        return exp.Cast(this=_time(moment, "timestamptz"), to=node.to.copy())
    name = str(node.this).lower() if isinstance(node, exp.Anonymous) else type(node).__name__
    if name in _DATES:
        return exp.Cast(this=exp.Literal.string(moment[:10]), to=exp.DataType.build("date"))
    return _time(moment, "timestamp" if "local" in name.lower() else "timestamptz")


def _time(moment: str, type_: str) -> exp.Cast:
    return exp.Cast(this=exp.Literal.string(moment), to=exp.DataType.build(type_))


CLOCK = Circumstance("clock", "the query is run at another time", clock)
