"""What several gates read of a subject, computed once: its rows and those of its anchors, in temporary tables.

A view computes its rows for whoever reads it. Of one moment all of it is read several times: held once, it costs less,
and every gate sees the very same rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace

from tzero.certify.counting import rows_of
from tzero.certify.subject import Subject
from tzero.engines.catalog import RelationKind
from tzero.errors import EngineError, TzeroError
from tzero.sql.names import RelationName
from tzero.sql.render import quoted

MOST_CELLS = 200_000_000
"""Of more values than these the views are read as they are, each time anew: so many take one to two gigabytes."""
_NAMES = ("t0_held_rows", "t0_held_anchors")
_AT_ONCE = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    # what several processes compute is written by one, and a row costs little to hand over beside its columns
    "SET LOCAL parallel_tuple_cost = 0.01",
)
"""All of one moment, and with as many processes as a build takes."""


@contextmanager
def held(subject: Subject, most: int = MOST_CELLS) -> Iterator[Subject]:
    """The subject whose views are computed once, for as long as the block lasts.

    Where that cannot be (a role that may not write temporary tables, a view that does not run, too many values), the
    subject as it is: every gate reads the views then, and says what is wrong with them.
    """
    taken: Mapping[RelationName, RelationName] = {}
    with suppress(TzeroError):
        taken = _taken(subject, most)
    try:
        yield replace(subject, held=taken)
    finally:
        for place in taken.values():
            with suppress(EngineError):
                subject.engine.execute(f"DROP TABLE {quoted(place, subject.engine.dialect)}")


def _taken(subject: Subject, most: int) -> Mapping[RelationName, RelationName]:
    """Where the rows of each view are now, all of one moment."""
    engine = subject.engine
    views = dict.fromkeys((subject.relation, subject.anchors.relation))
    views = {name: None for name in views if engine.kind(name) is RelationKind.VIEW}
    places = {name: RelationName(None, place) for name, place in zip(views, _NAMES, strict=False)}
    if not places or _cells(subject, tuple(places)) > most:
        return {}
    with engine.transaction():
        if engine.dialect == "postgres":
            for setting in _AT_ONCE:
                engine.execute(setting)
        for name, place in places.items():
            new, old = quoted(place, engine.dialect), quoted(name, engine.dialect)
            engine.execute(f"CREATE TEMPORARY TABLE {new} AS SELECT * FROM {old}")
    if engine.dialect == "postgres":  # nothing else gathers statistics of a temporary table
        for place in places.values():
            engine.execute(f"ANALYZE {quoted(place, engine.dialect)}")
    return places


def _cells(subject: Subject, names: tuple[RelationName, ...]) -> int:
    """About how many values views have: each has a row for each own row."""
    described = [subject.engine.describe(name) for name in names]
    columns = sum(len(found.columns) for found in described if found is not None)
    own = (subject.declarations.query.own or "").lower()
    counted = next((name for name in subject.sources if str(name).lower() == own), subject.anchors.relation)
    return rows_of(subject.engine, subject.anchors.relation if counted.is_file else counted) * columns
