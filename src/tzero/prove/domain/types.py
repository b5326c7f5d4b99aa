"""SQL types as the prover needs them, and times, intervals and their literals on the line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlglot import exp
from sqlglot.errors import SqlglotError

from tzero.prove.domain.terms import DATE, DAY, HOUR, INSTANT, INT, MINUTE, NAIVE, SECOND

TEXT, BOOL, DECIMAL, FLOAT, INTERVAL, UNKNOWN = "text", "bool", "decimal", "float", "interval", "unknown"
# A column that is declared without a type: anything but a time or an interval, which the proof then says it assumes.
UNTYPED = "an undeclared type"
# An array, a structure or a row with an instant in it, whose text shows the session's zone as that of an instant does.
HOLDER = "instants together"
# A double that only ever holds integers: adding them is exact, whatever the order.
WHOLE = "whole float"
# The difference of two epochs: a multiple of the last bit of an epoch, so sums are exact while they are small.
EPOCH_SPAN = "epoch span"
EXACT_NUMBERS = frozenset({INT, DECIMAL, WHOLE, EPOCH_SPAN})

_T = exp.DataType.Type
_NAMES: dict[str, tuple[str, ...]] = {
    INT: ("TINYINT", "SMALLINT", "INT", "BIGINT", "INT128", "INT256", "UTINYINT", "USMALLINT", "UINT", "UBIGINT",
          "UINT128", "MEDIUMINT", "SERIAL", "BIGSERIAL", "SMALLSERIAL"),
    DECIMAL: ("DECIMAL", "BIGDECIMAL", "MONEY"),
    FLOAT: ("FLOAT", "DOUBLE"),
    TEXT: ("VARCHAR", "TEXT", "CHAR", "NCHAR", "NVARCHAR", "NAME", "UUID", "BPCHAR"),
    BOOL: ("BOOLEAN", "BIT"),
    DATE: ("DATE", "DATE32"),
    INTERVAL: ("INTERVAL",),
    "time": ("TIME", "TIMETZ"),
    "json": ("JSON", "JSONB"),
    "array": ("ARRAY", "LIST"),
    "struct": ("STRUCT", "OBJECT", "MAP"),
    "bytes": ("BINARY", "VARBINARY", "BLOB"),
}  # fmt: skip
_BY_NAME = {name: kind for kind, names in _NAMES.items() for name in names}


def type_of(node: exp.Expr | None, dialect: str) -> str:
    """The prover's type of a data type node; ``unknown`` for one that it does not know."""
    if not isinstance(node, exp.DataType):
        return UNKNOWN
    name = getattr(node.this, "value", str(node.this)).upper()
    if name in ("TIMESTAMPTZ", "TIMESTAMPLTZ"):
        return INSTANT
    if name == "TIMESTAMP":
        return INSTANT if dialect == "spark" else NAIVE
    if name in ("TIMESTAMPNTZ", "DATETIME", "TIMESTAMP_S", "TIMESTAMP_MS"):
        return NAIVE
    return _BY_NAME.get(name, UNKNOWN)


def rounds(node: exp.Expr) -> bool:
    """Whether a cast to this type may move a time or an interval: it keeps less than microseconds.

    >>> rounds(exp.DataType.build("timestamp(0)", dialect="postgres")), rounds(exp.DataType.build("timestamp"))
    (True, False)
    """
    kept = node.expressions
    return getattr(node.this, "value", "") in ("TIMESTAMP_S", "TIMESTAMP_MS") or (
        type_of(node, "") in (INSTANT, NAIVE, INTERVAL) and bool(kept) and str(kept[0].this) != "6"
    )


def declared_type(text: str, dialect: str) -> str:
    """The prover's type of a declared type name.

    >>> declared_type("timestamp with time zone", "postgres"), declared_type("TIMESTAMP", "spark")
    ('instant', 'instant')
    """
    if not text:
        return UNKNOWN
    try:
        return type_of(exp.DataType.build(text, dialect=dialect), dialect)
    except (SqlglotError, ValueError):
        return UNKNOWN


@dataclass(frozen=True, slots=True)
class Span:
    """An interval: months, days and microseconds, which no engine converts into each other freely."""

    months: int = 0
    days: int = 0
    micros: int = 0

    def __neg__(self) -> Span:
        return Span(-self.months, -self.days, -self.micros)

    def __add__(self, other: Span) -> Span:
        return Span(self.months + other.months, self.days + other.days, self.micros + other.micros)

    @property
    def positive(self) -> bool:
        """Whether it certainly points forward."""
        return min(self.months, self.days, self.micros) >= 0 and self != Span()


_UNIT = {
    "microsecond": Span(0, 0, 1), "us": Span(0, 0, 1), "millisecond": Span(0, 0, 1000), "ms": Span(0, 0, 1000),
    "second": Span(0, 0, SECOND), "sec": Span(0, 0, SECOND), "s": Span(0, 0, SECOND),
    "minute": Span(0, 0, MINUTE), "min": Span(0, 0, MINUTE), "m": Span(0, 0, MINUTE),
    "hour": Span(0, 0, HOUR), "hr": Span(0, 0, HOUR), "h": Span(0, 0, HOUR),
    "day": Span(0, 1), "d": Span(0, 1), "week": Span(0, 7), "w": Span(0, 7),
    "month": Span(1), "mon": Span(1), "quarter": Span(3), "year": Span(12), "y": Span(12),
}  # fmt: skip
_CLOCK = re.compile(r"([+-]?)(\d+):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?")
_PIECE = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*([a-z]+)")


def parse_interval(text: str, unit: str = "") -> Span | None:
    """An interval from its text, with the unit that stands beside it; None when it is not understood.

    >>> parse_interval("1 day 00:00:00.000001"), parse_interval("0.000001", "SECOND")
    (Span(months=0, days=1, micros=1), Span(months=0, days=0, micros=1))
    """
    text = text.strip().lower()
    if unit or text.lstrip("+-").isdigit():
        return _scaled(text, unit or "second")
    total = Span()
    clock = _CLOCK.search(text)
    if clock:
        sign, hours, minutes, seconds, fraction = clock.groups()
        micros = int(hours) * HOUR + int(minutes) * MINUTE + int(seconds or 0) * SECOND
        micros += int((fraction or "0").ljust(6, "0"))
        total = Span(0, 0, -micros if sign == "-" else micros)
        text = text.replace(clock[0], "")
    for number, name in _PIECE.findall(text):
        piece = _scaled(number, name)
        if piece is None:
            return None
        total += piece
    rest = _PIECE.sub("", text).strip()
    return None if rest or (not clock and not _PIECE.search(text)) else total


def _scaled(number: str, unit: str) -> Span | None:
    base = _UNIT.get(unit.lower()) or _UNIT.get(unit.lower().rstrip("s"))
    if base is None:
        return None
    try:
        value = float(number)
    except ValueError:
        return None
    if base.months or base.days:
        if value != int(value):
            return None
        return Span(base.months * int(value), base.days * int(value))
    micros = value * base.micros
    return Span(0, 0, round(micros)) if abs(micros - round(micros)) < 1e-6 else None


def parse_time(text: str, kind: str) -> int | None:
    """The position of a time literal on the line; None when it is not ISO, or an instant without an offset."""
    try:
        value = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if kind == INSTANT:
        if value.tzinfo is None:
            return None
        value = value.astimezone(UTC)
    elif value.tzinfo is not None:
        return None
    value = value.replace(tzinfo=None)
    if kind == DATE and value.time() != datetime.min.time():
        return None
    return (value - datetime(1970, 1, 1)) // timedelta(microseconds=1)


def has_offset(text: str) -> bool:
    """Whether a time literal says its own offset from UTC."""
    try:
        return datetime.fromisoformat(text.strip()).tzinfo is not None
    except ValueError:
        return False


def day_number(value: date) -> int:
    return (value - date(1970, 1, 1)).days * DAY


# date_trunc units: the unit's fixed length, or the longest that it can be.
FIXED_UNITS = {"microsecond": 1, "microseconds": 1, "millisecond": 1000, "milliseconds": 1000, "second": SECOND,
               "minute": MINUTE, "hour": HOUR, "day": DAY}  # fmt: skip
CALENDAR_UNITS = {"week": 7 * DAY, "month": 31 * DAY, "quarter": 92 * DAY, "year": 366 * DAY, "decade": 3653 * DAY}
