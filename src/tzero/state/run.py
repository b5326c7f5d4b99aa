"""Table ``t0_run``: every apply and refresh and what each step of it did, every certificate; appended, never changed.

A refresh says first that it has begun, then what each step did, last how it ended: one that was killed has no end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import Any

from tzero.state.schema import StateSchema

TABLE = "t0_run"
BEGIN, WHOLE = "begin", "run"
CERTIFY = "certify"
"""The command of a record that says which certificate was made; it changes no relation."""
_COLUMNS = "command, step, relation, started_at, ended_at, n_rows, status, detail, lock_seconds, plan, inputs"


class Status(StrEnum):
    """``KEPT``: an earlier run that did not end had done it, and nothing has changed since."""

    STARTED = "started"
    DONE = "done"
    KEPT = "kept"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What one step did; the whole run where ``step`` is ``"run"``, and where it is ``"begin"`` that it has begun.

    ``lock_seconds`` is how long others kept it waiting, None where nobody measured. ``plan`` (of a whole run) and
    ``inputs`` (of a step) are digests of what it was to do and of what it read.
    """

    command: str
    step: str
    relation: str | None
    started_at: dt.datetime
    ended_at: dt.datetime
    n_rows: int | None = None
    status: Status = Status.DONE
    detail: str | None = None
    lock_seconds: float | None = None
    plan: str | None = None
    inputs: str | None = None

    @property
    def seconds(self) -> float:
        return (self.ended_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A run that failed or was killed: its number, the plan that it followed, and its steps that were committed."""

    run_id: int
    plan: str | None
    steps: tuple[RunRecord, ...]


def append(state: StateSchema, run_id: int, records: Sequence[RunRecord]) -> None:
    """Add records to a run, after those that it has; inside the caller's transaction."""
    known = state.rows(TABLE, "SELECT coalesce(max(ordinal), -1) + 1 FROM {table} WHERE run_id = ?", [run_id])
    for ordinal, record in enumerate(records, known[0][0]):
        state.write(
            TABLE,
            f"INSERT INTO {{table}} (run_id, ordinal, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [run_id, ordinal, *(str(value) if isinstance(value, Status) else value for value in astuple(record))],
        )


def next_id(state: StateSchema) -> int:
    return state.next_number(TABLE, "run_id")


def last(state: StateSchema) -> RunRecord | None:
    """The last run that was done."""
    # the columns of the first version: a store is shown also before its state is migrated
    rows = state.rows(
        TABLE,
        "SELECT command, step, relation, started_at, ended_at, n_rows, status, detail FROM {table}"
        f" WHERE step = 'run' AND status = 'done' AND command <> '{CERTIFY}' ORDER BY run_id DESC LIMIT 1",
    )
    return _record(rows[0]) if rows else None


def newest(state: StateSchema) -> int:
    """The number of the last run, of whatever outcome; 0 before the first."""
    found = state.rows(TABLE, "SELECT coalesce(max(run_id), 0) FROM {table}")
    return int(found[0][0]) if found else 0


def later(state: StateSchema, run_id: int) -> tuple[int, str] | None:
    """The first run after a run that may have changed a relation: its number and command."""
    found = state.rows(
        TABLE,
        "SELECT run_id, command FROM {table} WHERE run_id > ? AND command <> ? ORDER BY run_id LIMIT 1",
        [run_id, CERTIFY],
    )
    return (int(found[0][0]), str(found[0][1])) if found else None


def certificate_ids(state: StateSchema, relation: str) -> tuple[str, ...]:
    """The ids of the certificates that were made of a relation, good or bad, oldest first."""
    found = state.rows(
        TABLE, "SELECT detail FROM {table} WHERE command = ? AND relation = ? ORDER BY run_id", [CERTIFY, relation]
    )
    return tuple(str(row[0]) for row in found)


def built_seconds(state: StateSchema, relations: Collection[str]) -> float | None:
    """How long the last build of each relation took, all together; None where no run built any of them."""
    rows = state.rows(
        TABLE,
        f"SELECT {_COLUMNS} FROM {{table}} WHERE status = ? AND command <> ? AND n_rows IS NOT NULL "
        "ORDER BY run_id, ordinal",
        [str(Status.DONE), CERTIFY],
    )
    last_built = {found.relation: found.seconds for found in map(_record, rows) if found.relation in relations}
    return sum(last_built.values()) if last_built else None


def steps(state: StateSchema, run_id: int) -> tuple[RunRecord, ...]:
    rows = state.rows(TABLE, f"SELECT {_COLUMNS} FROM {{table}} WHERE run_id = ? ORDER BY ordinal", [run_id])
    return tuple(_record(row) for row in rows)


def unfinished(state: StateSchema, command: str) -> Unfinished | None:
    """The last run of a command, where it did not come to its end."""
    found = state.rows(TABLE, "SELECT max(run_id) FROM {table} WHERE command = ?", [command])
    if not found or found[0][0] is None:
        return None
    run_id = int(found[0][0])
    records = steps(state, run_id)
    if any(record.step == WHOLE and record.status is Status.DONE for record in records):
        return None
    plan = next((record.plan for record in records if record.step == BEGIN), None)
    return Unfinished(run_id, plan, tuple(record for record in records if record.step not in (BEGIN, WHOLE)))


def _record(row: Sequence[Any]) -> RunRecord:
    values = list(row)
    values[6] = Status(values[6])
    return RunRecord(*values)
