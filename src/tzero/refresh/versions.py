"""The relations that keep the versions of sources, among those that tzero owns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tzero.certify.baseline.captures import seal_capture, seal_found
from tzero.compile import VersionQueries, compile_view
from tzero.engines import append_only
from tzero.engines.base import Engine
from tzero.engines.catalog import ColumnInfo, RelationKind, Statement, StoredRelation, schema_of
from tzero.errors import DeclarationError, TargetError
from tzero.features.types import ColumnType
from tzero.features.versions import ADDED, CHANGE, VERSION, Versions
from tzero.refresh.declared import Declared, sources_of
from tzero.refresh.prospect import Prospect
from tzero.refresh.relations import FIRST, VERSIONS, OwnRelation
from tzero.refresh.steps import Change
from tzero.sql.names import RelationName
from tzero.sql.render import quoted, render
from tzero.sql.select import select_columns
from tzero.state import capture
from tzero.state.definition import Definition
from tzero.state.schema import StateSchema

_LOCK = "the table of changes: whoever reads it waits until the end of the transaction"


@dataclass(frozen=True, slots=True)
class KeptVersions(OwnRelation):
    """The changes of one source: created once, appended to at every refresh, never replaced.

    ``missing`` are columns that are read now and were not when it was created, ``columns`` all that it has then.
    """

    queries: VersionQueries
    missing: tuple[ColumnInfo, ...]
    columns: tuple[ColumnInfo, ...]

    @property
    def renewed_by(self) -> Change:
        return Change.CAPTURE

    def is_kind(self, kind: RelationKind) -> bool:
        return kind is RelationKind.TABLE

    def creation(self, engine: Engine, rebuilt: object) -> tuple[Statement, ...]:  # noqa: ARG002  it is never rebuilt
        if engine.kind(self.name) is None:
            made = engine.appended_statements(self._stored(), self.columns)
            made = (*made, *self._filled(engine), *self._refusing(engine))
        else:
            made = (*self._extension(engine), *self._refusing(engine), self._sealed(engine))
        return (*made, *self.renewal(engine))

    def renewal(self, engine: Engine) -> tuple[Statement, ...]:
        captured = StoredRelation(self.name, engine.render(self.queries.capture()), self.key)
        appended = engine.append_statements(captured, self.queries.every_column)
        return *appended, seal_capture(self._state(engine), self.queries.versions, self.columns)

    def difference(self, engine: Engine, recorded: Definition) -> tuple[Change, str] | None:
        """What is to be done to the table that is there; TargetError where it cannot go on with it."""
        if _by(recorded.text) != _by(self.definition.text):
            raise TargetError(
                f"{self.name} keeps versions {_by(recorded.text)}, and they would be kept {_by(self.definition.text)}",
                place=self.place,
                fix="rename it yourself to keep it aside: the history then begins anew",
            )
        if engine.describe(self.name) is None:
            return None
        if self.missing:
            return Change.EXTEND, f"{', '.join(column.name for column in self.missing)} is read now"
        if not capture.has_sealed(self._state(engine), str(self.name)):
            return Change.EXTEND, "nothing says what its captures held: they are taken as they are"
        if not append_only.refuses(engine, self.name):
            return Change.EXTEND, "nothing refuses to change its rows"
        return None

    def _filled(self, engine: Engine) -> Iterator[Statement]:
        name = quoted(self.name, engine.dialect)
        for column in (*self.key, *self.queries.versions.never_null):
            yield Statement(f"ALTER TABLE {name} ALTER COLUMN {quoted(column, engine.dialect)} SET NOT NULL")

    def _refusing(self, engine: Engine) -> Iterator[Statement]:
        """From now on nobody changes a row of the changes, nor of what seals them."""
        yield from append_only.refusing(engine, self.name)
        yield from append_only.refusing(engine, self._state(engine).relation(capture.TABLE))

    def _sealed(self, engine: Engine) -> Statement:
        """Columns that are new, or all of them where none is sealed: what is sealed already stays so."""
        why = "columns that are read now" if self.missing else "captures of before they were sealed"
        return seal_found(self._state(engine), self.queries.versions, self.columns, why)

    def _state(self, engine: Engine) -> StateSchema:
        return StateSchema(engine, self.name.schema or "")

    def _extension(self, engine: Engine) -> Iterator[Statement]:
        """New columns, in every version as they are now: what they held before cannot be known."""
        if not self.missing:
            return
        name, source = quoted(self.name, engine.dialect), self.queries.versions.source
        names = [column.name for column in self.missing]
        for column in self.missing:
            yield Statement(f"ALTER TABLE {name} ADD COLUMN {quoted(column.name, engine.dialect)} {column.type}", _LOCK)
        now = engine.render(select_columns(source.relation, (*source.key, *names)))
        filled = ", ".join(f"{each} = b.{each}" for each in (quoted(name, engine.dialect) for name in names))
        keys = [quoted(each, engine.dialect) for each in source.key]
        same = " AND ".join(f"{name}.{each} = b.{each}" for each in keys)
        update = Statement(f"UPDATE {name} SET {filled}\nFROM ({now}) AS b\nWHERE {same}")
        yield from append_only.rewriting(engine, self.name, [update])


def kept_versions(declared: Declared, engine: Engine, own: Mapping[RelationName, OwnRelation]) -> Iterator[OwnRelation]:
    """For each source that keeps its versions: the changes, then the first versions where rows get features.

    ``own`` are relations beneath.
    """
    future = Prospect(engine)
    for name, beneath in own.items():
        future.give(name, beneath.tree)
    read = _columns_read(declared, engine, future)
    rows = {view.rows.source.relation for view in declared.views}
    for versions in declared.versions:
        changes = _changes(versions, engine, future, read.get(versions.source.relation, frozenset()))
        yield changes
        if versions.first in rows:
            yield _first(changes)


def _changes(versions: Versions, engine: Engine, future: Prospect, read: frozenset[str]) -> KeptVersions:
    source = versions.source
    there = engine.describe(versions.changes)
    known = {column.name for column in there.columns} if there else set()
    kept = [c for c in future.columns(source.relation, source.place) if c.name in read or c.name in known]
    queries = VersionQueries(versions, tuple(c.name for c in kept), _clock(versions, future), engine.dialect)
    missing = tuple(column for column in kept if there and column.name not in known)
    shape = queries.shape()
    manner = f"-- by ({', '.join(source.key)}), first known as {source.history.value if source.history else ''}"
    text = f"{manner}\n{render(shape, engine.dialect, pretty=True)}"
    return KeptVersions(
        versions.changes,
        VERSIONS,
        shape,
        Definition(str(versions.changes), VERSIONS, text, engine.render(shape)),
        (*source.key, VERSION, CHANGE),
        None,
        True,
        (source.relation,),
        source.place,
        queries,
        missing,
        (*there.columns, *missing) if there else future.of_query(shape),
    )


def _first(changes: KeptVersions) -> OwnRelation:
    versions, query = changes.queries.versions, changes.queries.first()
    text = render(query, changes.queries.engine, pretty=True)
    definition = Definition(str(versions.first), FIRST, text, text)
    key = versions.source.key
    return OwnRelation(versions.first, FIRST, query, definition, key, None, False, (changes.name,), changes.place)


def _columns_read(declared: Declared, engine: Engine, future: Prospect) -> dict[RelationName, frozenset[str]]:
    """Which columns of their sources the views read: compiled once over versions of all columns."""
    by_name = {name: each for each in declared.versions for name in (each.changes, each.first)}
    found: dict[RelationName, frozenset[str]] = {}
    given: set[RelationName] = set()
    for view in declared.views:
        sources = sources_of(view)
        for versions in (by_name[s.relation] for s in sources if s.relation in by_name):
            if versions.changes not in given:
                given.add(versions.changes)
                _give_whole(versions, engine, future)
        deployment = compile_view(view, future.catalog(sources), engine.dialect)
        for name, names in deployment.reads.items():
            found[name] = found.get(name, frozenset()) | names
        for made in deployment.relations:
            future.give(made.name, made.query)
    return found


def _give_whole(versions: Versions, engine: Engine, future: Prospect) -> None:
    source = versions.source
    every = tuple(column.name for column in future.columns(source.relation, source.place))
    taken = [name for name in every if name in ADDED]
    if taken:
        raise DeclarationError(
            f"{source} has a column {taken[0]!r}, which kept versions have too",
            place=source.place,
            fix="rename it upstream",
        )
    queries = VersionQueries(versions, every, _clock(versions, future), engine.dialect)
    future.give(versions.changes, queries.shape())
    future.give(versions.first, queries.first())


def _clock(versions: Versions, future: Prospect) -> ColumnType:
    """The type of the times at which versions are known. Raises DeclarationError where it is no time."""
    relation, column = versions.clock
    found = schema_of(future.columns(relation, versions.source.place)).get(column)
    if found is None or not found.is_time:
        what = "has no" if found is None else f"is {found}, no time, in its"
        raise DeclarationError(
            f"{relation} {what} column {column!r}",
            place=versions.source.place,
            fix="a time is a date, a timestamp, or a timestamp with time zone",
        )
    return found


def _by(text: str) -> str:
    """How versions are kept, as the first line of their definition says."""
    return text.partition("\n")[0].removeprefix("-- ")
