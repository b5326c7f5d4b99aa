"""Column types, in engine-neutral terms."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tzero.errors import DeclarationError

_ALIASES = {
    "integer": "integer", "int": "integer", "int4": "integer", "smallint": "integer", "int2": "integer",
    "tinyint": "integer", "bigint": "bigint", "int8": "bigint", "long": "bigint", "hugeint": "bigint",
    "uinteger": "bigint", "ubigint": "bigint", "usmallint": "integer", "utinyint": "integer",
    "double": "double", "double precision": "double", "float8": "double", "float": "double", "float4": "double",
    "real": "double", "text": "text", "varchar": "text", "character varying": "text", "string": "text",
    "character": "text", "char": "text", "bpchar": "text", "enum": "text",
    "boolean": "boolean", "bool": "boolean", "date": "date",
    "timestamp": "timestamp", "timestamp without time zone": "timestamp", "timestamp_ntz": "timestamp",
    "datetime": "timestamp", "timestamp_s": "timestamp", "timestamp_ms": "timestamp", "timestamp_ns": "timestamp",
    "timestamptz": "timestamptz", "timestamp with time zone": "timestamptz",
    "decimal": "decimal", "numeric": "decimal",
}  # fmt: skip
_SHAPE = re.compile(r"(?P<name>[a-z_][a-z_0-9 ]*)(?:\((?P<p>\d+)(?:\s*,\s*(?P<s>\d+))?\))?(?P<rest>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ColumnType:
    """One of integer, bigint, double, decimal(p, s), text, boolean, date, timestamp, timestamptz, or other.

    >>> ColumnType.parse("NUMERIC(10, 2)")
    ColumnType(kind='decimal', scale=2)
    >>> str(ColumnType.parse("float8"))
    'double'
    """

    kind: str
    scale: int | None = None

    @classmethod
    def parse(cls, text: str) -> ColumnType:
        """Read a type as an engine or a user writes it; an unknown one becomes ``other``."""
        match = _SHAPE.fullmatch(text.strip().lower())
        if match is None:
            return cls("other")
        name, rest = match["name"].strip(), match["rest"].strip()
        if name in ("timestamp", "time") and rest:
            name = f"{name} {rest}"
            rest = ""
        kind = _ALIASES.get(name, "other") if not rest or name == "enum" else "other"
        scale = int(match["s"] or 0) if kind == "decimal" and match["p"] else None
        return cls(kind, scale)

    @classmethod
    def declared(cls, text: str) -> ColumnType:
        """Read a type that a user declared; an unknown one is an error."""
        found = cls.parse(text)
        if found.kind == "other":
            raise DeclarationError(
                f"unknown column type {text!r}", fix="use one of " + ", ".join(sorted(set(_ALIASES.values())))
            )
        return found

    @property
    def is_time(self) -> bool:
        return self.kind in ("date", "timestamp", "timestamptz")

    @property
    def is_number(self) -> bool:
        return self.kind in ("integer", "bigint", "double", "decimal")

    @property
    def is_exact(self) -> bool:
        return self.kind in ("integer", "bigint", "decimal")

    def __str__(self) -> str:
        return self.kind


TableSchema = dict[str, ColumnType]
