"""Table ``t0_certificate``: every certificate that was made, good or bad, appended, never changed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from tzero.state.appending import append_numbered
from tzero.state.schema import StateSchema

TABLE = "t0_certificate"
_COLUMNS = "certificate_id, relation, verdict, certified_at, run_id, statement"


@dataclass(frozen=True, slots=True)
class CertificateRecord:
    """A certificate as it is kept. ``statement`` is its canonical JSON, ``certificate_id`` the sha256 of that.

    The other columns repeat what the statement says, so that a query can find it; a guard believes the statement.
    """

    certificate_id: str
    relation: str
    verdict: str
    certified_at: dt.datetime
    run_id: int
    statement: str


def append(state: StateSchema, record: CertificateRecord) -> None:
    append_numbered(state, TABLE, record)


def latest(state: StateSchema, relation: str) -> CertificateRecord | None:
    """The last certificate of a relation, good or bad."""
    found = state.rows(
        TABLE, f"SELECT {_COLUMNS} FROM {{table}} WHERE relation = ? ORDER BY number DESC LIMIT 1", [relation]
    )
    return CertificateRecord(*found[0]) if found else None


def latest_with(state: StateSchema, relation: str, verdict: str) -> CertificateRecord | None:
    """The last certificate of a relation that says this."""
    found = state.rows(
        TABLE,
        f"SELECT {_COLUMNS} FROM {{table}} WHERE relation = ? AND verdict = ? ORDER BY number DESC LIMIT 1",
        [relation, verdict],
    )
    return CertificateRecord(*found[0]) if found else None


def history(state: StateSchema, relation: str) -> tuple[CertificateRecord, ...]:
    """Every certificate of a relation, oldest first."""
    found = state.rows(TABLE, f"SELECT {_COLUMNS} FROM {{table}} WHERE relation = ? ORDER BY number", [relation])
    return tuple(CertificateRecord(*row) for row in found)


def find(state: StateSchema, certificate_id: str) -> CertificateRecord | None:
    found = state.rows(TABLE, f"SELECT {_COLUMNS} FROM {{table}} WHERE certificate_id = ?", [certificate_id])
    return CertificateRecord(*found[0]) if found else None
