"""Take a baseline: what a subject holds now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from tzero.certify.baseline.accepted import Accepted
from tzero.certify.baseline.baseline import Baseline, DayDigest
from tzero.certify.baseline.digests import digest, probe
from tzero.certify.baseline.scan import Scan
from tzero.certify.baseline.seals import seals
from tzero.certify.subject import Anchors, Subject
from tzero.engines.base import Engine
from tzero.engines.catalog import ColumnInfo, Description
from tzero.errors import MissingRelationError, UnknownColumnError
from tzero.features.suggest import nearest
from tzero.sql.names import RelationName


def take(subject: Subject, before: Accepted | None = None) -> Baseline:
    """Digest the relation of a subject, per day of its T0 and per column, in one scan inside the database.

    With an accepted baseline ``before`` for less: days whose seals are unbroken are not digested again, their digests
    are as kept. Where most seals are broken, or what is kept is not what was accepted, every day is digested.

    Raises MissingRelationError where it or the relation of its anchors is gone.
    """
    scan = scan_of(subject.engine, subject.relation, subject.key, subject.anchors)
    return _taken_of(subject.engine, replace(scan, held=subject.held), before)


def take_at(
    engine: Engine, relation: RelationName, key: Sequence[str], anchors: Anchors, before: Accepted | None = None
) -> Baseline:
    """The same of a relation, of which no more is known than its key and where its T0 stands."""
    return _taken_of(engine, scan_of(engine, relation, key, anchors), before)


def _taken_of(engine: Engine, scan: Scan, before: Accepted | None) -> Baseline:
    kept = {} if before is None else {day.day: day for day in before.sealed([column.name for column in scan.columns])}
    if before is None or not kept or before.record.probe != probe(engine):
        return _taken(engine, scan, None, ())
    now = seals(engine, scan)
    unbroken = [kept[day] for day in now if day in kept and kept[day].seal == now[day]]
    if len(unbroken) * 2 < len(now):
        return _taken(engine, scan, None, ())
    return _taken(engine, scan, now.keys() - {day.day for day in unbroken}, unbroken)


def _taken(engine: Engine, scan: Scan, days: Collection[str] | None, unbroken: Sequence[DayDigest]) -> Baseline:
    digested = () if days is not None and not days else digest(engine, scan, days)
    found = sorted((*digested, *unbroken), key=lambda day: day.day)
    names = tuple(column.name for column in scan.columns)
    return Baseline(str(scan.relation), names, tuple(found), probe(engine), len(unbroken))


def scan_of(engine: Engine, relation: RelationName, key: Sequence[str], anchors: Anchors) -> Scan:
    """What there is to scan of a relation. Raises MissingRelationError, UnknownColumnError."""
    described = described_or_gone(engine, relation)
    dated = described if anchors.relation == relation else described_or_gone(engine, anchors.relation)
    time = column_of(dated, anchors.day or anchors.time)
    for name in key:
        column_of(described, name)
    return Scan(relation, described.columns, tuple(key), anchors.relation, anchors.key, time, anchors.zone)


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
