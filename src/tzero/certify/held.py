"""What several gates read of a subject, computed once: its rows and those of its anchors, in temporary tables.

A view computes its rows for whoever reads it. Of one moment all of it is read several times: held once, it costs less,
and every gate sees the very same rows. A subject that reads its anchors by name is computed over those that are held,
by the text of its definition: of one moment that gives the same rows, and the anchors are not computed twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace

from tzero.certify.counting import listed, rows_of
from tzero.certify.subject import Subject
from tzero.engines.base import Engine
from tzero.engines.catalog import ColumnInfo, RelationKind
from tzero.engines.definitions import view_definition
from tzero.engines.row_marks import hides_rows
from tzero.errors import EngineError, TzeroError
from tzero.falsify.closure import closure_of
from tzero.sql.elsewhere import reading_elsewhere
from tzero.sql.names import RelationName
from tzero.sql.parse import shared
from tzero.sql.render import quoted

MOST_CELLS = 200_000_000
"""Of more values than these the views are read as they are, each time anew: so many take one to two gigabytes."""
_ROWS, _ANCHORS = "t0_held_rows", "t0_held_anchors"
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
    taken = _tried(subject, most)
    try:
        yield replace(subject, held=taken)
    finally:
        for place in taken.values():
            with suppress(EngineError):
                subject.engine.execute(f"DROP TABLE {quoted(place, subject.engine.dialect)}")


def _tried(subject: Subject, most: int) -> Mapping[RelationName, RelationName]:
    """Where rows are held now; nowhere, where they cannot be."""
    with suppress(TzeroError):
        places = _places(subject, most)
        query = _over_held(subject, places)
        if query is not None:
            with suppress(TzeroError):
                return _taken(subject, places, {subject.relation: query})
        return _taken(subject, places, {})
    return {}


def _places(subject: Subject, most: int) -> Mapping[RelationName, RelationName]:
    """Where to hold the rows of each view: the anchors come first."""
    wanted = {subject.anchors.relation: _ANCHORS, subject.relation: _ROWS}
    views = {name: place for name, place in wanted.items() if subject.engine.kind(name) is RelationKind.VIEW}
    if not views or _cells(subject, tuple(views)) > most:
        return {}
    return {name: RelationName(None, place) for name, place in views.items()}


def _over_held(subject: Subject, places: Mapping[RelationName, RelationName]) -> str | None:
    """The subject's own query over the anchors that are held; None where it does not read them by name, or where a
    policy could show this session other rows than it shows to the owner of the view."""
    engine, anchors = subject.engine, subject.anchors.relation
    text = view_definition(engine, subject.relation) if len(places) > 1 else None
    if text is None or any(hides_rows(engine, base) for base in closure_of(engine, subject.relation, {}).bases):
        return None
    return reading_elsewhere(text, engine.dialect, anchors, places[anchors])


def _taken(
    subject: Subject, places: Mapping[RelationName, RelationName], queries: Mapping[RelationName, str]
) -> Mapping[RelationName, RelationName]:
    """Hold the rows of each view, all of one moment: those of a query, where there is one for it."""
    engine = subject.engine
    with engine.transaction():
        if engine.dialect == "postgres":
            for setting in _AT_ONCE:
                engine.execute(setting)
        for name, place in places.items():
            query = queries.get(name, f"SELECT * FROM {quoted(name, engine.dialect)}")
            engine.execute(f"CREATE TEMPORARY TABLE {quoted(place, engine.dialect)} AS {query}")
            if name in queries and _columns(engine, place) != _columns(engine, name):
                raise EngineError(f"the definition of {name} does not give its columns")
    if engine.dialect == "postgres":  # nothing else gathers statistics of a temporary table
        for name, place in places.items():
            known = "" if name == subject.anchors.relation else f" ({listed(engine, subject.key)})"
            engine.execute(f"ANALYZE {quoted(place, engine.dialect)}{known}")
    return places


def _columns(engine: Engine, name: RelationName) -> tuple[ColumnInfo, ...]:
    return engine.describe_query(shared(f"SELECT * FROM {quoted(name, engine.dialect)}", engine.dialect))


def _cells(subject: Subject, names: tuple[RelationName, ...]) -> int:
    """About how many values views have: each has a row for each own row."""
    described = [subject.engine.describe(name) for name in names]
    columns = sum(len(found.columns) for found in described if found is not None)
    own = (subject.declarations.query.own or "").lower()
    counted = next((name for name in subject.sources if str(name).lower() == own), subject.anchors.relation)
    return rows_of(subject.engine, subject.anchors.relation if counted.is_file else counted) * columns
