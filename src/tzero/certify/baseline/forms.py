"""What stands for a value in a digest: an integer or a text, the same on every engine and in every session.

Whole numbers, booleans, days and moments stand for themselves as 64 bit integers, decimals and texts by a hash of
their text. Floats have no text that engines agree on; they are left to the engine's own hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tzero.engines.catalog import ColumnInfo
from tzero.sql.render import quoted

_WIDE = ("hugeint", "uhugeint", "ubigint")
_FOREVER = 9223372036854775807


@dataclass(frozen=True, slots=True)
class Form:
    """How one column of a table alias is read, in the SQL of ``dialect``."""

    column: ColumnInfo
    dialect: str
    alias: str

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def is_float(self) -> bool:
        return self.column.dtype == "double"

    @property
    def is_short(self) -> bool:
        """Whether the integer is of 32 bits at most."""
        return self.column.dtype in ("integer", "boolean")

    @property
    def value(self) -> str:
        return f"{self.alias}.{quoted(self.column.name, self.dialect)}"

    @property
    def integer(self) -> str:
        """The value as an integer of 64 bits at most; NULL for NULL. Of a float: the value itself as a double."""
        match self._kind:
            case "integer" | "bigint":
                return self.value
            case "boolean":
                return f"CAST({self.value} AS integer)"
            case "double":
                return f"CAST({self.value} AS double precision)"
            case "date":
                return self._finite(f"({self.value} - DATE '1970-01-01')")
            case "timestamp" | "timestamptz":
                return self._finite(self._microseconds)
            case _:
                return hashed(self._text, self.dialect)

    @property
    def part(self) -> str:
        """The value as a text that can stand beside others: where it ends is in it, and NULL has a form of its own."""
        match self._kind:
            case "integer" | "bigint" | "boolean" | "date" | "timestamp" | "timestamptz" | "double":
                return f"coalesce(CAST({self.integer} AS text), '') || ','"
            case _:
                text = self._text
                return f"coalesce(CAST(length({text}) AS text) || ':' || {text}, '') || ','"

    @property
    def _kind(self) -> str:
        return "other" if self.column.type.lower() in _WIDE else self.column.dtype

    @property
    def _text(self) -> str:
        if self._kind != "decimal":
            return f"CAST({self.value} AS text)"
        if self.dialect == "postgres":
            return f"CAST(trim_scale({self.value}) AS text)"
        text = f"CAST({self.value} AS text)"
        return f"CASE WHEN contains({text}, '.') THEN rtrim(rtrim({text}, '0'), '.') ELSE {text} END"

    @property
    def _microseconds(self) -> str:
        if self.dialect == "postgres":
            return f"CAST(extract(epoch FROM {self.value}) * 1000000 AS bigint)"
        return f"{'epoch_ns' if self.column.type == 'TIMESTAMP_NS' else 'epoch_us'}({self.value})"

    def _finite(self, number: str) -> str:
        beyond = f"CASE WHEN {self.value} > DATE '2000-01-01' THEN {_FOREVER} ELSE -{_FOREVER} END"
        return f"CASE WHEN isfinite({self.value}) THEN {number} WHEN {self.value} IS NOT NULL THEN {beyond} END"


def hashed(text: str, dialect: str) -> str:
    """The first 60 bits of the md5 of a text, as an integer.

    >>> hashed("t.a", "duckdb")
    "CAST('0x' || substr(md5(t.a), 1, 15) AS bigint)"
    """
    if dialect == "postgres":
        return f"CAST(CAST('x' || substr(md5({text}), 1, 15) AS bit(60)) AS bigint)"
    return f"CAST('0x' || substr(md5({text}), 1, 15) AS bigint)"


def day_of(time: Form, zone: str, late: timedelta = timedelta(0)) -> str:
    """The calendar day of a time in a zone, once the time is moved back by a length."""
    value = f"({time.value} - INTERVAL '{late // timedelta(seconds=1)} seconds')" if late else time.value
    if time.column.dtype == "timestamptz":
        name = zone.replace("'", "''")
        return f"CAST(({value} AT TIME ZONE '{name}') AS date)"
    return f"CAST({value} AS date)"
