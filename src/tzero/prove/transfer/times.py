"""Times: conversions between instants, wall readings and days, arithmetic on them, and comparisons of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from tzero.prove.domain import zones
from tzero.prove.domain.label import Kind
from tzero.prove.domain.terms import (
    DATE,
    DAY,
    HOUR,
    INSTANT,
    INT,
    NAIVE,
    NULL,
    TIME_TYPES,
    WALL_TYPES,
    App,
    Const,
    Term,
    Var,
    app,
    const,
    shift,
)
from tzero.prove.domain.types import (
    CALENDAR_UNITS,
    FIXED_UNITS,
    HOLDER,
    INTERVAL,
    TEXT,
    UNKNOWN,
    Span,
    has_offset,
    parse_time,
)
from tzero.prove.transfer.frame import Frame
from tzero.prove.transfer.intervals import moved

FINITE = "times are finite: infinity less an interval is no earlier than infinity"
_NO_END = parse_time("9999-01-01", NAIVE) or 0
_CLOCK_WORDS = frozenset({"now", "today", "yesterday", "tomorrow", "current", "allballs"})


def to_wall(instant: Term, zone: str) -> Term:
    """The wall reading of an instant in a zone."""
    if zones.is_utc(zone):
        return shift(instant, 0, NAIVE)
    return app("local", instant, type_=NAIVE, params=(zone,))


def to_instant(wall: Term, zone: str) -> Term:
    """The instant of a wall reading in a zone."""
    if zones.is_utc(zone):
        return shift(wall, 0, INSTANT)
    if isinstance(wall, App) and wall.op == "floor" and wall.params == (DAY, DAY):
        return app("start", wall, type_=INSTANT, params=(zone,))
    if wall.type == DATE:
        return app("start", wall, type_=INSTANT, params=(zone,))
    return app("instant", wall, type_=INSTANT, params=(zone,))


def at_zone(frame: Frame, value: Term, zone: Term, node: exp.Expr) -> Term:
    """``value AT TIME ZONE zone``."""
    if not (isinstance(zone, Const) and isinstance(zone.value, str)) or not zones.is_known(zone.value):
        return frame.unknown(node, "the time zone is not a known literal", (value, zone), UNKNOWN)
    if value.type == DATE and frame.dialect == "duckdb":
        # TIMESTAMPTZ_NS, which it compares with times and dates as if these were of UTC, whatever the session
        return frame.unknown(node, "AT TIME ZONE of a date, which is no timestamptz in DuckDB", (value, zone), UNKNOWN)
    if value.type == DATE and frame.dialect == "postgres":
        value = session_instant(frame, value, node)  # a date is cast to timestamptz there, and not to timestamp
    if value.type == INSTANT:
        return to_wall(value, zone.value)
    if value.type in WALL_TYPES:
        return to_instant(value, zone.value)
    return frame.unknown(node, "AT TIME ZONE of a value of unknown type", (value,), UNKNOWN)


def session_wall(frame: Frame, instant: Term, node: exp.Expr) -> Term:
    """The wall reading of an instant in the session's zone, which a declared zone pins."""
    zone = frame.interpreter.zone
    if zone:
        return to_wall(instant, zone)
    return frame.impure(Kind.SESSION, node, "the session's time zone", (instant,), NAIVE)


def session_instant(frame: Frame, wall: Term, node: exp.Expr) -> Term:
    zone = frame.interpreter.zone
    if zone:
        return to_instant(wall, zone)
    return frame.impure(Kind.SESSION, node, "the session's time zone", (wall,), INSTANT)


def on_one_clock(frame: Frame, terms: Sequence[Term], node: exp.Expr) -> tuple[Term, ...]:
    """Values of which the database makes one type: wall readings beside instants are read on the session's clock."""
    types = {term.type for term in terms}
    to = next((type_ for type_ in (INSTANT, NAIVE, DATE) if type_ in types), None)
    if to is None:
        return tuple(terms)
    read = [literal_of(frame, term, to, node) for term in terms]
    if to != INSTANT:
        return tuple(read)
    return tuple(session_instant(frame, term, node) if term.type in WALL_TYPES else term for term in read)


def to_day(wall: Term) -> Term:
    """The day of a wall reading."""
    if wall.type == DATE:
        return wall
    if isinstance(wall, Var) and wall.grain and wall.grain % DAY == 0:
        return shift(wall, 0, DATE)
    if isinstance(wall, App) and wall.op == "floor" and wall.params == (DAY, DAY):
        return shift(wall, 0, DATE)
    return app("floor", wall, type_=DATE, params=(DAY, DAY))


def cast_time(frame: Frame, value: Term, to: str, node: exp.Expr) -> Term:
    """A cast to a time type."""
    if value is NULL:
        return NULL
    if value.type == to:
        return value
    if isinstance(value, Const) and isinstance(value.value, str) and value.type == TEXT:
        return time_literal(frame, value.value, to, node)
    if to == DATE:
        if value.type == NAIVE:
            return to_day(value)
        if value.type == INSTANT:
            wall = session_wall(frame, value, node)
            return to_day(wall)
    if to == NAIVE:
        if value.type == DATE:
            return shift(value, 0, NAIVE)
        if value.type == INSTANT:
            return session_wall(frame, value, node)
    if to == INSTANT and value.type in WALL_TYPES:
        return session_instant(frame, value, node)
    if value.type == TEXT:
        return frame.impure(Kind.SESSION, node, "text read as a time depends on session settings", (value,), to)
    return frame.unknown(node, f"a cast of {value.type} to {to}", (value,), to)


def reads_clock(term: Term) -> bool:
    """Whether a literal is one of the words that read the clock, where it is taken for a time."""
    return isinstance(term, Const) and isinstance(term.value, str) and term.value.strip().lower() in _CLOCK_WORDS


def time_literal(frame: Frame, text: str, to: str, node: exp.Expr) -> Term:
    """A time written as text."""
    if reads_clock(const(text, TEXT)):
        return frame.impure(Kind.CLOCK, node, f"'{text}' reads the clock", (), to)
    if text.strip().lower() in ("infinity", "-infinity", "epoch"):
        return const(text.strip().lower(), to, 0 if text.strip().lower() == "epoch" else None)
    at = parse_time(text, to)
    if at is not None:
        return const(text, to, at)
    if to == INSTANT and not has_offset(text):
        wall = parse_time(text, NAIVE)
        if wall is not None:
            return session_instant(frame, const(text, NAIVE, wall), node)
    return frame.impure(Kind.SESSION, node, "a time literal that is not ISO depends on session settings", (), to)


def add_span(frame: Frame, value: Term, span: Span, node: exp.Expr) -> Term:
    """A time plus an interval."""
    to = NAIVE if value.type == DATE else value.type
    if value.type in WALL_TYPES:
        base = _months(value, span.months, to)
        return shift(base, span.days * DAY + span.micros, to)
    calendar = span.months or span.days or (frame.dialect == "spark" and abs(span.micros) >= DAY)
    if not calendar:
        return shift(value, span.micros)
    zone = frame.interpreter.zone
    if zone and zones.is_utc(zone):
        return shift(_months(value, span.months, INSTANT), span.days * DAY + span.micros)
    low, high = _calendar_range(span)
    extra = () if zone else (frame.impure(Kind.SESSION, node, "a calendar interval depends on the session's zone"),)
    return app("around", value, *extra, type_=INSTANT, params=(low, high, span.months, span.days, span.micros))


def _months(value: Term, months: int, to: str) -> Term:
    if not months:
        return shift(value, 0, to)
    low, high = sorted((months * 28 * DAY - 3 * DAY, months * 31 * DAY + 3 * DAY))
    bounds = (max(low, 0), high) if months > 0 else (low, min(high, 0))
    return app("around", value, type_=to, params=(*bounds, months))


def _calendar_range(span: Span) -> tuple[int, int]:
    """How far a calendar interval can move an instant, whatever the zone; never against its own direction."""
    slack = 26 * HOUR
    low = span.months * (28 if span.months > 0 else 31) * DAY + span.days * DAY + span.micros - slack
    high = span.months * (31 if span.months > 0 else 28) * DAY + span.days * DAY + span.micros + slack
    if span.positive:
        low = max(low, 0)
    if (-span).positive:
        high = min(high, 0)
    return low, high


def add(frame: Frame, left: Term, right: Term, sign: int, node: exp.Expr) -> Term | None:
    """``left + right`` or ``left - right`` where a time or an interval takes part; None where none does."""
    if left.type not in TIME_TYPES and right.type in TIME_TYPES and sign > 0:
        left, right = right, left
    if left.type in TIME_TYPES:
        span = span_of(right)
        if span is not None:
            return add_span(frame, left, span if sign > 0 else -span, node)
        if left.type == DATE and right.type == INT and isinstance(right, Const) and right.at is not None:
            return shift(left, sign * right.at * DAY)
        if right.type in TIME_TYPES and sign < 0:
            return subtract(frame, left, right, node)
        if right.type == INTERVAL:
            return moved(frame, left, right, sign, node)
        return opaquely(frame, (left, right), left.type, node)
    if INTERVAL in (left.type, right.type):
        return app("plus" if sign > 0 else "minus", left, right, type_=INTERVAL)
    return None


def opaquely(frame: Frame, args: tuple[Term, ...], type_: str, node: exp.Expr) -> Term:
    """A time that is made of some values in a way of which no more is known; of instants, perhaps by their calendar."""
    zoned = any(arg.type == INSTANT for arg in args) and not frame.interpreter.zone
    note = "an instant is moved by the calendar of the session's zone"
    extra = (frame.impure(Kind.SESSION, node, note),) if zoned else ()
    return app("strict", *args, *extra, type_=type_, params=("moved",))


def subtract(frame: Frame, left: Term, right: Term, node: exp.Expr) -> Term:
    """The difference of two times."""
    zone = frame.interpreter.zone
    if INSTANT in (left.type, right.type) and frame.dialect != "postgres" and not (zone and zones.is_utc(zone)):
        # In a pinned zone the difference is the same each time, but not as long as from one instant to the other.
        note = f"{frame.dialect} subtracts wall readings in the session's zone"
        extra = () if zone else (frame.impure(Kind.SESSION, node, note),)
        return app("strict", left, right, *extra, type_=INTERVAL, params=("difference", frame.dialect))
    if left.type != right.type and INSTANT in (left.type, right.type):
        left = session_instant(frame, left, node) if left.type != INSTANT else left
        right = session_instant(frame, right, node) if right.type != INSTANT else right
    days = left.type == right.type == DATE and frame.dialect in ("postgres", "duckdb")
    return app("sub_time", left, right, type_=INT if days else INTERVAL, params=("days" if days else "span",))


def open_ended(frame: Frame, term: Term) -> Term:
    """``COALESCE(x, '9999-12-31')``, of which only the order matters: no end at all."""
    if not (isinstance(term, App) and term.op == "coalesce" and term.is_time):
        return term
    value, end = term.args
    if not (isinstance(end, Const) and end.at is not None and end.at >= _NO_END):
        return term
    frame.interpreter.use("times are before the year 9999, which stands for no end")
    return app("coalesce", value, const("infinity", end.type), type_=term.type)


def is_moved(term: Term) -> bool:
    """Whether a time is another one plus or minus an interval, which says nothing where that is infinite."""
    if not (isinstance(term, App) and term.is_time):
        return False
    return term.op == "around" or (term.op == "shift" and term.params[0] != 0)


def span_of(term: Term) -> Span | None:
    """The interval that a term is a literal of."""
    if isinstance(term, Const) and isinstance(term.value, Span):
        return term.value
    return None


def truncate(frame: Frame, unit: str, value: Term, node: exp.Expr, zone: str = "") -> Term:
    """``date_trunc(unit, value)``."""
    unit = unit.lower()
    unit = unit.rstrip("s") if unit not in FIXED_UNITS and unit not in CALENDAR_UNITS else unit
    if unit not in FIXED_UNITS and unit not in CALENDAR_UNITS:
        return frame.unknown(node, f"truncation to '{unit}'", (value,), value.type)
    if value.type in WALL_TYPES and frame.dialect == "postgres" and (zone or value.type == DATE):
        value = session_instant(
            frame, value, node
        )  # there it has no variant for a date, nor for a wall reading in a zone
    if value.type == INSTANT:
        return _truncate_instant(frame, unit, value, node, zone)
    if value.type not in WALL_TYPES:
        return frame.unknown(node, "truncation of a value of unknown type", (value,), NAIVE)
    if unit in FIXED_UNITS:
        length = FIXED_UNITS[unit]
        if value.type == DATE or length == 1:
            return shift(value, 0, value.type)
        return app("floor", value, type_=value.type, params=(length, length))
    return app("trunc", value, type_=value.type, params=(unit, CALENDAR_UNITS[unit]))


def _truncate_instant(frame: Frame, unit: str, value: Term, node: exp.Expr, zone: str) -> Term:
    pinned = zone or frame.interpreter.zone
    if not pinned:
        wall = session_wall(frame, value, node)
        return app("strict", wall, type_=INSTANT, params=("date_trunc", unit))
    if not zones.is_known(pinned):
        return frame.unknown(node, "the time zone is not a known literal", (value,), INSTANT)
    return to_instant(truncate(frame, unit, to_wall(value, pinned), node), pinned)


def align(frame: Frame, left: Term, right: Term, node: exp.Expr) -> tuple[Term, Term] | None:
    """Both sides of a comparison on the same line; None when their types are not understood."""
    left, right = literal_like(frame, left, right, node), literal_like(frame, right, left, node)
    if left.type in TIME_TYPES and right.type in TIME_TYPES:
        if (left.type == INSTANT) == (right.type == INSTANT):
            return left, right
        if left.type == INSTANT:
            return left, session_instant(frame, right, node)
        return session_instant(frame, left, node), right
    if {UNKNOWN, HOLDER} & {left.type, right.type}:
        return None
    if (left.type in TIME_TYPES) != (right.type in TIME_TYPES) and "null" not in (left.type, right.type):
        return None
    return left, right


def literal_like(frame: Frame, value: Term, other: Term, node: exp.Expr) -> Term:
    """A text literal read as the type of what it is compared with."""
    return literal_of(frame, value, other.type, node) if other.type in TIME_TYPES else value


def literal_of(frame: Frame, value: Term, type_: str, node: exp.Expr) -> Term:
    """A text literal read as a time of a type; anything else as it is."""
    if isinstance(value, Const) and value.type == TEXT and isinstance(value.value, str):
        return time_literal(frame, value.value, type_, node)
    return value
