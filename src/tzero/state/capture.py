"""Table ``t0_capture``: what each capture of versions appended, as a digest per column; appended, never changed.

The last digest of a capture and a column counts: one that somebody answers for comes after the first one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from tzero.sql.render import quoted, text_literal
from tzero.state.schema import StateSchema

TABLE = "t0_capture"
_COLUMNS = "number, relation, captured_at, column_name, n_changes, digest, sealed_by, why, sealed_at"


@dataclass(frozen=True, slots=True)
class Sealed:
    """The number of the last sealing, and the sha256 of all that was written up to it."""

    number: int
    sha256: str


def sealing(state: StateSchema, relation: str, digests: str, by: str, why: str) -> str:
    """A statement that writes the digests of a query: ``captured_at``, ``column_name``, ``n_changes``, ``digest``."""
    table = _table(state)
    return (
        f"INSERT INTO {table} ({_COLUMNS})\n"
        f"SELECT (SELECT coalesce(max(number), 0) + 1 FROM {table}), {text_literal(relation)}, captured_at, "
        f"column_name, n_changes, digest, {text_literal(by)}, {text_literal(why)}, current_timestamp\n"
        f"FROM ({digests}) AS digests"
    )


def unsealed(state: StateSchema, relation: str, digests: str) -> str:
    """Of a query of digests, those of captures and columns that none is kept of."""
    return (
        f"SELECT * FROM ({digests}) AS d WHERE NOT EXISTS (SELECT 1 FROM {_table(state)} AS k WHERE "
        f"k.relation = {text_literal(relation)} AND k.captured_at = d.captured_at AND k.column_name = d.column_name)"
    )


def differing(state: StateSchema, relation: str, digests: str) -> str:
    """Of a query of digests, those that are not the kept ones, and with no change those that are gone.

    ``n_sealed`` is how many changes the capture had; 0 where it was never sealed.
    """
    latest = (
        "SELECT captured_at, column_name, n_changes, digest, "
        "row_number() OVER (PARTITION BY captured_at, column_name ORDER BY number DESC) AS age "
        f"FROM {_table(state)} WHERE relation = {text_literal(relation)}"
    )
    kept = f"SELECT * FROM ({latest}) AS latest WHERE age = 1 AND n_changes > 0"
    return (
        "SELECT coalesce(d.captured_at, k.captured_at) AS captured_at, "
        "coalesce(d.column_name, k.column_name) AS column_name, coalesce(d.n_changes, 0) AS n_changes, "
        "coalesce(d.digest, '') AS digest, coalesce(k.n_changes, 0) AS n_sealed\n"
        f"FROM ({digests}) AS d FULL JOIN ({kept}) AS k "
        "ON d.captured_at = k.captured_at AND d.column_name = k.column_name\n"
        "WHERE d.digest IS NULL OR k.digest IS NULL OR d.digest <> k.digest OR d.n_changes <> k.n_changes"
    )


def has_sealed(state: StateSchema, relation: str) -> bool:
    """Whether any capture of a relation is sealed."""
    return bool(state.rows(TABLE, "SELECT 1 FROM {table} WHERE relation = ? LIMIT 1", [relation]))


def sealed(state: StateSchema, relation: str, until: int | None = None) -> Sealed:
    """All that was sealed of a relation, or what was up to a number: that never changes, since rows are only added."""
    found = state.rows(TABLE, f"SELECT {_COLUMNS} FROM {{table}} WHERE relation = ?", [relation])
    rows = sorted([_written(value) for value in row] for row in found if until is None or row[0] <= until)
    whole = json.dumps(rows, ensure_ascii=False)
    return Sealed(max((int(row[0]) for row in rows), default=0), hashlib.sha256(whole.encode()).hexdigest())


def _written(value: Any) -> Any:
    return value.astimezone(dt.UTC).isoformat() if isinstance(value, dt.datetime) else value


def _table(state: StateSchema) -> str:
    return quoted(state.relation(TABLE), state.engine.dialect)
