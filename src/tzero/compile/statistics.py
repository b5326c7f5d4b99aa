"""The statistics relation of a group: anchors joined with running totals and distributions."""

from __future__ import annotations

from sqlglot import exp

from tzero.compile.anchors import ANCHOR, anchor_ctes, distinct_anchors
from tzero.compile.base import Base
from tzero.compile.dialects.base import Dialect
from tzero.compile.distributions import LEVELS, RANK, SPREAD, TOP, TOTAL, UNIT, Distribution, at_anchor
from tzero.compile.events import (
    KNOWN,
    NUMBER,
    TIME,
    EventStream,
    enters,
    event_stream,
    extreme_name,
    leaves,
    value_of,
)
from tzero.compile.groups import Group
from tzero.compile.lookups import Cte
from tzero.compile.running import Running, Total, event_number
from tzero.compile.times import Scale, on_anchor_scale
from tzero.errors import DeclarationError
from tzero.features.rows import T0, T0_DAY
from tzero.features.statistics import Kind, Statistic
from tzero.sql.build import (
    alias,
    all_of,
    case_when,
    cast,
    columns,
    double,
    equal,
    integer,
    named,
    not_null,
    quoted_column,
    text,
    with_ctes,
)
from tzero.sql.portable import ColumnRef
from tzero.timeline import Day, Trail

RESERVED = frozenset(
    {ANCHOR, TIME, KNOWN, NUMBER, RANK, LEVELS, TOTAL, TOP, SPREAD, "moment", "is_change", "first_anchor"}
)
_SPREADS = frozenset({Kind.RANK, Kind.ENTROPY, Kind.TOP_SHARE})
_LEAST_SHARE = 1e-12


class StatisticsQuery:
    """Builds the query of one group. ``rows`` and ``events`` are FROM items of the two base relations."""

    def __init__(
        self, group: Group, rows: tuple[Base, exp.Table], population: tuple[Base, exp.Table], dialect: Dialect
    ) -> None:
        self.group = group
        self.anchor = group.population.anchor
        self.rows, self.rows_table = rows
        self.base, self.base_table = population
        self.dialect = dialect
        self.scale = Scale(self.anchor, self.base.time_type, dialect)
        self.streams: dict[str | None, EventStream] = {}
        self.running: dict[tuple[object, ...], Running] = {}
        self.distributions: dict[tuple[object, ...], Distribution] = {}
        self.extremes: dict[tuple[object, ...], tuple[Cte, tuple[str, ...]]] = {}
        self._check_names()

    @property
    def anchor_column(self) -> str:
        return T0_DAY if isinstance(self.anchor, Day) else T0

    def build(self) -> exp.Query:
        for _, statistic in self.group.statistics:
            if statistic.kind in _SPREADS:
                self._distribution(statistic)
        features = [alias(self._value(statistic), name) for name, statistic in self.group.statistics]
        query = exp.select(
            alias(quoted_column(ANCHOR, "a"), self.anchor_column), *columns(self.group.keys, "a"), *features
        ).from_(exp.alias_(named("anchors"), "a", table=True, quoted=True))
        ctes = [(stream.name, stream.query) for stream in self.streams.values()]
        ctes += anchor_ctes(self.group, self._own_anchors(), self._event_anchors())
        for distribution in self.distributions.values():
            ctes += distribution.ctes()
            query = query.join(
                named(distribution.name), on=at_anchor(distribution.segment, distribution.name), join_type="left"
            )
            if self._has_own_cell(distribution):
                keys = (*distribution.segment, *distribution.category)
                query = query.join(named(distribution.cells), on=at_anchor(keys, distribution.cells), join_type="left")
        for running in self.running.values():
            ctes += running.ctes(distinct_anchors(running.keys))
            query = query.join(named(running.name), on=at_anchor(running.keys, running.name), join_type="left")
        for (name, body), keys in self.extremes.values():
            ctes.append((name, body))
            query = query.join(named(name), on=at_anchor(keys, name), join_type="left")
        return with_ctes(query, ctes)

    def _value(self, statistic: Statistic) -> exp.Expr:
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
                spread = quoted_column(SPREAD, self._distribution(statistic).name)
                return exp.Div(
                    this=cast(exp.Coalesce(this=spread, expressions=[integer(0)]), "double"), expression=double(UNIT)
                )
            case Kind.TOP_SHARE:
                name = self._distribution(statistic).name
                return _ratio(quoted_column(TOP, name), quoted_column(TOTAL, name))
            case Kind.SHARE_OF:
                part = self._events(statistic, statistic.segment, equals=statistic.constant)
                share = _ratio(part, self._events(statistic, statistic.segment))
                return exp.Coalesce(this=share, expressions=[double(0.0)])
            case Kind.SUM | Kind.MEAN | Kind.STD:
                return self._added(statistic)
            case Kind.MIN | Kind.MAX:
                return self._extreme(statistic)
            case Kind.FIRST_SEEN:
                return self._total(statistic, statistic.segment, Total("first_time", quoted_column(TIME), "min"))
            case Kind.TIME_SINCE_LAST:
                return self._since_last(statistic)

    def _count(self, statistic: Statistic) -> exp.Expr:
        own = self._cells_of(statistic)
        if own is not None:
            return exp.Coalesce(this=quoted_column(NUMBER, own), expressions=[integer(0)])
        return self._total(statistic, statistic.keys, Total("event_number", event_number()))

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
        distribution = self._distribution(statistic)
        last = exp.Add(
            this=exp.Coalesce(this=quoted_column(LEVELS, distribution.name), expressions=[integer(0)]),
            expression=integer(1),
        )
        return cast(exp.Coalesce(this=quoted_column(RANK, distribution.cells), expressions=[last]), "int")

    def _distinct(self, statistic: Statistic) -> exp.Expr:
        running = self._running(statistic, statistic.segment)
        return quoted_column(running.count_distinct(statistic.category), running.name)

    def _events(self, statistic: Statistic, keys: tuple[str, ...], equals: str | None = None) -> exp.Expr:
        """How many events of the segment have a category (equal to a constant)."""
        if equals is not None:
            name = f"number_equal_{statistic.category[0]}_{list(self._constants(statistic)).index(equals)}"
            test: exp.Expr = equal(quoted_column(statistic.category[0]), text(equals))
            return self._total(statistic, keys, Total(name, event_number(test)))
        known = [c for c in statistic.category if self.base.shapes[c].nullable and c not in keys]
        if not known:
            return self._total(statistic, keys, Total("event_number", event_number()))
        test = all_of([not_null(column) for column in columns(known)])
        return self._total(statistic, keys, Total("number_with_" + "_".join(known), event_number(test)))

    def _constants(self, statistic: Statistic) -> dict[str, None]:
        return {
            s.constant: None
            for _, s in self.group.statistics
            if s.constant is not None and s.category == statistic.category
        }

    def _added(self, statistic: Statistic) -> exp.Expr:
        value = value_of(statistic, self.base)
        number = self._total(statistic, statistic.segment, Total(value.number, quoted_column(value.number)))
        total = self._total(statistic, statistic.segment, Total(value.total, quoted_column(value.total), "sum"))
        unit = 10.0**value.scale
        some = exp.GT(this=number, expression=integer(0))
        if statistic.kind is Kind.SUM:
            if self._is_whole(statistic):
                return case_when(some, cast(total, "bigint"))
            return case_when(some, exp.Div(this=cast(total, "double"), expression=double(unit)))
        if statistic.kind is Kind.MEAN:
            divisor = exp.Paren(this=exp.Mul(this=cast(number.copy(), "double"), expression=double(unit)))
            return case_when(some, exp.Div(this=cast(total, "double"), expression=divisor))
        squares = self._total(statistic, statistic.segment, Total(value.squares, quoted_column(value.squares), "sum"))
        return self._deviation(number, total, squares, unit)

    def _deviation(self, number: exp.Expr, total: exp.Expr, squares: exp.Expr, unit: float) -> exp.Expr:
        """From exact sums, about an integer near the mean, so that nothing cancels."""
        exact = self.dialect.exact_type
        n, s, q = (cast(tree, exact) for tree in (number, total, squares))
        near = self.dialect.exact_of_double(
            exp.Floor(this=exp.Div(this=cast(s, "double"), expression=cast(n, "double")))
        )
        rest = exp.Paren(this=exp.Sub(this=s.copy(), expression=exp.Mul(this=n.copy(), expression=near)))
        about = exp.Paren(
            this=exp.Add(
                this=exp.Sub(
                    this=q,
                    expression=exp.Mul(this=exp.Mul(this=integer(2), expression=near.copy()), expression=s.copy()),
                ),
                expression=exp.Mul(this=exp.Mul(this=n.copy(), expression=near.copy()), expression=near.copy()),
            )
        )
        off = exp.Div(
            this=exp.Mul(this=cast(rest, "double"), expression=cast(rest.copy(), "double")),
            expression=cast(n.copy(), "double"),
        )
        spread = exp.Greatest(
            this=exp.Sub(this=cast(about, "double"), expression=exp.Paren(this=off)),
            expressions=[double(0.0)],
            ignore_nulls=True,
        )
        fewer = exp.Paren(this=exp.Sub(this=cast(n.copy(), "double"), expression=double(1.0)))
        deviation = exp.Div(this=exp.Sqrt(this=exp.Div(this=spread, expression=fewer)), expression=double(unit))
        return case_when(exp.GT(this=number.copy(), expression=integer(1)), deviation)

    def _extreme(self, statistic: Statistic) -> exp.Expr:
        name = extreme_name(statistic)
        if statistic.trail.window is None:
            return self._total(statistic, statistic.segment, Total(name, quoted_column(name), statistic.kind.value))
        key = (statistic.kind, statistic.value, statistic.segment, statistic.trail, statistic.known_at)
        if key not in self.extremes:
            at = f"extreme_{len(self.extremes) + 1}"
            self.extremes[key] = ((at, self._in_window(statistic, name)), statistic.segment)
        return quoted_column(name, self.extremes[key][0][0])

    def _in_window(self, statistic: Statistic, name: str) -> exp.Query:
        """A least or greatest value cannot be taken back when it leaves, so each anchor looks at its own window."""
        events = self._stream(statistic)
        leave = leaves(statistic.trail, self.scale)
        assert leave is not None
        inner = exp.select(
            *columns(statistic.segment),
            alias(enters(statistic.trail, self.scale), "enters_after"),
            alias(leave, "leaves_after"),
            quoted_column(name),
        ).from_(named(events.name))
        tests: list[exp.Expr] = [equal(quoted_column(key, "v"), quoted_column(key, "a")) for key in statistic.segment]
        tests.append(exp.LT(this=quoted_column("enters_after", "v"), expression=quoted_column(ANCHOR, "a")))
        tests.append(exp.GTE(this=quoted_column("leaves_after", "v"), expression=quoted_column(ANCHOR, "a")))
        function = exp.Min if statistic.kind is Kind.MIN else exp.Max
        return (
            exp.select(
                quoted_column(ANCHOR, "a"),
                *columns(statistic.segment, "a"),
                alias(function(this=quoted_column(name, "v")), name),
            )
            .from_(distinct_anchors(statistic.segment).subquery(alias="a"))
            .join(inner.subquery(alias="v"), on=all_of(tests))
            .group_by(quoted_column(ANCHOR, "a"), *columns(statistic.segment, "a"))
        )

    def _since_last(self, statistic: Statistic) -> exp.Expr:
        ever = Trail(None, statistic.trail.lag)
        last = self._total(statistic, statistic.segment, Total("last_time", quoted_column(TIME), "max"), ever)
        anchor = quoted_column(ANCHOR, "a")
        between = self.dialect.days_between if isinstance(self.anchor, Day) else self.dialect.seconds_between
        since = between(anchor, last)
        leave = statistic.trail.leaves_after
        if leave is None:
            return since
        still = exp.GTE(this=self.scale.later(last.copy(), leave), expression=anchor.copy())
        return case_when(still, since)

    def _total(self, statistic: Statistic, keys: tuple[str, ...], total: Total, trail: Trail | None = None) -> exp.Expr:
        running = self._running(statistic, keys, trail)
        return quoted_column(running.add(total), running.name)

    def _running(self, statistic: Statistic, keys: tuple[str, ...], trail: Trail | None = None) -> Running:
        ordered = tuple(key for key in self.group.keys if key in keys)
        at = (ordered, trail or statistic.trail, statistic.known_at)
        if at not in self.running:
            name = f"as_of_{len(self.running) + 1}"
            self.running[at] = Running(name, self._stream(statistic).name, ordered, at[1], self.scale)
        return self.running[at]

    def _distribution(self, statistic: Statistic) -> Distribution:
        at = (statistic.segment, statistic.category, statistic.trail, statistic.known_at)
        if at not in self.distributions:
            self.distributions[at] = Distribution(
                f"spread_{len(self.distributions) + 1}",
                self._stream(statistic).name,
                statistic.segment,
                statistic.category,
                statistic.trail,
                self.scale,
            )
        return self.distributions[at]

    def _cells_of(self, statistic: Statistic) -> str | None:
        """The distribution's cells that already hold the count of these keys, if there are any."""
        for distribution in self.distributions.values():
            same_keys = {*distribution.segment, *distribution.category} == set(statistic.keys)
            same_events = distribution.events == self._stream(statistic).name and distribution.trail == statistic.trail
            if same_keys and same_events and self._has_own_cell(distribution):
                return distribution.cells
        return None

    def _has_own_cell(self, distribution: Distribution) -> bool:
        return {*distribution.segment, *distribution.category} <= set(self.group.keys)

    def _stream(self, statistic: Statistic) -> EventStream:
        known_at = statistic.known_at
        if known_at not in self.streams:
            statistics = [s for _, s in self.group.statistics if s.known_at == known_at]
            keys = [key for s in statistics for key in s.keys]
            if known_at is None:
                keys = [*self.group.keys, *keys]
            self.streams[known_at] = event_stream(
                "events" if known_at is None else f"events_known_at_{known_at}",
                self.base_table,
                self.base,
                self.group.population,
                known_at,
                list(dict.fromkeys(keys)),
                statistics,
                self.dialect,
            )
        return self.streams[known_at]

    def _own_anchors(self) -> exp.Query:
        """(anchor, *keys) of the rows that get features; read from the events where these are the same rows."""
        if None in self.streams and self._events_are_rows():
            return exp.select(alias(quoted_column(TIME), ANCHOR), *columns(self.group.keys)).from_(named("events"))
        return exp.select(alias(self.anchor_of(self.rows, "r"), ANCHOR), *columns(self.group.keys, "r")).from_(
            _aliased(self.rows_table, "r")
        )

    def _events_are_rows(self) -> bool:
        population = self.group.population
        return self.base is self.rows and population.where is None and population.rows.source.known_at is None

    def _event_anchors(self) -> exp.Query | None:
        if self.base is self.rows:
            return None
        time = quoted_column(T0, "p")
        return (
            exp.select(alias(self.scale.of(time), ANCHOR), *columns(self.group.keys, "p"))
            .from_(_aliased(self.base_table, "p"))
            .where(not_null(time.copy()))
        )

    def anchor_of(self, base: Base, table: str) -> exp.Expr:
        """The anchor of a row of a base relation."""
        if isinstance(self.anchor, Day) and base.zone == self.anchor.zone:
            return quoted_column(T0_DAY, table)
        return on_anchor_scale(quoted_column(T0, table), base.time_type, self.anchor)

    def _is_whole(self, statistic: Statistic) -> bool:
        name = self.base.name_of(ColumnRef(statistic.value or ""), statistic.place)
        return self.base.shapes[name].type.kind in ("integer", "bigint", "boolean")

    def _check_names(self) -> None:
        for name in self.group.keys:
            if name in RESERVED:
                raise DeclarationError(
                    f"the column name {name!r} has a meaning of its own in statistics",
                    place=self.group.population.place,
                    fix="derive the column under another name",
                )


def _ratio(part: exp.Expr, whole: exp.Expr) -> exp.Expr:
    return exp.Div(this=cast(part, "double"), expression=exp.Nullif(this=cast(whole, "double"), expression=double(0.0)))


def _aliased(table: exp.Table, name: str) -> exp.Table:
    found = table.copy()
    found.set("alias", exp.TableAlias(this=exp.to_identifier(name, quoted=True)))
    return found
