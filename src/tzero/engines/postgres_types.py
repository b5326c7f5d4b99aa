"""Which type of Arrow holds a column of PostgreSQL's, and the other way round."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa

from tzero.engines.catalog import ColumnInfo
from tzero.errors import EngineError

EPOCH_DAYS, DAY = 10_957, 86_400_000_000
"""PostgreSQL counts from 2000-01-01, Arrow from 1970-01-01; a day in microseconds."""
TEXTS = frozenset({"text", "character varying", "character", "name"})
"""The types that are sent as their own characters."""
_INTEGERS = ("smallint", "integer", "bigint")
_READ: dict[str, pa.DataType] = {
    "smallint": pa.int32(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float32(),
    "double precision": pa.float64(),
    "numeric": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp without time zone": pa.timestamp("us"),
    "timestamp with time zone": pa.timestamp("us", "UTC"),
}
_PRECISION = re.compile(r"\((\d+)(?:,(-?\d+))?\)")
_COLUMN_TYPES: tuple[tuple[object, str], ...] = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_int8, "smallint"),
    (pa.types.is_int16, "smallint"),
    (pa.types.is_uint8, "smallint"),
    (pa.types.is_int32, "integer"),
    (pa.types.is_uint16, "integer"),
    (pa.types.is_int64, "bigint"),
    (pa.types.is_uint32, "bigint"),
    (pa.types.is_uint64, "numeric(20)"),
    (pa.types.is_float32, "real"),
    (pa.types.is_floating, "double precision"),
    (pa.types.is_date, "date"),
    (pa.types.is_null, "text"),
)


def arrow_type(type_name: str) -> pa.DataType:
    """The Arrow type of a column; text for what Arrow has no type for.

    A numeric of no declared precision has no Arrow type that holds it: it is read as a double.

    >>> arrow_type("numeric(10,2)"), arrow_type("character varying(20)")
    (Decimal128Type(decimal128(10, 2)), DataType(string))
    """
    bare = bare_type(type_name)
    if bare == "numeric" and (found := _PRECISION.search(type_name)) and int(found[1]) <= 38:
        return pa.decimal128(int(found[1]), int(found[2] or 0))
    return _READ.get(bare, pa.string())


def bare_type(type_name: str) -> str:
    """The name of a type without its length or precision.

    >>> bare_type("timestamp(3) with time zone")
    'timestamp with time zone'
    """
    return " ".join(_PRECISION.sub("", type_name).split())


def sent_as(type_name: str) -> tuple[pa.DataType, str]:
    """How a column is sent: as which Arrow type its bytes are read, and the expression to select, ``{}`` its name.

    Decimals, and what Arrow has no type for, are sent as the server prints them; ``format`` prints as COPY does.

    >>> sent_as("smallint"), sent_as("numeric")
    ((DataType(int16), '{}'), (DataType(double), 'CAST({} AS pg_catalog.float8)'))
    >>> sent_as("inet")
    (DataType(string), "CASE WHEN {} IS DISTINCT FROM NULL THEN pg_catalog.format('%s', {}) END")
    """
    bare, kind = bare_type(type_name), arrow_type(type_name)
    if pa.types.is_decimal(kind):
        return pa.string(), "CAST({} AS pg_catalog.text)"
    if bare == "numeric":
        return kind, "CAST({} AS pg_catalog.float8)"
    if pa.types.is_string(kind) and bare not in TEXTS:
        return kind, "CASE WHEN {} IS DISTINCT FROM NULL THEN pg_catalog.format('%s', {}) END"
    return (pa.int16() if bare == "smallint" else kind), "{}"


def sent_types(columns: Sequence[ColumnInfo]) -> list[pa.DataType]:
    return [sent_as(column.type)[0] for column in columns]


def sending(sql: str, columns: Sequence[ColumnInfo]) -> str:
    """The query with its columns in the form in which they are sent."""
    forms = [sent_as(column.type)[1] for column in columns]
    if all(form == "{}" for form in forms):
        return sql
    names = [f"c{at}" for at in range(len(columns))]
    chosen = ", ".join(form.format(name, name) for form, name in zip(forms, names, strict=True))
    return f"SELECT {chosen} FROM (\n{sql}\n) AS q({', '.join(names)})"


def taken_as(field: pa.Field, type_name: str) -> pa.DataType | None:
    """The Arrow type as which a column can be sent into one of a type; None where only the server can convert it.

    >>> taken_as(pa.field("n", pa.int32()), "bigint"), taken_as(pa.field("n", pa.int64()), "text")
    (DataType(int64), None)
    """
    own, bare = column_type(field), bare_type(type_name)
    if own == type_name or bare_type(own) == bare == "numeric" or (own == "text" and bare in TEXTS - {"name"}):
        return field.type
    if own in _INTEGERS and bare in _INTEGERS and _INTEGERS.index(own) < _INTEGERS.index(bare):
        return _READ[bare]
    return None


def schema_of(columns: Sequence[ColumnInfo]) -> pa.Schema:
    return pa.schema([pa.field(column.name, arrow_type(column.type)) for column in columns])


def column_type(field: pa.Field) -> str:
    """The PostgreSQL type that holds an Arrow column. Raises EngineError where there is none."""
    kind = plain(field.type)
    if pa.types.is_timestamp(kind):
        return "timestamp with time zone" if kind.tz else "timestamp without time zone"
    if pa.types.is_decimal(kind):
        return f"numeric({kind.precision},{kind.scale})"
    if pa.types.is_string(kind):
        return "text"
    for test, name in _COLUMN_TYPES:
        if test(kind):  # type: ignore[operator]
            return name
    raise EngineError(
        f"the column {field.name!r} is {field.type}, which cannot be loaded", fix="cast it, or leave it out"
    )


def plain(kind: pa.DataType) -> pa.DataType:
    """A type without dictionary encoding or views, times at the microsecond that PostgreSQL keeps."""
    if pa.types.is_dictionary(kind):
        return plain(kind.value_type)
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    return pa.string() if str(kind) in ("string_view", "large_string") else kind
