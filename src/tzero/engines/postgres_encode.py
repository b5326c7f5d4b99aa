"""Batches in the binary format of COPY: whole columns at a time, with no work per value.

Neighbouring numbers of a row, with their lengths, are laid out at their full width, then the bytes that a NULL does not
have are taken out; Arrow joins those pieces with the texts between them (the format:
https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tzero.engines.postgres_fields import Numbers, Text, field_of

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
_MOST_ROWS, _MOST_BYTES = 16_384, 1 << 28
Values = np.ndarray[Any, Any]
Encoded = tuple[memoryview, int]
"""Bytes, and how many rows they are."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A length or a value that every row has, except where ``missing``."""

    values: Values | int
    wire: np.dtype[Any]
    missing: Values | None = None


def encoded(batches: Iterable[pa.RecordBatch]) -> Iterator[Encoded]:
    """The rows of batches, without header and trailer.

    Raises SourceError with column and row, counted from 1, for a value that PostgreSQL cannot keep.
    """
    before = 0
    for batch in batches:
        for at in range(0, batch.num_rows, step := _step(batch)):
            piece = batch.slice(at, step)
            columns = zip(piece.schema.names, piece.columns, strict=True)
            yield _joined([field_of(name, column, before) for name, column in columns], piece.num_rows), piece.num_rows
            before += piece.num_rows


def _step(batch: pa.RecordBatch) -> int:
    """So many rows that their bytes have offsets of 32 bits, with much to spare."""
    return max(1, min(_MOST_ROWS, int(batch.num_rows * _MOST_BYTES // max(1, batch.nbytes))))


def _joined(fields: Sequence[Numbers | Text], number: int) -> memoryview:
    pieces: list[pa.Array] = []
    parts = [_Part(len(fields), np.dtype(">i2"))]
    for field in fields:
        if isinstance(field, Numbers):
            parts += _number_parts(field)
            continue
        parts.append(_Part(field.lengths, np.dtype(">i4")))
        pieces += [_laid_out(parts, number), field.content]
        parts = []
    if parts:
        pieces.append(_laid_out(parts, number))
    if len(pieces) == 1:
        return memoryview(pieces[0].buffers()[2])
    joined = pc.binary_join_element_wise(*pieces, b"", null_handling="replace", null_replacement="")
    return memoryview(joined.buffers()[2])


def _number_parts(field: Numbers) -> list[_Part]:
    width = field.wire.itemsize
    lengths = width if field.missing is None else np.where(field.missing, -1, width)
    return [_Part(lengths, np.dtype(">i4")), _Part(field.values, field.wire, field.missing)]


def _laid_out(parts: Sequence[_Part], number: int) -> pa.Array:
    """The parts of each row, one after the other, as one binary value."""
    rows = np.empty(number, [(str(at), part.wire) for at, part in enumerate(parts)])
    for at, part in enumerate(parts):
        rows[str(at)] = part.values
    whole = rows.view(np.uint8).reshape(number, rows.itemsize)
    widths, kept, place = np.full(number, rows.itemsize, np.int32), None, 0
    for part in parts:
        after = place + part.wire.itemsize
        if part.missing is not None:
            kept = np.ones(whole.shape, bool) if kept is None else kept
            kept[part.missing, place:after] = False
            widths[part.missing] -= part.wire.itemsize
        place = after
    offsets = np.concatenate((np.zeros(1, np.int32), np.cumsum(widths, dtype=np.int32)))
    data = whole if kept is None else whole[kept]
    return pa.Array.from_buffers(pa.binary(), number, [None, pa.py_buffer(offsets), pa.py_buffer(data)])
