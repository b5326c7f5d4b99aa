"""Table ``feature_set``: one row per contract name."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from tzero.state.contract import Contract
from tzero.state.schema import StateSchema

TABLE = "feature_set"
_COLUMNS = "set_id, name, relation, features_hash, n_features"


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """``n_features`` counts every column of the contract, keys and T0 included."""

    set_id: int
    name: str
    relation: str
    features_hash: str
    n_features: int


def find(state: StateSchema, name: str) -> FeatureSet | None:
    found = state.rows(TABLE, f"SELECT {_COLUMNS} FROM {{table}} WHERE name = ?", [name])
    return FeatureSet(*found[0]) if found else None


def every(state: StateSchema) -> tuple[FeatureSet, ...]:
    return tuple(FeatureSet(*row) for row in state.rows(TABLE, f"SELECT {_COLUMNS} FROM {{table}} ORDER BY name"))


def write(state: StateSchema, contract: Contract) -> int:
    """Add or change the row of a contract; returns its ``set_id``, which stays for ever."""
    now = dt.datetime.now(dt.UTC)
    known = find(state, contract.name)
    if known is not None:
        state.write(
            TABLE,
            "UPDATE {table} SET relation = ?, features_hash = ?, n_features = ?, changed_at = ? WHERE set_id = ?",
            [contract.relation, contract.features_hash, len(contract.columns), now, known.set_id],
        )
        return known.set_id
    number = state.next_number(TABLE, "set_id")
    state.write(
        TABLE,
        f"INSERT INTO {{table}} ({_COLUMNS}, created_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [number, contract.name, contract.relation, contract.features_hash, len(contract.columns), now, now],
    )
    return number
