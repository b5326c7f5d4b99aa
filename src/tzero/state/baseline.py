"""Table ``t0_baseline``: every baseline that somebody answers for, appended, never changed.

The digests of its days are in ``t0_baseline_day``; only days that are new or changed are written again.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tzero.state.schema import StateSchema

TABLE = "t0_baseline"
CERTIFYING = "tzero certify"  # accepts days that are new, and nothing that changed
_COLUMNS = "number, relation, sha256, columns, probe, context, settling_days, accepted_by, account, why, accepted_at"


@dataclass(frozen=True, slots=True)
class BaselineRecord:
    """One acceptance. ``accepted_by`` is a person or the command that took it, ``account`` who ran that command.

    ``context`` is what it was taken under: versions, and the sha256 of every definition in the closure.
    """

    number: int
    relation: str
    sha256: str
    columns: tuple[str, ...]
    probe: str
    context: Mapping[str, str]
    settling_days: int
    accepted_by: str
    account: str
    why: str
    accepted_at: dt.datetime

    @property
    def is_by_name(self) -> bool:
        """Whether somebody answers for whatever changed, and not the command that accepts nothing of the kind."""
        return self.accepted_by != CERTIFYING

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "columns": list(self.columns), "context": dict(self.context)}


def append(state: StateSchema, record: BaselineRecord) -> None:
    """Write an acceptance; inside the caller's transaction."""
    state.write(
        TABLE,
        f"INSERT INTO {{table}} ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            record.number,
            record.relation,
            record.sha256,
            json.dumps(record.columns),
            record.probe,
            json.dumps(dict(record.context), sort_keys=True),
            record.settling_days,
            record.accepted_by,
            record.account,
            record.why,
            record.accepted_at,
        ],
    )


def history(state: StateSchema, relation: str) -> tuple[BaselineRecord, ...]:
    """Every acceptance of a relation, oldest first."""
    rows = state.rows(TABLE, f"SELECT {_COLUMNS} FROM {{table}} WHERE relation = ? ORDER BY number", [relation])
    return tuple(
        BaselineRecord(row[0], row[1], row[2], tuple(json.loads(row[3])), row[4], json.loads(row[5]), *row[6:])
        for row in rows
    )


def next_number(state: StateSchema) -> int:
    return state.next_number(TABLE, "number")
