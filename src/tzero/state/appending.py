"""Append records to a state table: many, all in one, or one under the next number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, fields
from typing import TYPE_CHECKING

import pyarrow as pa

from tzero.state.schema import StateSchema

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def append_all(state: StateSchema, table: str, schema: pa.Schema, records: Iterable[DataclassInstance]) -> None:
    """Write records whose fields are the columns of ``schema``, in that order; inside the caller's transaction."""
    columns = list(zip(*(astuple(record) for record in records), strict=True))
    if columns:
        arrays = [pa.array(values, kind) for values, kind in zip(columns, schema.types, strict=True)]
        state.engine.load(state.relation(table), pa.table(arrays, schema).to_reader(), append=True)


def append_numbered(state: StateSchema, table: str, record: DataclassInstance) -> None:
    """Write a record whose fields are columns, with the next ``number``; inside the caller's transaction."""
    names = ["number", *(field.name for field in fields(record))]
    state.write(
        table,
        f"INSERT INTO {{table}} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
        [state.next_number(table, "number"), *astuple(record)],
    )
