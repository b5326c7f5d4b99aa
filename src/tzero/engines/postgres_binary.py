"""Batches of numbers and times in the binary format of COPY: whole columns at a time, with no work per value.

Every row is laid out at its full length, then the bytes that a NULL does not have are taken out (the format:
https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS). Text goes as CSV, which pyarrow writes
faster than its bytes could be gathered here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tzero.engines.postgres_arrow import plain

if TYPE_CHECKING:
    import numpy as np

    Values = np.ndarray[Any, Any]

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
_EPOCH_DAYS, _DAY = 10_957, 86_400_000_000
"""PostgreSQL counts from 2000-01-01, Arrow from 1970-01-01; a day in microseconds."""
_FIRST_DAY, _LAST_DAY = -2_440_588, 2_145_042_906
"""4714-11-24 before Christ and 5874897-12-31: the days that PostgreSQL can keep."""
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


def binary_of(batch: pa.RecordBatch) -> memoryview | None:
    """The rows of a batch, without header and trailer; None where only text will do."""
    try:
        import numpy as np
    except ModuleNotFoundError:
        return None
    columns = [_numbers(column) for column in batch.columns]
    if any(column is None for column in columns):
        return None
    fields = [column for column in columns if column is not None]
    rows = np.zeros(batch.num_rows, [("n", ">i2"), *_layout(fields)])
    rows["n"] = len(fields)
    for at, (values, wire) in enumerate(fields):
        rows[f"length{at}"] = np.dtype(wire).itemsize
        rows[f"value{at}"] = values
    kept = None
    for at, column in enumerate(batch.columns):
        if column.null_count:
            missing = np.asarray(column.is_null())
            kept = np.ones((len(rows), rows.itemsize), bool) if kept is None else kept
            rows[f"length{at}"][missing] = -1
            place, width = rows.dtype.fields[f"value{at}"][1], np.dtype(fields[at][1]).itemsize
            kept[missing, place : place + width] = False
    whole = rows.view(np.uint8).reshape(len(rows), -1)
    return memoryview((whole.reshape(-1) if kept is None else whole[kept]).data)


def _layout(fields: list[tuple[Values, str]]) -> list[tuple[str, str]]:
    return [part for at, (_, wire) in enumerate(fields) for part in ((f"length{at}", ">i4"), (f"value{at}", wire))]


def _numbers(column: pa.Array) -> tuple[Values, str] | None:
    """The values as PostgreSQL counts them, anything where there is none, and their type on the wire."""
    import numpy as np

    kind, epoch, first, last = plain(column.type), 0, None, None
    array = column if column.type == kind else column.cast(kind, safe=False)
    if pa.types.is_date32(kind):
        array, epoch, first, last = array.view(pa.int32()), _EPOCH_DAYS, _FIRST_DAY, _LAST_DAY
    elif pa.types.is_timestamp(kind):
        array, epoch, first = array.view(pa.int64()), _EPOCH_DAYS * _DAY, _FIRST_DAY * _DAY
    wire = _WIRE.get(array.type)
    if wire is None:
        return None
    values: Values = np.asarray(array.fill_null(False if pa.types.is_boolean(kind) else 0))
    if len(values) and ((first is not None and values.min() < first) or (last is not None and values.max() > last)):
        return None  # as text the server says which value it cannot keep
    return (values - epoch if epoch else values), wire
