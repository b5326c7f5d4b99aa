"""Batches as the CSV of COPY, for a table whose columns are of other types: there only the server knows how to convert.

NULL is an empty field and the empty text is ``""``. Doubles are printed exactly.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv

from tzero.engines.postgres_types import plain


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
