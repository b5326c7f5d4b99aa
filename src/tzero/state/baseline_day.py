"""Table ``t0_baseline_day``: what a relation held of one day when a baseline was accepted, appended, never changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from tzero.state.appending import append_all
from tzero.state.schema import StateSchema

TABLE = "t0_baseline_day"
_COLUMNS = "number, relation, day, n_rows, settled, digests"
_SCHEMA = pa.schema({
    "number": pa.int64(), "relation": pa.string(), "day": pa.string(), "n_rows": pa.int64(), "settled": pa.bool_(),
    "digests": pa.string(),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class DayRecord:
    """One day in one baseline. ``digests`` are those of the baseline's columns, one after another.

    A day that is gone has no rows and no digests. ``settled`` days must not change; the others still may.
    """

    number: int
    relation: str
    day: str
    n_rows: int
    settled: bool
    digests: str


def append(state: StateSchema, records: Iterable[DayRecord]) -> None:
    """Write days, all in one; inside the caller's transaction."""
    append_all(state, TABLE, _SCHEMA, records)


def latest(state: StateSchema, relation: str) -> dict[str, DayRecord]:
    """The last record of every day of a relation, by day."""
    rows = state.rows(TABLE, f"SELECT {_COLUMNS} FROM {{table}} WHERE relation = ? ORDER BY number", [relation])
    return {row[2]: DayRecord(*row) for row in rows}
