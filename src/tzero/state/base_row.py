"""Tables ``t0_base`` and ``t0_base_row``: fingerprints of the rows that a certified relation is made from.

They tell, when a digest has changed, which rows appeared, vanished, moved to another day or were edited. A row is
written again where it differs from what was last written of it; one that is gone, without a hash.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from tzero.sql.render import quoted
from tzero.state.schema import StateSchema

BASE, TABLE = "t0_base", "t0_base_row"


@dataclass(frozen=True, slots=True)
class Series:
    """The fingerprints of one source of one relation; ``hashed`` says of what their hashes are, and how."""

    series: int
    relation: str
    source: str
    hashed: tuple[str, ...]


def find(state: StateSchema, relation: str, source: str, hashed: Sequence[str]) -> Series | None:
    """The series of a source, where its hashes are of just that."""
    rows = state.rows(
        BASE,
        "SELECT series, columns FROM {table} WHERE relation = ? AND source = ? ORDER BY series DESC LIMIT 1",
        [relation, source],
    )
    if not rows or json.loads(rows[0][1]) != list(hashed):
        return None
    return Series(int(rows[0][0]), relation, source, tuple(hashed))


def begin(state: StateSchema, relation: str, source: str, hashed: Sequence[str]) -> Series:
    number = state.next_number(BASE, "series")
    state.write(
        BASE,
        "INSERT INTO {table} (series, relation, source, columns) VALUES (?, ?, ?, ?)",
        [number, relation, source, json.dumps(list(hashed))],
    )
    return Series(number, relation, source, tuple(hashed))


def differing(state: StateSchema, series: Series, now: str) -> str:
    """A query of the rows in which ``now`` differs from what was last written.

    ``now`` is a query of ``row_key``, ``day``, ``row_hash``. Of each row that differs: its key, how, the day before and
    now, the hash now.
    """
    table = quoted(state.relation(TABLE), state.engine.dialect)
    numbered = (
        "SELECT row_key, day, row_hash, row_number() OVER (PARTITION BY row_key ORDER BY number DESC) AS age "
        f"FROM {table} WHERE series = {series.series}"
    )
    known = f"SELECT row_key, day, row_hash FROM ({numbered}) AS numbered WHERE age = 1 AND row_hash IS NOT NULL"
    return (
        "SELECT coalesce(n.row_key, k.row_key) AS row_key, CASE WHEN k.row_key IS NULL THEN 'appeared' "
        "WHEN n.row_key IS NULL THEN 'vanished' WHEN n.day IS DISTINCT FROM k.day THEN 'moved' ELSE 'edited' END "
        "AS how, k.day AS day_before, n.day AS day_now, n.row_hash AS row_hash "
        f"FROM ({now}) AS n FULL JOIN ({known}) AS k ON n.row_key = k.row_key "
        "WHERE n.row_key IS NULL OR k.row_key IS NULL OR n.day IS DISTINCT FROM k.day OR n.row_hash <> k.row_hash"
    )


def append_first(state: StateSchema, series: Series, number: int, now: str) -> None:
    """Write every row of a series that has none yet, inside the database."""
    state.write(
        TABLE,
        f"INSERT INTO {{table}} (series, number, row_key, day, row_hash) SELECT {series.series}, {number}, row_key, "
        f"day, row_hash FROM ({now}) AS n",
    )


def append(state: StateSchema, series: Series, number: int, now: str) -> None:
    """Write the rows that differ, inside the database."""
    state.write(
        TABLE,
        f"INSERT INTO {{table}} (series, number, row_key, day, row_hash) SELECT {series.series}, {number}, row_key, "
        f"day_now, row_hash FROM ({differing(state, series, now)}) AS differing",
    )
