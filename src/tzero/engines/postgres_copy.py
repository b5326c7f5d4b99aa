"""COPY in its binary format, both ways."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pyarrow as pa
from psycopg import generators
from psycopg.abc import PQGen
from psycopg.pq.abc import PGconn
from psycopg.waiting import Wait

from tzero.engines.postgres_csv import csv_of
from tzero.engines.postgres_decode import batch_of
from tzero.engines.postgres_encode import HEADER, TRAILER, Encoded, encoded
from tzero.engines.postgres_session import Connection

_MOST_ROWS, _MOST_BYTES = 8_192, 1 << 21
"""What is decoded at once: little enough to stay in the processor's cache."""
_PIECE = 1 << 20
_ENDS = {len(end): end for end in (TRAILER, HEADER + TRAILER)}
"""The last message, after rows and without any."""


def read(
    connection: Connection, sql: str, schema: pa.Schema, sent: Sequence[pa.DataType], batch_rows: int
) -> Iterator[pa.RecordBatch]:
    """The rows of a query, whose columns come in the form ``sent``, in batches of a schema."""
    wire, most = connection.pgconn, min(batch_rows, _MOST_ROWS)
    with connection.cursor() as cursor, cursor.copy(f"COPY (\n{sql}\n) TO STDOUT (FORMAT binary)".encode()) as copy:
        first, more = len(HEADER), True
        while more:
            messages: list[bytes] = []
            more = connection.wait(_received(wire, messages, most))
            messages[0], first = messages[0][first:], 0
            rows = messages if more else messages[:-1]
            if rows:
                yield batch_of(rows, schema, sent)
        copy.read()


def _received(wire: PGconn, messages: list[bytes], most: int) -> PQGen[bool]:
    """Receive messages, one for each row; False after the last of all, which is the trailer.

    They are taken from libpq one by one here: psycopg's own loop costs more than all that is done with a row.
    """
    receive, keep, size = wire.get_copy_data, messages.append, 0
    for _ in range(most):
        length, message = receive(1)
        while not length:
            yield Wait.R
            wire.consume_input()
            length, message = receive(1)
        if length < 0:
            raise psycopg.errors.error_from_result((yield from generators.fetch_many(wire))[0])
        # views of the driver's memory, thousands of them, would keep the garbage collector busy
        keep(bytes(message))
        size += length
        if length in _ENDS and messages[-1] == _ENDS[length]:
            return False
        if size > _MOST_BYTES:
            break
    return True


def write(connection: Connection, target: str, batches: Iterable[pa.RecordBatch]) -> int:
    """Add batches to a table, which is given with its columns; returns the number of rows."""
    number = 0
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN (FORMAT binary)".encode()) as copy:
        copy.write(HEADER)
        for rows, count in _ahead(encoded(batches)):
            for at in range(0, len(rows), _PIECE):
                copy.write(rows[at : at + _PIECE])
            number += count
        copy.write(TRAILER)
    return number


def _ahead(pieces: Iterator[Encoded]) -> Iterator[Encoded]:
    """The same pieces, each made while the one before it is on its way."""
    with ThreadPoolExecutor(1) as beside:
        coming = beside.submit(next, pieces, None)
        while (piece := coming.result()) is not None:
            coming = beside.submit(next, pieces, None)
            yield piece


def write_as_text(connection: Connection, target: str, batches: Iterable[pa.RecordBatch]) -> int:
    """The same for a table of other types, to which the server converts what it reads."""
    number = 0
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN (FORMAT csv)".encode()) as copy:
        for batch in batches:
            copy.write(memoryview(csv_of(batch)))
            number += batch.num_rows
    return number
