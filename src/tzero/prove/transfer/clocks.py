"""Functions of times: zones, truncation, epochs, shifts and differences."""

from __future__ import annotations

from sqlglot import exp

from tzero.prove.domain.label import Kind
from tzero.prove.domain.terms import (
    DATE,
    DAY,
    INSTANT,
    INT,
    NAIVE,
    TIME_TYPES,
    App,
    Const,
    Term,
    app,
    shift,
)
from tzero.prove.domain.types import (
    DECIMAL,
    HOLDER,
    TEXT,
    parse_interval,
)
from tzero.prove.transfer import times
from tzero.prove.transfer.binding import arguments, bind, bind_all, binds, pure
from tzero.prove.transfer.frame import Frame

# Where DuckDB's bins of days and less start: 2000-01-03.
_FIRST_MONDAY = 10959 * DAY


@binds(exp.AtTimeZone)
def _at_time_zone(node: exp.Expr, frame: Frame) -> Term:
    return times.at_zone(frame, bind(node.this, frame), bind(node.args["zone"], frame), node)


@binds(exp.TimestampTrunc, exp.DateTrunc)
def _truncate(node: exp.Expr, frame: Frame) -> Term:
    unit = node.args.get("unit")
    zone = node.args.get("zone")
    pinned = bind(zone, frame) if isinstance(zone, exp.Expr) else None
    name = str(pinned.value) if isinstance(pinned, Const) else ""
    if pinned is not None and not name:
        return frame.unknown(node, "the time zone is not a literal", (bind(node.this, frame), pinned))
    if not isinstance(unit, exp.Expr):
        return frame.unknown(node, "truncation to a unit that is not a literal", (bind(node.this, frame),))
    return times.truncate(frame, unit.name, bind(node.this, frame), node, name)


@binds(exp.Extract)
def _extract(node: exp.Expr, frame: Frame) -> Term:
    part = node.this.name.lower() if isinstance(node.this, exp.Expr) else ""
    return part_of(frame, part, bind(node.expression, frame), node)


def part_of(frame: Frame, part: str, value: Term, node: exp.Expr) -> Term:
    """``extract(part FROM value)``."""
    if part == "epoch":
        return epoch(value)
    if value.type == INSTANT and not frame.interpreter.zone:
        return app("strict", times.session_wall(frame, value, node), type_=INT, params=("part", part))
    return app("strict", value, type_=DECIMAL if frame.dialect == "postgres" else INT, params=("part", part))


_PARTS: dict[type[exp.Expr], str] = {
    exp.Year: "year", exp.Quarter: "quarter", exp.Month: "month", exp.Week: "week", exp.WeekOfYear: "week",
    exp.Day: "day", exp.DayOfMonth: "day", exp.DayOfYear: "doy", exp.Hour: "hour", exp.Minute: "minute",
    exp.Second: "second",
}  # fmt: skip


@binds(*_PARTS)
def _named_part(node: exp.Expr, frame: Frame) -> Term:
    """``year(value)``."""
    if len(arguments(node)) != 1:
        return frame.unknown(node, "a part of a time with further arguments", bind_all(arguments(node), frame), INT)
    return part_of(frame, _PARTS[type(node)], bind(node.this, frame), node)


@binds(exp.UnixToTime)
def _time_of_epoch(node: exp.Expr, frame: Frame) -> Term:
    """``to_timestamp(n)``, and what the parser takes for its like: DuckDB's ``epoch_ms(time)``."""
    value = bind(node.this, frame)
    others = tuple(bind(arg, frame) for arg in arguments(node)[1:])
    if value.type in TIME_TYPES:
        return app("strict", value, *others, type_=INT, params=("epoch_ms",))
    return app("pure", value, *others, type_=HOLDER, params=("time of an epoch",))


@binds(exp.StrToTime)
def _time_of_text(node: exp.Expr, frame: Frame) -> Term:
    """``strptime(text, format)``; PostgreSQL's ``to_timestamp(text, format)`` reads it on the session's clock."""
    args = bind_all(arguments(node), frame)
    zoned = frame.dialect != "duckdb" and not frame.interpreter.zone
    note = "a time of text is read on the clock of the session's zone"
    extra = (frame.impure(Kind.SESSION, node, note),) if zoned else ()
    return app("pure", *args, *extra, type_=HOLDER, params=("time of text",))


def epoch(value: Term) -> Term:
    """Seconds since 1970 of a time, or in an interval."""
    if value.type in TIME_TYPES:
        return app("epoch", value, type_="epoch")
    return app("seconds", value, type_=DECIMAL)


@binds(exp.TimeToUnix)
def _time_to_unix(node: exp.Expr, frame: Frame) -> Term:
    return epoch(bind(node.this, frame))


@binds(exp.UnixMicros)
def _unix_micros(node: exp.Expr, frame: Frame) -> Term:
    value = bind(node.this, frame)
    if value.type != INSTANT:
        return frame.unknown(node, "microseconds of something that is not an instant", (value,), INT)
    return app("retype", value, type_=INT)


@binds(exp.UnixSeconds, exp.UnixMillis)
def _unix_floor(node: exp.Expr, frame: Frame) -> Term:
    value = bind(node.this, frame)
    if value.type != INSTANT:
        return frame.unknown(node, "an epoch of something that is not an instant", (value,), INT)
    unit = 1000 if isinstance(node, exp.UnixMillis) else 1_000_000
    # Scaled values do not lie on the line of microseconds: only their order is known, as that of a truncation.
    return app("iso", value, type_="epoch", params=(unit,))


@binds(exp.TimeToStr)
def _time_to_text(node: exp.Expr, frame: Frame) -> Term:
    value, form = bind(node.this, frame), node.args.get("format")
    if value.type in ("naive", DATE) and isinstance(form, exp.Literal) and _sorts_like_time(form.name):
        frame.interpreter.use("years have four digits, so that their text sorts as they do")
        return app("iso", value, type_="epoch", params=(form.name,))
    return pure(frame, node, "to_char", (value,), TEXT, True, (form.sql() if isinstance(form, exp.Expr) else "",))


def _sorts_like_time(form: str) -> bool:
    """Whether text in a format sorts as the times do: fixed-width fields from the year down, none left out."""
    order = ["%Y", "%m", "%d", "%H", "%M", "%S", "%f"]
    found = [form[i : i + 2] for i in range(len(form)) if form[i] == "%"]
    return bool(found) and found == order[: len(found)]


@binds(exp.TsOrDsToDate, exp.Date, exp.TsOrDsToTimestamp)
def _to_date(node: exp.Expr, frame: Frame) -> Term:
    value = bind(node.this, frame)
    if len(arguments(node)) > 1:
        return frame.unknown(node, "a date from text in a format", (value,), DATE)
    to = DATE if not isinstance(node, exp.TsOrDsToTimestamp) else INSTANT if frame.dialect == "spark" else "naive"
    return times.cast_time(frame, value, to, node)


@binds(exp.TsOrDsAdd, exp.DateAdd, exp.TimestampAdd, exp.TsOrDsDiff)
def _date_add(node: exp.Expr, frame: Frame) -> Term:
    return _date_shift(node, frame, 1)


@binds(exp.DateSub, exp.TimestampSub)
def _date_sub(node: exp.Expr, frame: Frame) -> Term:
    return _date_shift(node, frame, -1)


def _date_shift(node: exp.Expr, frame: Frame, sign: int) -> Term:
    value, amount = bind(node.this, frame), _integer(bind(node.expression, frame))
    unit = node.args.get("unit")
    if isinstance(node, exp.TsOrDsDiff):
        return frame.unknown(node, "a difference that is not understood", (value,), value.type)
    if amount is None:
        return times.opaquely(frame, (value, bind(node.expression, frame)), value.type, node)
    span = parse_interval(str(amount), unit.name if isinstance(unit, exp.Expr) else "day")
    if span is None or value.type not in TIME_TYPES:
        return frame.unknown(node, "a shift that is not understood", (value,), value.type)
    if isinstance(node, exp.TsOrDsAdd) and value.type != DATE:
        value = times.cast_time(frame, value, DATE, node)
    moved = times.add_span(frame, value, span if sign > 0 else -span, node)
    return times.to_day(moved) if isinstance(node, exp.TsOrDsAdd) else moved


def _integer(term: Term) -> int | None:
    if isinstance(term, Const) and term.type == INT:
        return term.at
    if isinstance(term, App) and term.op == "times":
        parts = [_integer(arg) for arg in term.args]
        if all(part is not None for part in parts):
            return (parts[0] or 0) * (parts[1] or 0)
    return None


@binds(exp.DateDiff, exp.TimestampDiff, exp.DatetimeDiff)
def _date_diff(node: exp.Expr, frame: Frame) -> Term:
    """Boundaries crossed from the second time to the first."""
    after, before = bind(node.this, frame), bind(node.expression, frame)
    unit = node.args.get("unit")
    name = unit.name.lower() if isinstance(unit, exp.Expr) else "day"
    if name == "day" and after.type in TIME_TYPES and before.type in TIME_TYPES:
        days = [times.cast_time(frame, value, DATE, node) for value in (after, before)]
        return app("sub_time", *days, type_=INT, params=("days",))
    return pure(frame, node, "date_diff", (after, before), INT, True, (name,))


@binds(exp.DateBin)
def _bin(node: exp.Expr, frame: Frame) -> Term:
    """``date_bin(width, value, origin)``, ``time_bucket(width, value)``: a truncation to multiples from an origin."""
    width, value = bind(node.this, frame), bind(node.expression, frame)
    given = node.args.get("unit") or node.args.get("origin")
    span = times.span_of(width)
    if span is None or span.months or value.type not in TIME_TYPES or node.args.get("zone"):
        return frame.unknown(node, "time in bins that are not understood", (width, value), value.type)
    if value.type == INSTANT and frame.dialect != "postgres" and span.days and not frame.interpreter.zone:
        return frame.impure(Kind.SESSION, node, "bins of days depend on the session's zone", (value,), value.type)
    origin = times.literal_of(frame, bind(given, frame), value.type, node) if isinstance(given, exp.Expr) else None
    at = _FIRST_MONDAY if origin is None else origin.at if isinstance(origin, Const) else None
    length = span.days * DAY + span.micros
    if at is None or length <= 0 or (span.days and frame.dialect != "postgres" and value.type == INSTANT):
        return times.opaquely(frame, (width, value), value.type, node)
    to = value.type if value.type != DATE else NAIVE
    found = shift(app("floor", shift(value, -at, to), type_=to, params=(length, length)), at)
    if value.type != DATE or frame.dialect != "duckdb":
        return found
    # There a bin of dates is a date, also where it begins during a day.
    return shift(found, 0, DATE) if (length % DAY, at % DAY) == (0, 0) else times.to_day(found)
