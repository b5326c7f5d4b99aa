"""The value of each statistic at an anchor, as an expression over the parts."""

from __future__ import annotations

from sqlglot import exp

from tzero.compile.anchors import ANCHOR
from tzero.compile.events import TIME, extreme_name, value_of
from tzero.compile.levels import Distinct, Surprise, entropy
from tzero.compile.moments import deviation
from tzero.compile.parts import Parts
from tzero.compile.running import Total, event_number
from tzero.features.statistics import Kind, Statistic
from tzero.sql.build import (
    all_of,
    case_when,
    cast,
    columns,
    double,
    integer,
    not_null,
    quoted_column,
)
from tzero.sql.portable import ColumnRef
from tzero.timeline import Day, Trail

_SPREADS = frozenset({Kind.RANK, Kind.TOP_SHARE})
"""Statistics that need the counts of all categories at every anchor."""
_LEAST_SHARE = 1e-12


class Values:
    """Turns statistics into expressions, asking the parts for what they need."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self._spread: set[tuple[object, ...]] = set()
        for _, statistic in parts.group.statistics:
            if statistic.kind in _SPREADS:
                parts.distribution(statistic)  # first, so that counts of the same cells are read from it
                self._spread.add(_cells(statistic))

    def of(self, statistic: Statistic) -> exp.Expr:
        match statistic.kind:
            case Kind.COUNT:
                return cast(self._count(statistic), "int")
            case Kind.SHARE:
                return self._share(statistic)
            case Kind.RARITY:
                return self._rarity(statistic)
            case Kind.RANK:
                return self._rank(statistic)
            case Kind.N_DISTINCT:
                return cast(self._distinct(statistic), "int")
            case Kind.ENTROPY:
                return self._entropy(statistic)
            case Kind.TOP_SHARE:
                spread = self.parts.distribution(statistic)
                return _ratio(spread.top, spread.total)
            case Kind.SHARE_OF:
                part = self._events(statistic, statistic.segment, equals=statistic.constant)
                share = _ratio(part, self._events(statistic, statistic.segment))
                return exp.Coalesce(this=share, expressions=[double(0.0)])
            case Kind.SUM | Kind.MEAN | Kind.STD:
                return self._added(statistic)
            case Kind.MIN | Kind.MAX:
                return self._extreme(statistic)
            case Kind.FIRST_SEEN:
                return self.parts.total(statistic, statistic.segment, Total("first_time", quoted_column(TIME), "min"))
            case Kind.TIME_SINCE_LAST:
                return self._since_last(statistic)

    def _count(self, statistic: Statistic) -> exp.Expr:
        own = self.parts.own_number(statistic)
        if own is not None:
            return own
        return self.parts.total(statistic, statistic.keys, Total("event_number", event_number()))

    def _share(self, statistic: Statistic) -> exp.Expr:
        part, whole = self._count(statistic), self._events(statistic, statistic.segment)
        if not statistic.alpha:
            return _ratio(part, whole)
        alpha, size = double(statistic.alpha), statistic.domain_size
        if size is not None:
            smoothing: exp.Expr = exp.Mul(this=alpha, expression=double(float(size)))
        else:
            seen = exp.Greatest(this=self._distinct(statistic), expressions=[integer(1)], ignore_nulls=True)
            smoothing = exp.Mul(this=alpha, expression=cast(seen, "double"))
        return exp.Div(
            this=exp.Paren(this=exp.Add(this=cast(part, "double"), expression=alpha.copy())),
            expression=exp.Paren(this=exp.Add(this=cast(whole, "double"), expression=smoothing)),
        )

    def _rarity(self, statistic: Statistic) -> exp.Expr:
        share = self._share(statistic)
        floor = exp.Greatest(this=share, expressions=[double(_LEAST_SHARE)], ignore_nulls=True)
        rarity = exp.Neg(this=exp.Ln(this=floor))
        return rarity if statistic.alpha else case_when(not_null(share.copy()), rarity)

    def _rank(self, statistic: Statistic) -> exp.Expr:
        return cast(self.parts.distribution(statistic).own_rank, "int")

    def _distinct(self, statistic: Statistic) -> exp.Expr:
        running = self.parts.running(statistic, statistic.segment)
        return quoted_column(running.add_of_values(Distinct, statistic.category), running.name)

    def _entropy(self, statistic: Statistic) -> exp.Expr:
        if _cells(statistic) in self._spread:
            return self.parts.distribution(statistic).entropy
        running = self.parts.running(statistic, statistic.segment)
        surprise = quoted_column(running.add_of_values(Surprise, statistic.category), running.name)
        return entropy(self._events(statistic, statistic.segment), surprise, self.parts.dialect)

    def _events(self, statistic: Statistic, keys: tuple[str, ...], equals: str | None = None) -> exp.Expr:
        """How many events of the segment have a category (equal to a constant)."""
        if equals is not None:
            return self.parts.total(statistic, keys, self.parts.number_equal(statistic.category[0], equals))
        known = [c for c in statistic.category if self.parts.base.shapes[c].nullable and c not in keys]
        if not known:
            return self.parts.total(statistic, keys, Total("event_number", event_number()))
        test = all_of([not_null(column) for column in columns(known)])
        return self.parts.total(statistic, keys, Total("number_with_" + "_".join(known), event_number(test)))

    def _added(self, statistic: Statistic) -> exp.Expr:
        value = value_of(statistic, self.parts.base)
        number = self.parts.total(statistic, statistic.segment, Total(value.number, quoted_column(value.number)))
        total = self.parts.total(statistic, statistic.segment, Total(value.total, quoted_column(value.total), "sum"))
        unit = 10.0**value.scale
        some = exp.GT(this=number, expression=integer(0))
        if statistic.kind is Kind.SUM:
            if self._is_whole(statistic):
                return case_when(some, cast(total, "bigint"))
            return case_when(some, exp.Div(this=cast(total, "double"), expression=double(unit)))
        if statistic.kind is Kind.MEAN:
            divisor = exp.Paren(this=exp.Mul(this=cast(number.copy(), "double"), expression=double(unit)))
            return case_when(some, exp.Div(this=cast(total, "double"), expression=divisor))
        squares = self.parts.total(
            statistic, statistic.segment, Total(value.squares, quoted_column(value.squares), "sum")
        )
        return deviation(number, total, squares, unit, self.parts.dialect)

    def _extreme(self, statistic: Statistic) -> exp.Expr:
        name = extreme_name(statistic)
        if statistic.trail.window is None:
            return self.parts.total(
                statistic, statistic.segment, Total(name, quoted_column(name), statistic.kind.value)
            )
        return self.parts.windowed_extreme(statistic)

    def _since_last(self, statistic: Statistic) -> exp.Expr:
        ever = Trail(None, statistic.trail.lag)
        last = self.parts.total(statistic, statistic.segment, Total("last_time", quoted_column(TIME), "max"), ever)
        anchor = quoted_column(ANCHOR, "a")
        scale, dialect = self.parts.scale, self.parts.dialect
        between = dialect.days_between if isinstance(scale.anchor, Day) else dialect.seconds_between
        since = between(anchor, last)
        leave = statistic.trail.leaves_after
        if leave is None:
            return since
        still = exp.GTE(this=scale.later(last.copy(), leave), expression=anchor.copy())
        return case_when(still, since)

    def _is_whole(self, statistic: Statistic) -> bool:
        name = self.parts.base.name_of(ColumnRef(statistic.value or ""), statistic.place)
        return self.parts.base.shapes[name].type.kind in ("integer", "bigint", "boolean")


def _cells(statistic: Statistic) -> tuple[object, ...]:
    return (statistic.segment, statistic.category, statistic.trail, statistic.known_at)


def _ratio(part: exp.Expr, whole: exp.Expr) -> exp.Expr:
    return exp.Div(this=cast(part, "double"), expression=exp.Nullif(this=cast(whole, "double"), expression=double(0.0)))
