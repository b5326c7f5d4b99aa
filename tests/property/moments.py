"""Random ways to compare two moments, and a grid of moments that shows which of them let a later one through.

A proof says of times that are any; a database says of some that are awkward: ends of months and years, changes of the
clock, parts of seconds, times before 1970. Both are asked about the same condition, and they share no code.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

TYPES = ("timestamp", "timestamptz", "date")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu")
PAIRS = (
    ("timestamp", "timestamp"), ("timestamptz", "timestamptz"), ("timestamptz", "timestamptz"), ("date", "date"),
    ("date", "timestamp"), ("timestamp", "date"), ("timestamptz", "timestamp"), ("timestamp", "timestamptz"),
    ("date", "timestamptz"),
)  # fmt: skip
MOMENTS = (
    "2024-03-31 00:30:00", "2024-03-31 01:00:00", "2024-03-30 23:00:00", "2024-03-31 02:59:59.999999",
    "2024-10-27 00:30:00", "2024-10-27 01:30:00", "2024-10-27 00:59:59.5", "2024-02-29 00:00:00", "2024-02-29 12:00:00",
    "2024-01-31 23:59:59.999999", "2024-02-01 00:00:00", "2023-12-31 23:30:00", "2024-01-01 00:00:00",
    "2024-01-01 00:00:00.000001", "2024-01-01 00:00:00.0005", "2024-01-01 00:00:00.5", "2024-01-01 00:00:00.999999",
    "2024-01-01 00:00:01", "2024-01-01 05:00:00", "2024-01-01 23:00:00", "2024-01-02 00:00:00", "2024-03-01 00:00:00",
    "2024-04-30 10:00:00", "2024-05-31 10:00:00", "2024-11-03 05:30:00", "2024-11-03 06:30:00", "2011-12-30 10:00:00",
    "1969-12-31 23:59:59.5", "1970-01-01 00:00:00.25", "2024-12-30 00:00:00", "2025-01-01 04:59:59.999",
)  # fmt: skip
_UNITS = ("second", "minute", "hour", "day", "week", "month", "quarter", "year", "millisecond", "decade")
_SPANS = (
    "1 day", "1 hour", "1 month", "1 second", "1 microsecond", "36 hour", "1 year", "7 day", "0 day", "-1 day",
    "1 millisecond", "30 day", "24 hour",
)  # fmt: skip
_OF_BOTH = (
    "({y} + INTERVAL '{span}')", "({y} - INTERVAL '{span}')", "({y} + {n} * INTERVAL '{span}')",
    "DATE_TRUNC('{unit}', {y})", "CAST({y} AS DATE)", "CAST(CAST({y} AS DATE) AS TIMESTAMP)",
    "({y} AT TIME ZONE '{zone}')", "CAST({y} AT TIME ZONE '{zone}' AS DATE)", "CAST({y} AS TIMESTAMP)",
    "CAST({y} AS TIMESTAMPTZ)", "TO_TIMESTAMP(EXTRACT(EPOCH FROM {y}))", "GREATEST({y}, {x})", "LEAST({y}, {x})",
    "COALESCE({y}, {x})", "NULLIF({y}, {x})", "CASE WHEN {y} > {x} THEN {x} ELSE {y} END", "({x} - ({x} - {y}))",
    "({x} + ({y} - {x}))", "(CAST({y} AS DATE) + {n})", "(CAST({y} AS DATE) - {n})",
    "TO_TIMESTAMP(FLOOR(EXTRACT(EPOCH FROM {y}) / 3600) * 3600)", "TIMEZONE('{zone}', {y})",
    "DATE_TRUNC('{unit}', {y} AT TIME ZONE '{zone}') AT TIME ZONE '{zone2}'",
)  # fmt: skip
_NUMBERS_OF_BOTH = (
    "EXTRACT(EPOCH FROM {y})", "EXTRACT(YEAR FROM {y})", "EXTRACT(YEAR FROM {y}) * 100 + EXTRACT(MONTH FROM {y})",
    "FLOOR(EXTRACT(EPOCH FROM {y}) / 3600)", "ROUND(EXTRACT(EPOCH FROM {y}))", "CEIL(EXTRACT(EPOCH FROM {y}) / 60)",
    "CAST(EXTRACT(EPOCH FROM {y}) AS BIGINT)", "EXTRACT(DOY FROM {y}) + 1000 * EXTRACT(YEAR FROM {y})",
    "EXTRACT(ISOYEAR FROM {y}) * 100 + EXTRACT(WEEK FROM {y})", "EXTRACT(JULIAN FROM {y})",
    "EXTRACT(YEAR FROM {y}) * 10000 + EXTRACT(MONTH FROM {y}) * 100 + EXTRACT(DAY FROM {y})",
)  # fmt: skip


@dataclass(frozen=True)
class Vocabulary:
    """What one dialect can say of moments: times of times, numbers of times, comparisons of two, texts of times."""

    times: tuple[str, ...]
    numbers: tuple[str, ...]
    pairs: tuple[str, ...]
    texts: tuple[str, ...]


DUCKDB = Vocabulary(
    (
        *_OF_BOTH, "TIME_BUCKET(INTERVAL '{span}', {y})", "TO_TIMESTAMP(EPOCH({y}))", "MAKE_TIMESTAMP(EPOCH_US({y}))",
        "MAKE_TIMESTAMP_MS(EPOCH_MS({y}))", "LAST_DAY({y})", "CAST({y} AS TIMESTAMP_S)", "CAST({y} AS TIMESTAMP_MS)",
        "CAST({y} AS TIMESTAMP_NS)", "CAST(CAST({y} AS VARCHAR) AS TIMESTAMP)", "MAKE_DATE(YEAR({y}), MONTH({y}), 1)",
        "STRPTIME(STRFTIME({y}, '%Y-%m-%d %H:%M'), '%Y-%m-%d %H:%M')", "DATE_ADD({y}, INTERVAL '{span}')",
        "({y} + TO_DAYS({n}))", "({y} - TO_HOURS({n}))", "TIME_BUCKET(INTERVAL '{span}', {y}, INTERVAL '{span2}')",
    ),
    (
        *_NUMBERS_OF_BOTH, "EPOCH_MS({y})", "EPOCH_US({y})", "YEARWEEK({y})", "EPOCH({y}) // 60",
        "CAST(STRFTIME({y}, '%Y%m%d') AS INTEGER)",
    ),
    (
        "DATE_DIFF('{unit}', {s}, {t}) {op} {n}", "DATE_SUB('{unit}', {s}, {t}) {op} {n}",
        "({s} - {t}) {op} INTERVAL '{span}'", "AGE({s}, {t}) {op} INTERVAL '{span}'",
    ),
    (
        "CAST({y} AS VARCHAR)", "STRFTIME({y}, '%Y-%m-%d')", "STRFTIME({y}, '%Y-%m-%d %H:%M:%S')",
        "STRFTIME({y}, '%d.%m.%Y')", "STRFTIME({y}, '%Y%m%d%H')",
    ),
)  # fmt: skip
POSTGRES = Vocabulary(
    (
        *_OF_BOTH, "DATE_TRUNC('{unit}', {y}, '{zone}')", "CAST({y} AS TIMESTAMP(0))", "CAST({y} AS TIMESTAMPTZ(3))",
        "DATE_BIN(INTERVAL '{span}', {y}, TIMESTAMP '2020-01-01')", "({y} + MAKE_INTERVAL(days => {n}))",
        "TO_DATE(TO_CHAR({y}, 'YYYY-MM-DD'), 'YYYY-MM-DD')", "({y} + INTERVAL '1 day' * 0.5)",
        "TO_TIMESTAMP(TO_CHAR({y}, 'YYYY-MM-DD HH24:MI'), 'YYYY-MM-DD HH24:MI')", "(CAST({y} AS DATE) + TIME '12:00')",
        "MAKE_DATE(CAST(EXTRACT(YEAR FROM {y}) AS int), CAST(EXTRACT(MONTH FROM {y}) AS int), 1)",
        "(CAST({y} AS DATE) + CAST({y} AS TIME))", "CAST(CAST({y} AS TEXT) AS TIMESTAMP)",
    ),
    (
        *_NUMBERS_OF_BOTH, "DATE_PART('epoch', {y})", "TRUNC(EXTRACT(EPOCH FROM {y}))",
        "(CAST({y} AS DATE) - DATE '2020-01-01')", "CAST(EXTRACT(EPOCH FROM {y}) AS int) / 60",
        "CAST(TO_CHAR({y}, 'YYYYMMDD') AS int)",
    ),
    (
        "(CAST({s} AS DATE) - CAST({t} AS DATE)) {op} {n}", "EXTRACT(EPOCH FROM ({s} - {t})) {op} {n}",
        "EXTRACT(DAY FROM ({s} - {t})) {op} {n}", "({s} - {t}) {op} INTERVAL '{span}'",
        "AGE({s}, {t}) {op} INTERVAL '{span}'",
    ),
    (
        "CAST({y} AS TEXT)", "TO_CHAR({y}, 'YYYY-MM-DD')", "TO_CHAR({y}, 'YYYY-MM-DD HH24:MI:SS')",
        "TO_CHAR({y}, 'DD.MM.YYYY')", "TO_CHAR({y}, 'YYYY-MM-DD HH:MI')", "TO_CHAR({y}, 'IYYY-IW')",
        "TO_CHAR({y}, 'YYYY-WW')", "TO_CHAR({y}, 'FMYYYY-FMMM-FMDD')", "TO_CHAR({y}, 'YYYY-MM')",
    ),
)  # fmt: skip


class Conditions:
    """Random conditions over two moments, of which many let only earlier ones through."""

    def __init__(self, random: Random, words: Vocabulary, event: str, anchor: str) -> None:
        self.random, self.words, self.event, self.anchor = random, words, event, anchor

    def draw(self, depth: int = 0) -> str:
        chance = self.random.random()
        if depth < 2 and chance < 0.2:
            return f"({self.draw(depth + 1)} {self._one('AND', 'AND', 'OR')} {self.draw(depth + 1)})"
        if depth < 2 and chance < 0.25:
            return f"NOT ({self.draw(depth + 1)})"
        mine, other = (self.event, self.anchor) if self.random.random() < 0.5 else (self.anchor, self.event)
        right = "<" if mine == self.event else ">"
        op = self._one(right, right, f"{right}=", "=", ">", "<", "<=", ">=")
        if chance < 0.45:
            return f"{self._time(mine)} {op} {self._time(other)}"
        if chance < 0.5:
            return f"{self._time(mine)} {self._one('', 'NOT ')}BETWEEN {self._time(other)} AND {self._time(other)}"
        if chance < 0.6:
            return self._alike(self._time(mine), mine, other, op)
        if chance < 0.75:
            number = self._filled(self._one(*self.words.numbers), mine, 1)
            return self._alike(number, mine, other, op) + self._one("", "", " - 1", " + 1")
        if chance < 0.92:
            told = self._one(*self.words.pairs).replace("{s}", self._time(mine, 1)).replace("{t}", self._time(other, 1))
            return self._filled(told.replace("{op}", op), mine, 2)
        return self._alike(self._filled(self._one(*self.words.texts), mine, 1), mine, other, op)

    def _alike(self, told: str, mine: str, other: str, op: str) -> str:
        """The same of both."""
        return f"{told} {op} {told.replace(mine, other)}"

    def _time(self, moment: str, depth: int = 0) -> str:
        if depth > 1 or self.random.random() < (0.35 if depth == 0 else 0.65):
            return moment
        return self._filled(self._one(*self.words.times), moment, depth + 1)

    def _filled(self, told: str, moment: str, depth: int) -> str:
        values = {
            "{y}": self._time(moment, depth), "{x}": moment, "{unit}": self._one(*_UNITS), "{n}": self._one(*"01123"),
            "{span}": self._one(*_SPANS), "{span2}": self._one(*_SPANS), "{zone}": self._one(*ZONES),
            "{zone2}": self._one(*ZONES),
        }  # fmt: skip
        for place, value in values.items():
            told = told.replace(place, value)
        return told

    def _one(self, *choices: str) -> str:
        return self.random.choice(choices)
