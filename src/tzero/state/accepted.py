"""Table ``t0_accepted``: definitions that somebody answers for, as the database itself shows them; appended only."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from tzero.state.appending import append_numbered
from tzero.state.schema import StateSchema

TABLE = "t0_accepted"
_COLUMNS = "relation, sha256, definition, accepted_by, why, accepted_at"


@dataclass(frozen=True, slots=True)
class Accepted:
    """One acceptance: ``accepted_by`` is a person, or the command that built the relation."""

    relation: str
    sha256: str
    definition: str
    accepted_by: str
    why: str
    accepted_at: dt.datetime


def latest(state: StateSchema) -> dict[str, Accepted]:
    """The last acceptance of every relation, by name."""
    rows = state.rows(TABLE, f"SELECT {_COLUMNS} FROM {{table}} ORDER BY number")
    return {row[0]: Accepted(*row) for row in rows}


def append(state: StateSchema, relation: str, definition: str, by: str, why: str) -> None:
    """Accept a definition; inside the caller's transaction."""
    sha256 = hashlib.sha256(definition.encode()).hexdigest()
    append_numbered(state, TABLE, Accepted(relation, sha256, definition, by, why, dt.datetime.now(dt.UTC)))
