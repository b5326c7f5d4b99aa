"""Rows of a world as Arrow, to be loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from tzero.falsify.tables import Table
from tzero.falsify.world import Row
from tzero.features.types import ColumnType

_ARROW: Mapping[str, pa.DataType] = {
    "integer": pa.int64(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "text": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
}


def batches(table: Table, rows: Sequence[Row]) -> pa.RecordBatchReader:
    """The rows in the types that every database takes."""
    arrays = {column: pa.array([row[column] for row in rows], _arrow(type_)) for column, type_ in table.kinds.items()}
    return pa.table(arrays).to_reader()


def _arrow(type_: ColumnType) -> pa.DataType:
    if type_.kind == "decimal":
        return pa.decimal128(18, 2)
    return _ARROW.get(type_.kind, pa.null())
