"""Rows from a Parquet or CSV file, as a stream."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from tzero.engines.base import BATCH_ROWS
from tzero.errors import SourceError, UsageError


def read_batches(path: Path) -> pa.RecordBatchReader:
    """Open a file. Raises UsageError where it is missing or of another kind, SourceError where it cannot be read."""
    if not path.is_file():
        raise UsageError(f"there is no file {path}", fix="check the path; it is relative to where you are")
    try:
        match "".join(path.suffixes[-2:]).lower():
            case suffix if suffix.endswith(".parquet"):
                file = pa.parquet.ParquetFile(path)
                return pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches(BATCH_ROWS))
            case suffix if suffix.endswith((".csv", ".csv.gz")):
                return pa.csv.open_csv(path)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(
            f"{path} cannot be read: {str(error).splitlines()[0]}", fix="is it what its name says?"
        ) from error
    raise UsageError(f"{path} is neither Parquet nor CSV", fix="name a .parquet, .csv or .csv.gz file")
