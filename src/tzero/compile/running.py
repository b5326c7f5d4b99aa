"""Running totals as of each anchor.

An event changes a total for every anchor strictly later than the moment at which it enters, and, with a window, changes
it back for every anchor strictly later than the moment at which it leaves. The sum of all changes strictly before an
anchor is found in one of two ways:

- steps: the changes of each moment are added up to that moment, and each anchor takes the last step strictly before it,
  by an as-of join
- a timeline, where an engine has no as-of join: changes and anchors in one order, (moment, anchors before changes), and
  a window function from the start to the current row
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from tzero.compile.anchors import ANCHOR
from tzero.compile.events import NUMBER, enters, leaves
from tzero.compile.levels import Distinct, OfValues, level_query
from tzero.compile.lookups import Cte
from tzero.compile.times import Scale
from tzero.sql.build import (
    alias,
    all_of,
    case_when,
    cast,
    columns,
    integer,
    named,
    not_null,
    over,
    quoted_column,
    same_columns,
    union_all,
)
from tzero.timeline import Trail

MOMENT, IS_CHANGE = "moment", "is_change"
_COMBINE: dict[str, type[exp.AggFunc]] = {"count": exp.Sum, "sum": exp.Sum, "min": exp.Min, "max": exp.Max}
_ADDED = ("count", "sum")


@dataclass(frozen=True, slots=True)
class Total:
    """A column that is accumulated: how an event changes it, and how changes combine (count, sum, min or max)."""

    name: str
    change: exp.Expr
    combine: str = "count"


@dataclass(slots=True)
class Running:
    """The totals of one set of keys over one trail of one event stream."""

    name: str
    events: str
    keys: tuple[str, ...]
    trail: Trail
    scale: Scale
    grows: bool = True
    """Whether a count only ever rises where there is no window: no event takes another one back."""
    totals: dict[str, Total] = field(default_factory=dict)
    of_values: dict[str, OfValues] = field(default_factory=dict)

    def add(self, total: Total) -> str:
        self.totals.setdefault(total.name, total)
        return total.name

    def add_of_values(self, kind: type[OfValues], names: tuple[str, ...]) -> str:
        """Accumulate what follows from the counts of the single values of some columns."""
        total = kind(f"{kind.__name__.lower()}_{'_'.join(names)}", names)
        self.of_values.setdefault(total.name, total)
        return total.name

    def ctes(self, anchors: exp.Query) -> list[Cte]:
        """CTEs that end in ``<name> (anchor, *keys, *totals)``; ``anchors`` yields ``(anchor, *keys)`` once each."""
        steps: dict[str, exp.Query] = {}
        branches = self._event_branches() if self.totals else []
        for total in self.of_values.values():
            first_only = isinstance(total, Distinct) and self.trail.window is None and self.grows
            branch, needed = self._first_branch(total) if first_only else self._level_branch(total)
            steps |= needed
            branches.append(branch)
        return list(
            (steps | (self._stepwise(branches, anchors) if self._steps else self._timed(branches, anchors))).items()
        )

    @property
    def _steps(self) -> bool:
        return self.scale.dialect.as_of_joins

    def _stepwise(self, branches: list[exp.Query], anchors: exp.Query) -> dict[str, exp.Query]:
        """The totals after each moment of change, and for each anchor those after the last one before it."""
        changes, after = f"{self.name}_changes", f"{self.name}_steps"
        return {
            changes: branches[0] if len(branches) == 1 else self._merged(branches),
            after: exp.select(
                *columns(self.keys), quoted_column(MOMENT), *self._accumulated([quoted_column(MOMENT)])
            ).from_(named(changes)),
            self.name: self._last_before(after, anchors),
        }

    def _merged(self, branches: list[exp.Query]) -> exp.Query:
        """One row per moment, whatever changes then."""
        totals = [alias(_COMBINE[how](this=quoted_column(name)), name) for name, how in self._combined().items()]
        return (
            exp.select(*columns(self.keys), quoted_column(MOMENT), *totals)
            .from_(union_all(branches).subquery(alias="c"))
            .group_by(*columns(self.keys), quoted_column(MOMENT))
        )

    def _last_before(self, steps: str, anchors: exp.Query) -> exp.Query:
        totals = [
            alias(
                exp.Coalesce(this=quoted_column(name, "s"), expressions=[integer(0)])
                if how in _ADDED
                else quoted_column(name, "s"),
                name,
            )
            for name, how in self._combined().items()
        ]
        before = exp.LT(this=quoted_column(MOMENT, "s"), expression=quoted_column(ANCHOR, "a"))
        return (
            exp.select(quoted_column(ANCHOR, "a"), *columns(self.keys, "a"), *totals)
            .from_(anchors.subquery(alias="a"))
            .join(
                exp.alias_(named(steps), "s", table=True, quoted=True),
                on=all_of([*same_columns(self.keys, "s", "a"), before]),
                join_type="asof left",
            )
        )

    def _timed(self, branches: list[exp.Query], anchors: exp.Query) -> dict[str, exp.Query]:
        """Changes and anchors on one timeline, and the totals at the anchors."""
        timeline = union_all([self._anchor_branch(anchors), *branches])
        return {f"{self.name}_timeline": timeline, self.name: self._at_anchors()}

    def _combined(self) -> dict[str, str]:
        found = {name: total.combine for name, total in self.totals.items()}
        return found | {name: "count" if isinstance(t, Distinct) else "sum" for name, t in self.of_values.items()}

    def _anchor_branch(self, anchors: exp.Query) -> exp.Query:
        neutral = [alias(integer(0) if how in _ADDED else exp.Null(), name) for name, how in self._combined().items()]
        return exp.select(
            *columns(self.keys),
            alias(quoted_column(ANCHOR), MOMENT),
            alias(self.scale.mark(change=False), IS_CHANGE),
            *neutral,
        ).from_(anchors.subquery(alias="a"))

    def _event_branches(self) -> list[exp.Query]:
        enter = enters(self.trail, self.scale)
        leave = leaves(self.trail, self.scale)
        branches = [self._changes(enter, leave, sign=1)]
        if leave is not None:
            branches.append(self._changes(leave, leave, sign=-1))
        return branches

    def _changes(self, moment: exp.Expr, leave: exp.Expr | None, sign: int) -> exp.Query:
        changes: dict[str, exp.Expr] = {}
        for name, total in self.totals.items():
            combined = _COMBINE[total.combine](this=total.change.copy())
            changes[name] = exp.Neg(this=combined) if sign < 0 else combined
        return self._branch(moment, named(self.events), self._conditions(self.keys, leave), changes)

    def _branch(
        self, moment: exp.Expr, source: exp.Expr, conditions: list[exp.Expr], changes: dict[str, exp.Expr]
    ) -> exp.Query:
        items: list[exp.Expr] = [
            *columns(self.keys),
            alias(moment.copy(), MOMENT),
            *([] if self._steps else [alias(self.scale.mark(change=True), IS_CHANGE)]),
        ]
        for name, how in self._combined().items():
            neutral = integer(0) if how in _ADDED else exp.Null()
            change = changes.get(name, neutral)
            # a sum of counts is wider than a count, and a running sum of that would be wider still
            narrow = how == "count" and not isinstance(change, exp.Literal)
            items.append(alias(cast(change, self.scale.dialect.count_type) if narrow else change, name))
        query = exp.select(*items).from_(source)
        if conditions:
            query = query.where(all_of(conditions))
        return query.group_by(*columns(self.keys), moment.copy())

    def _conditions(self, names: tuple[str, ...], leave: exp.Expr | None) -> list[exp.Expr]:
        conditions = [not_null(column) for column in columns(names)]
        if leave is not None:
            # an event that becomes known only after it has left the window is never seen
            conditions.append(exp.LT(this=enters(self.trail, self.scale), expression=leave.copy()))
        return conditions

    def _first_branch(self, total: OfValues) -> tuple[exp.Query, dict[str, exp.Query]]:
        """Without a window a value counts from its first event on, for good."""
        names = tuple(dict.fromkeys((*self.keys, *total.columns)))
        step = f"{self.name}_{total.name}"
        first = (
            exp.select(*columns(names), alias(exp.Min(this=enters(self.trail, self.scale)), MOMENT))
            .from_(named(self.events))
            .where(all_of(self._conditions(names, None)))
            .group_by(*columns(names))
        )
        branch = self._branch(quoted_column(MOMENT), named(step), [], {total.name: exp.Count(this=exp.Star())})
        return branch, {step: first}

    def _level_branch(self, total: OfValues) -> tuple[exp.Query, dict[str, exp.Query]]:
        names = tuple(dict.fromkeys((*self.keys, *total.columns)))
        step = f"{self.name}_levels_{'_'.join(total.columns)}"
        changes = Running(f"{step}_changes", self.events, names, self.trail, self.scale)
        changes.add(Total(NUMBER, quoted_column(NUMBER)))
        moved: dict[str, exp.Expr] = {total.name: exp.Sum(this=total.change(self.scale.dialect))}
        return self._branch(quoted_column(MOMENT), named(step), [], moved), {
            changes.name: union_all(changes._event_branches()),
            step: level_query(changes.name, names, MOMENT),
        }

    def _accumulated(self, order: list[exp.Expr]) -> list[exp.Expr]:
        """Each total of all rows up to the current one."""
        return [
            alias(
                over(_COMBINE[how](this=quoted_column(name)), partition=columns(self.keys), order=order, running=True),
                name,
            )
            for name, how in self._combined().items()
        ]

    def _at_anchors(self) -> exp.Query:
        running = self._accumulated([quoted_column(MOMENT), quoted_column(IS_CHANGE)])
        inner = exp.select(*columns(self.keys), quoted_column(MOMENT), quoted_column(IS_CHANGE), *running).from_(
            named(f"{self.name}_timeline")
        )
        return (
            exp.select(alias(quoted_column(MOMENT), ANCHOR), *columns(self.keys), *columns(self._combined()))
            .from_(inner.subquery(alias="t"))
            .where(self.scale.is_anchor(quoted_column(IS_CHANGE)))
        )


def event_number(test: exp.Expr | None = None) -> exp.Expr:
    """How many events one row of the stream stands for, or 0 where a test fails."""
    number = quoted_column(NUMBER)
    return number if test is None else case_when(test, number, integer(0))
