"""Every relation that was made is there, and can be read."""

from __future__ import annotations

from collections.abc import Iterator

from tzero.doctor.finding import Finding, Level
from tzero.doctor.store import Store
from tzero.errors import EngineError
from tzero.sql.names import RelationName
from tzero.state import definition


def check(store: Store) -> Iterator[Finding]:
    recorded = definition.current(store.state)
    if not recorded:
        yield Finding("nothing has been built here yet", "run tzero apply", Level.NOTE)
    for text, known in recorded.items():
        name = RelationName.parse(text)
        if store.engine.kind(name) is None:
            yield Finding(f"{name} ({known.role}) is gone", "run tzero apply: it makes it again")
        elif not _works(store, name):
            yield Finding(f"{name} ({known.role}) no longer works", "look at tzero plan, then run tzero apply")


def _works(store: Store, name: RelationName) -> bool:
    try:
        return store.engine.describe(name) is not None
    except EngineError:
        return False
