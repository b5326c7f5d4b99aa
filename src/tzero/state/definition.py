"""Table ``t0_definition``: every definition that a relation ever had, appended, never changed."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from tzero.state.schema import StateSchema

TABLE = "t0_definition"
_COLUMNS = "relation, role, sha256, definition, created_sql"


@dataclass(frozen=True, slots=True)
class Definition:
    """What a relation is made of.

    ``text`` is the query with data files by the name they were declared with: the same on every machine, and what
    ``sha256`` is of. ``created_sql`` is the query as the engine was given it, files at their full path.
    """

    relation: str
    role: str
    text: str
    created_sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def current(state: StateSchema) -> dict[str, Definition]:
    """The latest definition of every relation, by name."""
    rows = state.rows(TABLE, "SELECT relation, role, definition, created_sql FROM {table} ORDER BY run_id, defined_at")
    return {row[0]: Definition(*row) for row in rows}


def append(state: StateSchema, definition: Definition, run_id: int) -> None:
    state.write(
        TABLE,
        f"INSERT INTO {{table}} ({_COLUMNS}, run_id, defined_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            definition.relation,
            definition.role,
            definition.sha256,
            definition.text,
            definition.created_sql,
            run_id,
            dt.datetime.now(dt.UTC),
        ],
    )
