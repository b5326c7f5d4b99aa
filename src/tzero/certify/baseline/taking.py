"""Take a baseline: what a subject holds now."""

from __future__ import annotations

from collections.abc import Sequence

from tzero.certify.baseline.baseline import Baseline
from tzero.certify.baseline.digests import Scan, digest, probe
from tzero.certify.subject import Anchors, Subject
from tzero.engines.base import Engine
from tzero.engines.catalog import ColumnInfo, Description
from tzero.errors import MissingRelationError, UnknownColumnError
from tzero.features.suggest import nearest
from tzero.sql.names import RelationName


def take(subject: Subject) -> Baseline:
    """Digest the relation of a subject, per day of its T0 and per column, in one scan inside the database.

    Raises MissingRelationError where it or the relation of its anchors is gone.
    """
    return take_at(subject.engine, subject.relation, subject.key, subject.anchors)


def take_at(engine: Engine, relation: RelationName, key: Sequence[str], anchors: Anchors) -> Baseline:
    """The same of a relation, of which no more is known than its key and where its T0 stands."""
    described = described_or_gone(engine, relation)
    dated = described if anchors.relation == relation else described_or_gone(engine, anchors.relation)
    time = column_of(dated, anchors.day or anchors.time)
    for name in key:
        column_of(described, name)
    scan = Scan(relation, described.columns, tuple(key), anchors.relation, anchors.key, time, anchors.zone)
    names = tuple(column.name for column in described.columns)
    return Baseline(str(relation), names, digest(engine, scan), probe(engine))


def described_or_gone(engine: Engine, name: RelationName) -> Description:
    found = engine.describe(name)
    if found is None:
        raise MissingRelationError(f"{name} is not there", fix="run tzero apply")
    return found


def column_of(described: Description, name: str) -> ColumnInfo:
    for column in described.columns:
        if column.name == name:
            return column
    names = [column.name for column in described.columns]
    raise UnknownColumnError(f"{described.name} has no column {name!r}", fix=nearest(name, names))
