"""Table ``t0_baseline_day``: what a relation held of one day when a baseline was accepted, appended, never changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tzero.state.schema import StateSchema

TABLE = "t0_baseline_day"
_COLUMNS = "number, relation, day, n_rows, settled, digests"


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
    for record in records:
        state.write(
            TABLE,
            f"INSERT INTO {{table}} ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",
            [record.number, record.relation, record.day, record.n_rows, record.settled, record.digests],
        )


def latest(state: StateSchema, relation: str) -> dict[str, DayRecord]:
    """The last record of every day of a relation, by day."""
    rows = state.rows(TABLE, f"SELECT {_COLUMNS} FROM {{table}} WHERE relation = ? ORDER BY number", [relation])
    return {row[2]: DayRecord(*row) for row in rows}
