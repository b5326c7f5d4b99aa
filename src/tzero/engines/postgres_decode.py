"""Rows in the binary format of COPY as Arrow: whole columns at a time, with no work per value.

The server sends one message for each row, so where each row begins is known; where each field of it begins follows,
column by column, from the lengths of those before it. The bytes of a column are then gathered from all rows at once
(the format: https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tzero.engines.postgres_types import DAY, EPOCH_DAYS
from tzero.errors import EngineError

Values = np.ndarray[Any, Any]
Places = range | Values
"""Bytes of each row: evenly spaced while no field before was longer in one row than in another."""
_COUNT, _LENGTH, _WIDEST = 2, 4, 8
"""Bytes of a row's number of fields, of a field's length, and of the longest value that is not text."""
_WIRE = {
    pa.bool_(): ">u1",
    pa.int16(): ">i2",
    pa.int32(): ">i4",
    pa.int64(): ">i8",
    pa.float32(): ">f4",
    pa.float64(): ">f8",
}


def batch_of(rows: Sequence[bytes], schema: pa.Schema, sent: Sequence[pa.DataType]) -> pa.RecordBatch:
    """The rows as a batch. ``sent`` says in which form each column came: its own, a narrower one, or as text.

    Raises EngineError, naming the column, for what Arrow cannot hold.
    """
    # a value of the last row may be missing and is gathered all the same
    data = b"".join((*rows, bytes(_LENGTH + _WIDEST)))
    lengths = np.fromiter(map(len, rows), np.int64, len(rows))
    at = _begins(lengths, _COUNT)
    columns = []
    for field, kind in zip(schema, sent, strict=True):
        try:
            column, at = _column(data, at, kind)
            columns.append(column if kind == field.type else pc.cast(column, field.type))
        except pa.ArrowInvalid as error:
            raise EngineError(f"the column {field.name!r} cannot be read: {error}", fix="cast it to text") from error
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _column(data: bytes, at: Places, kind: pa.DataType) -> tuple[pa.Array, Places]:
    """One column, whose fields begin at these bytes, and where the fields after it begin."""
    form, epoch = _sent(kind)
    narrow = form is not None and form.itemsize <= _LENGTH
    # a length and a narrow value lie side by side: both come with one look
    head = _gathered(data, at, np.dtype(">i8") if narrow else np.dtype(">i4"))
    lengths = head >> 32 if narrow else head
    shortest, longest = int(lengths.min()), int(lengths.max())
    valid = None if shortest >= 0 else lengths >= 0
    began = _shifted(at, _LENGTH)
    after = _shifted(began, max(longest, 0) if shortest == longest else np.maximum(lengths, 0))
    if form is None:
        return _texts(data, began, after, valid), after
    values = _lowest(head, form) if narrow else _gathered(data, began, form)
    return _numbers(values, kind, epoch, valid), after


def _lowest(words: Values, form: np.dtype[Any]) -> Values:
    """The values of a form with which the lower half of each word begins."""
    halves: Values = words.astype(np.uint32) >> (8 * (_LENGTH - form.itemsize))
    return halves.astype(f"u{form.itemsize}").view(form.newbyteorder("="))


def _begins(lengths: Values, first: int) -> Places:
    """Where each row begins, after so many bytes of it."""
    if lengths.min() == (width := int(lengths.max())):
        return range(first, first + len(lengths) * width, width)
    found: Values = np.cumsum(lengths) - lengths + first
    return found


def _shifted(at: Places, by: Values | int) -> Places:
    if isinstance(at, range) and isinstance(by, int):
        return range(at.start + by, at.stop + by, at.step)
    found: Values = np.asarray(at) + by
    return found


def _gathered(data: bytes, at: Places, form: np.dtype[Any]) -> Values:
    """The values of a form that begin at these bytes."""
    if isinstance(at, range):
        found: Values = np.ndarray((len(at),), form, data, at.start, (at.step,))
    else:
        everywhere: Values = np.ndarray((len(data) - form.itemsize + 1,), form, data, strides=(1,))
        found = everywhere[at]
    return found.astype(form.newbyteorder("="))


def _sent(kind: pa.DataType) -> tuple[np.dtype[Any] | None, int]:
    """The form of a type on the wire, none for text, and what must be added to count as Arrow does."""
    if pa.types.is_date32(kind):
        return np.dtype(">i4"), EPOCH_DAYS
    if pa.types.is_timestamp(kind):
        return np.dtype(">i8"), EPOCH_DAYS * DAY
    return (None if pa.types.is_string(kind) else np.dtype(_WIRE[kind])), 0


def _numbers(values: Values, kind: pa.DataType, epoch: int, valid: Values | None) -> pa.Array:
    number = len(values)
    if epoch:
        # the largest and smallest are infinity; what comes near the largest cannot be counted from an earlier epoch
        limits = np.iinfo(values.dtype)
        outside = (values > limits.max - epoch) | (values == limits.min)
        if (outside if valid is None else outside & valid).any():
            raise pa.ArrowInvalid(f"it holds infinity, or a time too late for {kind}")
        values = values + values.dtype.type(epoch)
    if pa.types.is_boolean(kind):
        values = np.packbits(values, bitorder="little")
    return pa.Array.from_buffers(kind, number, [_bitmap(valid), pa.py_buffer(values)])


def _texts(data: bytes, began: Places, after: Places, valid: Values | None) -> pa.Array:
    """Every second value of an array that holds each text and then what lies between it and the next."""
    bounds = np.empty(2 * len(began), np.int64)
    bounds[0::2], bounds[1::2] = began, after
    number = len(bounds) - 1
    offsets = pa.py_buffer(bounds)
    pieces = pa.Array.from_buffers(pa.large_binary(), number, [None, offsets, pa.py_buffer(data)])
    every_second = np.arange(0, len(bounds), 2, dtype=np.int64)
    chosen = pa.Array.from_buffers(pa.int64(), len(began), [_bitmap(valid), pa.py_buffer(every_second)])
    return pc.cast(pc.take(pieces, chosen, boundscheck=False), pa.string())


def _bitmap(valid: Values | None) -> pa.Buffer | None:
    return None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little"))
