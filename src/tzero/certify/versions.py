"""Kept versions of sources: since when, what is assumed of them, and what a refresh would still append."""

from __future__ import annotations

from collections.abc import Iterator

from tzero.certify.gate import Finding
from tzero.certify.subject import Subject
from tzero.certify.wording import are, number_of
from tzero.compile import VersionQueries
from tzero.features.versions import ADDED, CAPTURED, CHANGE, KNOWN, VERSION, versions_of
from tzero.features.views import FeatureView
from tzero.sql.render import quoted


def kept_since(subject: Subject, view: FeatureView) -> Iterator[str]:
    """Since when versions are kept, and what a certificate assumes of the time before."""
    engine = subject.engine
    for versions in versions_of([view], subject.state.name):
        if engine.kind(versions.changes) is None:
            continue  # the gate of objects says so
        captured, change, version, changes = (
            quoted(name, engine.dialect) for name in (CAPTURED, CHANGE, VERSION, versions.changes)
        )
        since, captures, begun, ended, rows = engine.rows(
            f"SELECT CAST(min({captured}) AS date), count(DISTINCT {captured}), "
            f"sum(CASE WHEN {change} = 1 THEN 1 ELSE 0 END), sum(CASE WHEN {change} = -1 THEN 1 ELSE 0 END), "
            f"sum(CASE WHEN {version} = 1 AND {change} = 1 THEN 1 ELSE 0 END) FROM {changes}"
        )[0]
        if not captures:
            yield f"no row of {versions.source} was captured yet"
            continue
        gone = int(rows) - (int(begun) - int(ended))
        first = versions.first_known
        known = f"taken as known at {first}, whatever it held before" if first else "known at its capture"
        yield (
            f"{number_of(int(begun), 'version')} of {number_of(int(rows), 'row')} of {versions.source} "
            f"{are(int(begun))} kept since {since} (by {number_of(int(captures), 'capture')}), and {gone:,} of these "
            f"rows {are(gone)} gone; a row's first version is {known}"
        )


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
                f"{number_of(number, 'change')} of {versions.source} {are(number)} not among its versions yet",
                str(versions.changes),
                fix="run tzero refresh",
            )
