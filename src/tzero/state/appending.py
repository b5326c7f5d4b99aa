"""Append many records to a state table, all in one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple
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
