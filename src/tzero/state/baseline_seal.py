"""Table ``t0_baseline_seal``: by what a day is known to be unchanged, appended with its baseline, never changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from tzero.state.appending import append_all
from tzero.state.schema import StateSchema

TABLE = "t0_baseline_seal"
_COLUMNS = "number, relation, day, seal"
_SCHEMA = pa.schema({"number": pa.int64(), "relation": pa.string(), "day": pa.string(), "seal": pa.string()})


@dataclass(frozen=True, slots=True)
class SealRecord:
    """The seal of one day in one baseline."""

    number: int
    relation: str
    day: str
    seal: str


def append(state: StateSchema, records: Iterable[SealRecord]) -> None:
    """Write seals, all in one; inside the caller's transaction."""
    append_all(state, TABLE, _SCHEMA, records)


def latest(state: StateSchema, relation: str) -> dict[str, SealRecord]:
    """The last seal of every day of a relation, by day; none in a store that has never kept any."""
    rows = state.rows(TABLE, f"SELECT {_COLUMNS} FROM {{table}} WHERE relation = ? ORDER BY number", [relation])
    return {row[2]: SealRecord(*row) for row in rows}
