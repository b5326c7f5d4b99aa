"""What a refresh would still append to the kept versions of sources: the store does not know of it yet."""

from __future__ import annotations

from collections.abc import Iterator

from tzero.certify.gate import Finding
from tzero.certify.subject import Subject
from tzero.compile import VersionQueries
from tzero.features.versions import ADDED, KNOWN, versions_of
from tzero.features.views import FeatureView


def uncaptured(subject: Subject, view: FeatureView) -> Iterator[Finding]:
    """A finding for each source that was edited after its last capture."""
    engine = subject.engine
    for versions in versions_of([view], subject.state.name):
        described = engine.describe(versions.changes)
        if described is None:
            continue  # the gate of objects says so
        columns = tuple(column.name for column in described.columns if column.name not in ADDED)
        queries = VersionQueries(versions, columns, described.schema[KNOWN], engine.dialect)
        number = int(engine.rows(f"SELECT count(*) FROM ({engine.render(queries.capture())}) AS pending")[0][0])
        if number:
            yield Finding(
                "C3.uncaptured",
                f"{number:,} changes of {versions.source} are not among its versions yet",
                str(versions.changes),
                fix="run tzero refresh",
            )
