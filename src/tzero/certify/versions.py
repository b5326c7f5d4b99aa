"""Kept versions of sources: since when, what is assumed of them, and what a refresh would still append."""

from __future__ import annotations

from collections.abc import Iterator

from tzero.certify.gate import Finding
from tzero.certify.subject import Subject
from tzero.compile import VersionQueries
from tzero.features.versions import ADDED, CAPTURED, KNOWN, versions_of
from tzero.features.views import FeatureView
from tzero.sql.render import quoted


def kept_since(subject: Subject, view: FeatureView) -> Iterator[str]:
    """Since when versions are kept, and what a certificate assumes of the time before."""
    engine = subject.engine
    for versions in versions_of([view], subject.state.name):
        if engine.kind(versions.changes) is None:
            continue  # the gate of objects says so
        captured, changes = quoted(CAPTURED, engine.dialect), quoted(versions.changes, engine.dialect)
        since = engine.rows(f"SELECT CAST(min({captured}) AS date), count(*) FROM {changes}")[0]
        first = versions.first_known
        known = f"taken as known at {first}, whatever it held before" if first else "known at its capture"
        yield f"{since[1]:,} changes of {versions.source} are kept since {since[0]}; a row's first version is {known}"


def uncaptured(subject: Subject, view: FeatureView) -> Iterator[Finding]:
    """A finding for each source that was edited after its last capture."""
    engine = subject.engine
    for versions in versions_of([view], subject.state.name):
        described, source = engine.describe(versions.changes), engine.describe(versions.source.relation)
        if described is None or source is None:
            continue  # the gate of objects says so
        there = {column.name for column in source.columns} - set(ADDED)
        columns = tuple(column.name for column in described.columns if column.name in there)
        queries = VersionQueries(versions, columns, described.schema[KNOWN], engine.dialect)
        number = int(engine.rows(f"SELECT count(*) FROM ({engine.render(queries.capture())}) AS pending")[0][0])
        if number:
            yield Finding(
                "C3.uncaptured",
                f"{number:,} changes of {versions.source} are not among its versions yet",
                str(versions.changes),
                fix="run tzero refresh",
            )
