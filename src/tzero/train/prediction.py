"""Score rows with a model, under the very contract that it was trained on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from tzero.certify.guard import require_certified
from tzero.errors import ContractError
from tzero.sql.names import RelationName
from tzero.state import feature_contract
from tzero.state.schema import StateSchema
from tzero.train.admission import Admitted
from tzero.train.canonical import Doubles, moments, singles
from tzero.train.dataset import training_query
from tzero.train.experiment import Block, OutcomeKind
from tzero.train.metrics.likelihood import chance, probability_within
from tzero.train.model import Model, margins, restored
from tzero.train.splits import moment_of


def admit_model(
    state: StateSchema, card: Mapping[str, Any], max_age: dt.timedelta | None = None
) -> tuple[Admitted, ...]:
    """The blocks of a card, each certified now and under the contract that the model was trained on.

    Raises UncertifiedError, or ContractError with both hashes.
    """
    return tuple(_admitted(state, block, max_age) for block in card["blocks"])


def predict(
    state: StateSchema,
    content: bytes,
    card: Mapping[str, Any],
    *,
    since: dt.datetime | None = None,
    max_age: dt.timedelta | None = None,
    threads: int = 0,
) -> pa.RecordBatchReader:
    """Key, T0 and predictions of every row with T0 at ``since`` or later, in the order of T0, as a stream.

    Of a time to event: ``days`` (the median) and ``p_within_N_days`` per horizon; of a class: ``p``; else ``value``.
    """
    admitted = admit_model(state, card, max_age)
    kind = OutcomeKind(card["model"]["outcome"])
    model = restored(content, kind, float(card["model"]["scale"]), int(card["model"]["rounds"]), threads)
    query = training_query(state.engine, admitted, None)
    names = [column.name for column in query.columns]
    if names != list(model.booster.feature_names or []):
        raise ContractError("the features of the card are not those of the model", fix="train again")
    horizons = tuple(float(day) for day in card["outcome"]["days"])
    rows = state.engine.arrow(query.tree)
    schema = _schema(rows.schema, query.key, kind, horizons)
    first = None if since is None else moment_of(since)

    def scored() -> Iterator[pa.RecordBatch]:
        for batch in rows:
            t0 = moments(batch.column(len(query.key)))
            if first is not None:
                chosen = t0 >= first
                batch, t0 = batch.filter(pa.array(chosen)), t0[chosen]
            if not len(batch):
                continue
            features = [
                singles(array, name, t0) for name, array in zip(names, batch.columns[len(query.key) + 1 :], strict=True)
            ]
            margin = margins(model, np.column_stack(features), np.arange(len(batch)))
            columns = [*batch.columns[: len(query.key) + 1], *map(pa.array, _predictions(model, margin, horizons))]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, scored())


def _admitted(state: StateSchema, block: Mapping[str, Any], max_age: dt.timedelta | None) -> Admitted:
    relation = RelationName.parse(block["relation"])
    name = str(block["feature_set"])
    kept = feature_contract.read(state, name)
    if kept is None:
        raise ContractError(f"no contract {name!r} is kept", fix="predict on the store that the model was trained on")
    if kept.features_hash != block["features_hash"]:
        promised = {column.name for column in kept.columns}
        gone = [feature for feature in block["features"] if feature not in promised]
        raise ContractError(
            f"the contract {name!r} is not the one that the model was trained on: {kept.features_hash[:16]} now, "
            f"{block['features_hash'][:16]} then" + (f"; without {', '.join(gone[:5])}" if gone else ""),
            fix="train again under the new contract",
        )
    certificate = require_certified(state, relation, max_age=max_age, contract=name)
    return Admitted(Block(block["block"], relation, name), kept, certificate, tuple(block["features"]))


def _schema(read: pa.Schema, key: tuple[str, ...], kind: OutcomeKind, horizons: tuple[float, ...]) -> pa.Schema:
    fields = [pa.field(name, read.field(at).type) for at, name in enumerate(key)]
    fields.append(pa.field("t0", read.field(len(key)).type))
    return pa.schema([*fields, *(pa.field(name, pa.float64()) for name in _names(kind, horizons))])


def _names(kind: OutcomeKind, horizons: tuple[float, ...]) -> list[str]:
    if kind is OutcomeKind.TIME:
        return ["days", *(f"p_within_{days:g}_days" for days in horizons)]
    return ["value"] if kind is OutcomeKind.VALUE else ["p"]


def _predictions(model: Model, margin: Doubles, horizons: tuple[float, ...]) -> list[Doubles]:
    if model.kind is OutcomeKind.TIME:
        return [np.exp(margin), *(probability_within(margin, model.scale, days) for days in horizons)]
    return [margin] if model.kind is OutcomeKind.VALUE else [chance(margin)]
