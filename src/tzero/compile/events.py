"""The events of a population, reduced to what its statistics need: one row per time, known time and key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from tzero.compile.base import Base
from tzero.compile.dialects.base import Dialect
from tzero.compile.times import Scale, latest
from tzero.errors import DeclarationError
from tzero.features.populations import Population
from tzero.features.rows import T0
from tzero.features.statistics import Kind, Statistic
from tzero.features.types import ColumnType
from tzero.sql.build import alias, all_of, case_when, cast, columns, count_all, integer, not_null, quoted_column
from tzero.sql.portable import ColumnRef
from tzero.timeline import Trail

TIME, KNOWN, NUMBER = "event_time", "known_time", "event_count"
_ADDED = (Kind.SUM, Kind.MEAN, Kind.STD)


@dataclass(frozen=True, slots=True)
class Value:
    """A numeric column to add up: ``scale`` decimal places are kept."""

    column: str
    scale: int

    @property
    def number(self) -> str:
        return f"number_of_{self.column}"

    @property
    def total(self) -> str:
        return f"sum{self.scale}_of_{self.column}"

    @property
    def squares(self) -> str:
        return f"squares{self.scale}_of_{self.column}"


@dataclass(frozen=True, slots=True)
class EventStream:
    """The CTE that holds the events of one known-at, and what it offers."""

    name: str
    query: exp.Query


def event_stream(
    name: str,
    source: exp.Table,
    base: Base,
    population: Population,
    known_at: str | None,
    keys: Sequence[str],
    statistics: Sequence[Statistic],
    dialect: Dialect,
) -> EventStream:
    """Group the population's rows by ``keys``; ``source`` is its base relation under the alias ``p``."""
    known, conditions = _known(base, population, known_at, dialect)
    scale = Scale(population.anchor, base.time_type, dialect)
    time = quoted_column(T0, "p")
    conditions = [not_null(time), *conditions]
    if population.where is not None:
        conditions.append(exp.Paren(this=base.locate(population.where, "p", dialect)))
    at_once = known == time
    times = [alias(scale.of(time), TIME), *([] if at_once else [alias(scale.of(known), KNOWN)])]
    grouped = [*times, *columns(keys, "p")]
    query = (
        exp.select(
            *grouped, alias(cast(_number(base), dialect.count_type), NUMBER), *_measures(base, statistics, dialect)
        )
        .from_(source)
        .where(all_of(conditions))
    )
    query = query.group_by(*(integer(at) for at in range(1, len(grouped) + 1)))
    return EventStream(name, _known_at_once(query) if at_once else query)


def _number(base: Base) -> exp.Expr:
    """How many rows begin to count, less those that cease to."""
    change = base.rows.source.change
    return count_all() if change is None else exp.Sum(this=quoted_column(change, "p"))


def _known_at_once(query: exp.Select) -> exp.Select:
    """The events with their time as the known time too; one key less to group a whole table by."""
    names = columns(query.named_selects)
    return exp.select(names[0], alias(quoted_column(TIME), KNOWN), *names[1:]).from_(query.subquery(alias="e"))


def enters(trail: Trail, scale: Scale) -> exp.Expr:
    """Seen by anchors strictly later than this."""
    return scale.later(quoted_column(KNOWN), trail.enters_after)


def leaves(trail: Trail, scale: Scale) -> exp.Expr | None:
    """No longer seen by anchors strictly later than this; None: always seen."""
    if trail.leaves_after is None:
        return None
    return scale.later(quoted_column(TIME), trail.leaves_after)


def value_of(statistic: Statistic, base: Base) -> Value:
    """The column that a statistic adds up, at the scale that its type allows."""
    assert statistic.value is not None
    kind = base.shapes[base.name_of(ColumnRef(statistic.value), statistic.place)].type
    if not (kind.is_number or kind.kind == "boolean"):
        raise DeclarationError(
            f"{statistic.kind.value} needs numbers, {statistic.value!r} is {kind}", place=statistic.place
        )
    if kind.kind in ("double", "decimal"):
        exact = kind.kind == "decimal" and kind.scale is not None
        return Value(statistic.value, kind.scale if exact and kind.scale is not None else statistic.scale)
    return Value(statistic.value, 0)


def _known(
    base: Base, population: Population, known_at: str | None, dialect: Dialect
) -> tuple[exp.Expr, list[exp.Expr]]:
    """When a row became known, and the conditions for it to be known at all."""
    source = population.rows.source
    names = [name for name in (source.known_at, known_at) if name is not None]
    times = [quoted_column(base.name_of(ColumnRef(name), population.place), "p") for name in names]
    for name in names:
        kind = base.shapes[base.name_of(ColumnRef(name), population.place)].type
        if kind.kind != base.time_type.kind:
            raise DeclarationError(
                f"known_at {name!r} is {kind}, the event time is {base.time_type}",
                place=population.place,
                fix="give both the same type",
            )
    settled: exp.Expr = quoted_column(T0, "p")
    slas = [lookup.source.sla for lookup in population.rows.lookups if lookup.source.sla]
    if slas:
        settled = dialect.moved(settled, base.time_type, max(slas))
        if base.time_type.kind == "date":
            settled = cast(exp.Paren(this=settled), "date")
    return latest([settled, *times]), [not_null(time.copy()) for time in times]


def _measures(base: Base, statistics: Sequence[Statistic], dialect: Dialect) -> list[exp.Expr]:
    found: dict[str, exp.Expr] = {}
    for statistic in statistics:
        if statistic.kind in _ADDED:
            value = value_of(statistic, base)
            exact = _exact(value, base, dialect)
            found[value.number] = _number_of(exact, base)
            found[value.total] = exp.Sum(this=_signed(exact, base))
            if statistic.kind is Kind.STD:
                square = exp.Mul(this=exact.copy(), expression=exact.copy())
                found[value.squares] = exp.Sum(this=_signed(square, base))
        elif statistic.kind in (Kind.MIN, Kind.MAX):
            assert statistic.value is not None
            found[extreme_name(statistic)] = _extreme(statistic, base, dialect)
    types = {name: dialect.count_type if name.startswith("number_of_") else None for name in found}
    return [alias(cast(tree, t) if (t := types[name]) else tree, name) for name, tree in found.items()]


def _number_of(value: exp.Expr, base: Base) -> exp.Expr:
    change = base.rows.source.change
    if change is None:
        return exp.Count(this=value.copy(), big_int=True)
    return exp.Sum(this=case_when(not_null(value.copy()), quoted_column(change, "p"), integer(0)))


def _signed(value: exp.Expr, base: Base) -> exp.Expr:
    """A value as it changes a sum: taken away where a row ceases to count."""
    change = base.rows.source.change
    if change is None:
        return value.copy()
    return exp.Mul(this=exp.Paren(this=value.copy()), expression=quoted_column(change, "p"))


def extreme_name(statistic: Statistic) -> str:
    return f"{statistic.kind.value}_of_{statistic.value}"


def _extreme(statistic: Statistic, base: Base, dialect: Dialect) -> exp.Expr:
    name = base.name_of(ColumnRef(statistic.value or ""), statistic.place)
    kind = base.shapes[name].type
    if not (kind.is_number or kind.is_time):
        raise DeclarationError(
            f"{statistic.kind.value} needs numbers or times, {statistic.value!r} is {kind}", place=statistic.place
        )
    function = exp.Min if statistic.kind is Kind.MIN else exp.Max
    return function(this=_finite(quoted_column(name, "p"), kind, dialect))


def _exact(value: Value, base: Base, dialect: Dialect) -> exp.Expr:
    """The value as an integer number of 10^-scale, or NULL where it is no number."""
    name = base.name_of(ColumnRef(value.column), None)
    kind = base.shapes[name].type
    column = quoted_column(name, "p")
    if kind.kind == "boolean":
        return cast(cast(column, "int"), dialect.exact_type)
    if kind.kind in ("integer", "bigint"):
        return cast(column, dialect.exact_type)
    power = integer(10**value.scale)
    if kind.kind == "decimal" and kind.scale is not None:
        return cast(exp.Mul(this=column, expression=power), dialect.exact_type)
    scaled = exp.Mul(
        this=_finite(cast(column, "double"), ColumnType("double"), dialect), expression=cast(power, "double")
    )
    half_up = exp.Floor(this=exp.Add(this=scaled, expression=exp.Literal.number("0.5")))
    return dialect.exact_of_double(half_up)


def _finite(column: exp.Expr, kind: ColumnType, dialect: Dialect) -> exp.Expr:
    return case_when(dialect.is_finite(column, kind), column.copy()) if kind.kind == "double" else column
