"""Take a baseline: what a subject holds now."""

from __future__ import annotations

from tzero.certify.baseline.baseline import Baseline
from tzero.certify.baseline.digests import Scan, digest, probe
from tzero.certify.subject import Subject
from tzero.engines.base import Engine
from tzero.engines.catalog import ColumnInfo, Description
from tzero.errors import MissingRelationError, UnknownColumnError
from tzero.features.suggest import nearest
from tzero.sql.names import RelationName


def take(subject: Subject) -> Baseline:
    """Digest the relation of a subject, per day of its T0 and per column, in one scan inside the database.

    Raises MissingRelationError where it or the relation of its anchors is gone.
    """
    engine, anchors = subject.engine, subject.anchors
    described = described_or_gone(engine, subject.relation)
    dated = described if anchors.relation == subject.relation else described_or_gone(engine, anchors.relation)
    time = column_of(dated, anchors.day or anchors.time)
    for name in subject.key:
        column_of(described, name)
    scan = Scan(subject.relation, described.columns, subject.key, anchors.relation, anchors.key, time, anchors.zone)
    names = tuple(column.name for column in described.columns)
    return Baseline(str(subject.relation), names, digest(engine, scan), probe(engine))


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
