"""The columns of a batch as PostgreSQL sends them: numbers of one width, or texts of any length."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tzero.engines.postgres_numeric import numeric_of
from tzero.engines.postgres_types import DAY, EPOCH_DAYS, plain
from tzero.errors import SourceError

Values = np.ndarray[Any, Any]
_FIRST_DAY, _LAST_DAY = -2_440_588, 2_145_042_906
"""4714-11-24 before Christ and 5874897-12-31: the days that PostgreSQL can keep, counted from 1970-01-01."""
_NUL = re.compile(rb"\0")
_WIRE = {
    pa.bool_(): ">u1",
    pa.int8(): ">i2",
    pa.uint8(): ">i2",
    pa.int16(): ">i2",
    pa.uint16(): ">i4",
    pa.int32(): ">i4",
    pa.uint32(): ">i8",
    pa.int64(): ">i8",
    pa.float32(): ">f4",
    pa.float64(): ">f8",
}


@dataclass(frozen=True, slots=True)
class Numbers:
    """Values as PostgreSQL counts them, anything where one is ``missing``."""

    values: Values
    wire: np.dtype[Any]
    missing: Values | None


@dataclass(frozen=True, slots=True)
class Text:
    """Texts as bytes, and how long each is; -1 for none."""

    content: pa.Array
    lengths: Values


def field_of(name: str, column: pa.Array, before: int) -> Numbers | Text:
    """A column as it is sent. Raises SourceError with the row, counted on from ``before``, that cannot be kept."""
    kind = plain(column.type)
    if pa.types.is_uint64(kind):
        kind = pa.decimal128(20, 0)
    elif pa.types.is_float16(kind):
        kind = pa.float64()
    elif pa.types.is_date64(kind):
        kind = pa.date32()
    elif pa.types.is_null(kind):
        kind = pa.string()
    array = _cast(name, column, kind)
    if pa.types.is_string(kind):
        return _text(name, array, before)
    missing = np.asarray(array.is_null()) if array.null_count else None
    values = numeric_of(array) if pa.types.is_decimal(kind) else _counted(name, array, before)
    wire = np.dtype((">i2", values.shape[1:])) if values.ndim > 1 else np.dtype(_WIRE[_storage(kind)])
    return Numbers(values, wire, missing)


def _cast(name: str, column: pa.Array, kind: pa.DataType) -> pa.Array:
    if column.type == kind:
        return column
    # a time of nanoseconds loses what PostgreSQL does not keep; nothing else may change
    loses = pa.types.is_timestamp(kind) and column.type.unit == "ns"
    try:
        return pc.cast(column, kind, safe=not loses)
    except pa.ArrowInvalid as error:
        raise SourceError(
            f"the column {name!r} holds a value that {kind} cannot: {error}", fix="change or leave out its row"
        ) from error


def _text(name: str, array: pa.Array, before: int) -> Text:
    _refuse_nul(name, array, before)
    lengths = np.asarray(pc.fill_null(pc.binary_length(array), -1))
    return Text(pc.cast(array, pa.binary()), lengths)


def _refuse_nul(name: str, array: pa.Array, before: int) -> None:
    _, offsets, data = array.buffers()
    if data is None:
        return
    bounds = np.frombuffer(offsets, np.int32)
    shown = memoryview(data)[bounds[array.offset] : bounds[array.offset + len(array)]]
    if not _NUL.search(shown):
        return
    # it may stand where a NULL hides it
    at = pc.index(pc.match_substring(array, "\0"), True).as_py()
    if at >= 0:
        raise SourceError(
            f"the column {name!r} holds a NUL character in row {before + at + 1:,}: PostgreSQL keeps it in no text",
            fix="take the character out, or leave out the row",
        )


def _storage(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_date32(kind):
        return pa.int32()
    return pa.int64() if pa.types.is_timestamp(kind) else kind


def _counted(name: str, array: pa.Array, before: int) -> Values:
    """Numbers, days and times as PostgreSQL counts them."""
    kind, stored = array.type, array.view(_storage(array.type))
    values: Values = np.asarray(stored.fill_null(False if pa.types.is_boolean(kind) else 0))
    if pa.types.is_date32(kind):
        _refuse_outside(name, array, values, _FIRST_DAY, _LAST_DAY, before)
        return values - EPOCH_DAYS
    if pa.types.is_timestamp(kind):
        _refuse_outside(name, array, values, _FIRST_DAY * DAY, None, before)
        return values - EPOCH_DAYS * DAY
    return values


def _refuse_outside(name: str, array: pa.Array, values: Values, first: int, last: int | None, before: int) -> None:
    outside = values < first if last is None else (values < first) | (values > last)
    if outside.any():
        at = int(outside.argmax())
        raise SourceError(
            f"the column {name!r} holds in row {before + at + 1:,} a {array.type} that PostgreSQL cannot keep: "
            f"{array.slice(at, 1).cast(pa.string())[0].as_py()}",
            fix="correct the value, or leave out the row",
        )
