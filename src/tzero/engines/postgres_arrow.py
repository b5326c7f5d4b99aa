"""Rows between PostgreSQL and Arrow, through COPY: pyarrow reads and writes its CSV faster than the server does.

NULL is an empty field and the empty text is ``""``, both ways. Doubles are printed and read exactly.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv

from tzero.engines.catalog import ColumnInfo
from tzero.errors import EngineError

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
_BLOCK_BYTES = 4 << 20
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
    bare = _PRECISION.sub("", type_name).strip()
    if bare == "numeric" and (found := _PRECISION.search(type_name)) and int(found[1]) <= 38:
        return pa.decimal128(int(found[1]), int(found[2] or 0))
    return _READ.get(bare, pa.string())


def column_type(field: pa.Field) -> str:
    """The PostgreSQL type that holds an Arrow column. Raises EngineError where there is none."""
    kind = plain(field.type)
    if pa.types.is_timestamp(kind):
        return "timestamp with time zone" if kind.tz else "timestamp without time zone"
    if pa.types.is_decimal(kind):
        return f"numeric({kind.precision},{kind.scale})"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
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
    return pa.string() if str(kind) == "string_view" else kind


def read(chunks: Iterator[bytes], columns: Sequence[ColumnInfo], batch_rows: int) -> Iterator[pa.RecordBatch]:
    """Batches of the CSV that COPY TO STDOUT sends, without a header."""
    schema = pa.schema([pa.field(column.name, arrow_type(column.type)) for column in columns])
    # two columns may have one name: they are read by position
    places = [str(number) for number in range(len(columns))]
    has_text = any(pa.types.is_string(field.type) for field in schema)
    stream = _Chunks(chunks)
    if stream.is_empty:
        return
    reader = csv.open_csv(
        stream,
        csv.ReadOptions(column_names=places, block_size=_BLOCK_BYTES, use_threads=True),
        csv.ParseOptions(newlines_in_values=has_text),
        csv.ConvertOptions(
            column_types={place: field.type for place, field in zip(places, schema, strict=True)},
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    for batch in reader:
        named = pa.RecordBatch.from_arrays(batch.columns, schema=schema)
        yield from (named.slice(at, batch_rows) for at in range(0, named.num_rows, batch_rows))


def schema_of(columns: Sequence[ColumnInfo]) -> pa.Schema:
    return pa.schema([pa.field(column.name, arrow_type(column.type)) for column in columns])


def csv_of(batch: pa.RecordBatch) -> pa.Buffer:
    """A batch as the CSV that COPY FROM STDIN takes."""
    arrays = [_castable(column) for column in batch.columns]
    names = [str(number) for number in range(len(arrays))]
    sink = pa.BufferOutputStream()
    csv.write_csv(pa.RecordBatch.from_arrays(arrays, names=names), sink, csv.WriteOptions(include_header=False))
    return sink.getvalue()


def _castable(column: pa.Array) -> pa.Array:
    kind = plain(column.type)
    found = column if kind == column.type else pc.cast(column, kind, safe=False)
    if pa.types.is_null(kind):
        return pa.nulls(len(found), pa.string())
    return found


class _Chunks(io.RawIOBase):
    """The pieces that COPY sends, as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = bytes(next(chunks, b""))

    @property
    def is_empty(self) -> bool:
        return not self._rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        wanted = size if size >= 0 else 1 << 62
        parts, length = [self._rest], len(self._rest)
        while length < wanted and (chunk := next(self._chunks, None)):
            parts.append(bytes(chunk))
            length += len(chunk)
        whole = b"".join(parts)
        self._rest = whole[wanted:]
        return whole[:wanted]
