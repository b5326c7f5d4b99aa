"""Table ``t0_run``: every apply and refresh and what each step of it did, appended, never changed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from tzero.state.schema import StateSchema

TABLE = "t0_run"
_COLUMNS = "command, step, relation, started_at, ended_at, n_rows, status, detail"


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What one step did, or the whole run where ``step`` is ``"run"``. ``status`` is ``done`` or ``failed``."""

    command: str
    step: str
    relation: str | None
    started_at: dt.datetime
    ended_at: dt.datetime
    n_rows: int | None = None
    status: str = "done"
    detail: str | None = None

    @property
    def seconds(self) -> float:
        return (self.ended_at - self.started_at).total_seconds()


def append(state: StateSchema, run_id: int, records: tuple[RunRecord, ...]) -> None:
    for ordinal, record in enumerate(records):
        state.write(
            TABLE,
            f"INSERT INTO {{table}} (run_id, ordinal, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                run_id,
                ordinal,
                record.command,
                record.step,
                record.relation,
                record.started_at,
                record.ended_at,
                record.n_rows,
                record.status,
                record.detail,
            ],
        )


def next_id(state: StateSchema) -> int:
    return state.next_number(TABLE, "run_id")


def last(state: StateSchema) -> RunRecord | None:
    """The last run that was done."""
    rows = state.rows(
        TABLE,
        f"SELECT {_COLUMNS} FROM {{table}} WHERE step = 'run' AND status = 'done' ORDER BY run_id DESC LIMIT 1",
    )
    return RunRecord(*rows[0]) if rows else None


def steps(state: StateSchema, run_id: int) -> tuple[RunRecord, ...]:
    rows = state.rows(TABLE, f"SELECT {_COLUMNS} FROM {{table}} WHERE run_id = ? ORDER BY ordinal", [run_id])
    return tuple(RunRecord(*row) for row in rows)
