"""Rows from the database as plain Python values: times as whole numbers, so that they can be compared and moved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tzero.errors import EngineError
from tzero.timeline import Anchor, Day

Line = tuple[Any, ...]
_BATCH = 65_536
_EPOCH_DAY = dt.date(1970, 1, 1).toordinal()
_EPOCH = dt.datetime(1970, 1, 1)


def lines(batches: Iterator[pa.RecordBatch] | pa.RecordBatchReader) -> Iterator[Line]:
    """Every row as a tuple; days since 1970 for a date, microseconds since 1970 for a moment."""
    for batch in batches:
        yield from zip(*(whole(column).to_pylist() for column in batch.columns), strict=True)


def lines_of(table: pa.Table) -> Iterator[Line]:
    return lines(iter(table.to_batches(max_chunksize=_BATCH)))


def whole(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """The column with times as whole numbers."""
    kind = column.type
    if pa.types.is_date(kind):
        return pc.cast(pc.cast(column, pa.date32()), pa.int32())
    if not pa.types.is_timestamp(kind):
        return column
    if kind.unit == "ns":
        raise EngineError("times of nanoseconds cannot be counted again", fix="keep them as microseconds")
    return pc.cast(pc.cast(column, pa.timestamp("us", kind.tz)), pa.int64())


def length(value: timedelta, anchor: Anchor) -> int:
    """A length of time in the unit of an anchor: days, or microseconds."""
    return value.days if isinstance(anchor, Day) else value // timedelta(microseconds=1)


def shown(line: Sequence[Any], kinds: Sequence[pa.DataType]) -> str:
    """Values as people read them."""
    return ", ".join(_one(value, kind) for value, kind in zip(line, kinds, strict=True))


def _one(value: Any, kind: pa.DataType) -> str:
    if value is not None and pa.types.is_date(kind):
        return str(dt.date.fromordinal(_EPOCH_DAY + value))
    if value is not None and pa.types.is_timestamp(kind):
        return (_EPOCH + timedelta(microseconds=value)).isoformat(sep=" ")
    return str(value)
