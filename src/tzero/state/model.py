"""Table ``t0_model``: every model that was trained, appended, never changed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from tzero.state.appending import append_numbered
from tzero.state.schema import StateSchema

TABLE = "t0_model"
_COLUMNS = "model_id, relations, certificate_ids, dataset_sha256, trained_at, card"


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """A model as it is kept. ``model_id`` is the sha256 of its file, ``card`` its card as canonical JSON.

    ``relations`` and ``certificate_ids`` name what it was trained on and what allowed that, in one order.
    """

    model_id: str
    relations: str
    certificate_ids: str
    dataset_sha256: str
    trained_at: dt.datetime
    card: str


def append(state: StateSchema, record: ModelRecord) -> None:
    """Add a row; inside the caller's transaction."""
    append_numbered(state, TABLE, record)


def find(state: StateSchema, model_id: str) -> ModelRecord | None:
    """The last record of a model."""
    found = state.rows(
        TABLE, f"SELECT {_COLUMNS} FROM {{table}} WHERE model_id = ? ORDER BY number DESC LIMIT 1", [model_id]
    )
    return ModelRecord(*found[0]) if found else None
