"""A looked-up value that became known after T0 was not there to decide with. Nobody said when these were."""

from __future__ import annotations

from collections.abc import Iterator

from tzero.doctor.finding import Finding, Level
from tzero.doctor.store import Store
from tzero.features.sources import Role


def check(store: Store) -> Iterator[Finding]:
    for source in dict.fromkeys(store.sources):
        if source.role is Role.ENTITY and source.known_at is None and not source.static:
            yield Finding(
                f"when the rows of {source} became known is not declared ({source.place}): they are used as they are",
                "declare Entity(..., known_at='COLUMN'), with sla= where it may come later than T0",
                Level.NOTE,
            )
