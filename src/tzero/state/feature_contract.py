"""Table ``feature_contract``: one row per column of a feature set, in order."""

from __future__ import annotations

from tzero.errors import StateError
from tzero.state import feature_set
from tzero.state.contract import ColumnRole, Contract, ContractColumn
from tzero.state.schema import StateSchema

TABLE = "feature_contract"
_COLUMNS = "feature_name, dtype, nullable, role"


def read(state: StateSchema, name: str) -> Contract | None:
    """The contract as it is kept. Raises StateError where its rows do not give its recorded hash."""
    known = feature_set.find(state, name)
    if known is None:
        return None
    rows = state.rows(TABLE, f"SELECT {_COLUMNS} FROM {{table}} WHERE set_id = ? ORDER BY ordinal", [known.set_id])
    columns = (ContractColumn(name, dtype, bool(nullable), ColumnRole(role)) for name, dtype, nullable, role in rows)
    contract = Contract(name, known.relation, tuple(columns))
    if contract.features_hash != known.features_hash:
        raise StateError(
            f"the rows of contract {name} were changed by hand: they do not give its features_hash",
            fix="restore them, or delete its row of feature_set and apply again",
        )
    return contract


def write(state: StateSchema, contract: Contract) -> None:
    """Keep a contract in place of the one of the same name, if any; inside the caller's transaction."""
    number = feature_set.write(state, contract)
    state.write(TABLE, "DELETE FROM {table} WHERE set_id = ?", [number])
    for ordinal, column in enumerate(contract.columns, 1):
        state.write(
            TABLE,
            f"INSERT INTO {{table}} (set_id, ordinal, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",
            [number, ordinal, column.name, column.dtype, column.nullable, column.role.value],
        )
