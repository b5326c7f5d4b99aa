"""Raw data that arrives in two deliveries, so that a demonstration can refresh a store with something new."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tzero.engines.base import Engine


@dataclass(frozen=True, slots=True)
class RawTable:
    """A raw table. ``seen_at`` is the column that says when a row was seen first; without it all rows come at once,
    with the first delivery or, where ``comes_late``, with the second."""

    name: str
    schema: pa.Schema
    read: Callable[[], Iterator[pa.RecordBatch]]
    seen_at: str | None = None
    comes_late: bool = False

    def before(self, cut: dt.datetime) -> pa.RecordBatchReader:
        """The rows seen before a moment."""
        return self._delivery(cut, pc.less)

    def since(self, cut: dt.datetime) -> pa.RecordBatchReader:
        """The rows seen at that moment or later."""
        return self._delivery(cut, pc.greater_equal)

    def _delivery(self, cut: dt.datetime, side: Callable[[Any, Any], Any]) -> pa.RecordBatchReader:
        return pa.RecordBatchReader.from_batches(self.schema, self._chosen(cut, side))

    def _chosen(self, cut: dt.datetime, side: Callable[[Any, Any], Any]) -> Iterator[pa.RecordBatch]:
        for batch in self.read():
            if self.seen_at is None:
                yield batch
            else:
                seen = batch.column(self.seen_at)
                yield batch.filter(side(seen, pa.scalar(cut, seen.type)))


@dataclass(frozen=True, slots=True)
class Example:
    """One concrete case of T0-safety: a table, and what it shows, in words."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    meaning: str

    def as_json(self) -> dict[str, Any]:
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return {"title": self.title, "rows": rows, "meaning": self.meaning}


@dataclass(frozen=True, slots=True)
class Edit:
    """A line of a starter's file that its demonstration writes otherwise."""

    file: str
    line: str
    instead: str


@dataclass(frozen=True, slots=True)
class Feed:
    """The raw data of a starter, and what is worth a look in the store made from it.

    Rows seen before ``cut`` are the first delivery; ``later`` names the second. ``shown`` are features to print,
    ``why_changed`` says how the second can change rows of the past, if it can. ``predecessor`` is a relation with the
    view's key that is no function of the past alone. ``edits`` fit the starter's declarations to this data.
    """

    starter: str
    what: str
    tables: tuple[RawTable, ...]
    cut: dt.datetime
    later: str
    shown: tuple[str, ...]
    example: Callable[[Engine], Example]
    why_changed: str
    predecessor: str | None = None
    edits: tuple[Edit, ...] = ()
