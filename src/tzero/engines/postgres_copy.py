"""COPY, both ways: as CSV from the server, in its binary format to it where a batch can be laid out so."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from tzero.engines.postgres_arrow import csv_of
from tzero.engines.postgres_binary import HEADER, TRAILER, binary_of
from tzero.engines.postgres_session import Connection


def read(connection: Connection, sql: str) -> Iterator[bytes]:
    """The rows of a query as CSV, in pieces."""
    with connection.cursor() as cursor, cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT csv)".encode()) as copy:
        for chunk in copy:
            yield bytes(chunk)


def write(connection: Connection, target: str, batch: pa.RecordBatch, *, binary: bool) -> int:
    """Add a batch to a table, which is given with its columns; returns the number of rows."""
    rows = binary_of(batch) if binary else None
    statement = f"COPY {target} FROM STDIN (FORMAT {'csv' if rows is None else 'binary'})"
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        if rows is None:
            copy.write(memoryview(csv_of(batch)))
        else:
            for piece in (HEADER, rows, TRAILER):
                copy.write(piece)
    return int(batch.num_rows)
