"""PostgreSQL, 14 and newer, through psycopg 3."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from typing import Any

import psycopg
import pyarrow as pa
from psycopg.pq import ExecStatus, TransactionStatus

from tzero.engines import (
    postgres_catalog,
    postgres_copy,
    postgres_ddl,
    postgres_limit,
    postgres_lock,
    postgres_types,
    postgres_versions,
)
from tzero.engines.base import BATCH_ROWS, Query
from tzero.engines.catalog import ColumnInfo, Description, RelationKind, Statement, StoredRelation
from tzero.engines.postgres_catalog import KINDS
from tzero.engines.postgres_ddl import Dependent, Kept
from tzero.engines.postgres_errors import translated
from tzero.engines.postgres_options import Options, options_of
from tzero.engines.postgres_preflight import preflight
from tzero.engines.postgres_session import Connection, connect, open_session, settings
from tzero.engines.postgres_text import numbered, written
from tzero.engines.postgres_waits import LockWatch
from tzero.engines.targets import Target
from tzero.errors import EngineError, MissingRelationError, TargetError
from tzero.sql.names import RelationName
from tzero.sql.render import Tree, reads_files, render, text_literal


def open_target(target: Target, read_only: bool) -> PostgresEngine:
    options = options_of(target)
    with translated(target.label):
        connection = open_session(target, options, read_only=read_only)
    return PostgresEngine(connection, target, read_only, options)


class PostgresEngine:
    """One connection. See `tzero.engines.base.Engine`."""

    dialect = "postgres"
    refreshes_by_key = True

    def __init__(self, connection: Connection, target: Target, read_only: bool, options: Options) -> None:
        self._connection = connection
        self._target = target
        self._options = options
        self._watch: LockWatch | None = None
        self.label = target.label
        self.read_only = read_only

    @property
    def waited(self) -> float | None:
        return self._watch.seconds if self._watch else None

    def close(self) -> None:
        self._connection.close()

    def render(self, tree: Tree) -> str:
        return self._rendered(tree, pretty=True)

    def execute(self, query: Query, parameters: Sequence[Any] = ()) -> None:
        self._run(query, parameters)

    def rows(self, query: Query, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with translated(self.label):
            return list(self._run(query, parameters).fetchall())

    def arrow(self, query: Query, batch_rows: int = BATCH_ROWS) -> pa.RecordBatchReader:
        sql = self._text(query)
        columns = self._described(sql)
        schema, batches = postgres_types.schema_of(columns), self._sent(sql, columns, batch_rows)
        # the first batch now, so that a query that fails fails here
        return pa.RecordBatchReader.from_batches(schema, _chained(next(batches, None), batches))

    def limited(self, seconds: float) -> AbstractContextManager[None]:
        return postgres_limit.limited(self.rows, seconds)

    def roomy(self) -> AbstractContextManager[None]:
        return postgres_limit.roomy(self.rows, self._options.work_mem)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._run("BEGIN")
        try:
            yield
            self._run("COMMIT")
        except BaseException:
            self._roll_back()
            raise

    @contextmanager
    def exclusive(self, purpose: str) -> Iterator[None]:
        before = self.rows("SELECT pg_catalog.current_setting('application_name')")[0][0]
        postgres_lock.take(self.rows, self.label, self._options.busy_seconds)
        try:
            self._name_session(purpose)
            with self._watching():
                yield
        finally:
            with suppress(EngineError):
                self._name_session(before)
                postgres_lock.free(self.rows)

    def script_frame(self) -> tuple[tuple[Statement, ...], tuple[Statement, ...]]:
        return postgres_ddl.session(settings(self._options)), (postgres_lock.freed_by_script(),)

    def refusal(self, query: str, message: str) -> Statement:
        return postgres_ddl.refusal(query, message)

    def version_of(self, name: RelationName, besides: Collection[RelationName]) -> str | None:
        return postgres_versions.version_of(name, besides, self.rows)

    def relations(self) -> Mapping[RelationName, RelationKind]:
        found = self.rows(postgres_catalog.RELATIONS)
        return {RelationName(schema, name): KINDS[kind] for schema, name, kind in found}

    def kind(self, name: RelationName) -> RelationKind | None:
        found = self.rows(postgres_catalog.KIND, [name.schema, name.name])
        return KINDS[found[0][0]] if found else None

    def describe(self, name: RelationName) -> Description | None:
        kind = self.kind(name)
        if kind is None:
            return None
        columns = self.rows(postgres_catalog.COLUMNS, [name.schema, name.name])
        return Description(name, kind, tuple(ColumnInfo(*column) for column in columns))

    def describe_query(self, query: Tree) -> tuple[ColumnInfo, ...]:
        return self._described(self._text(query))

    def load(self, name: RelationName, batches: pa.RecordBatchReader, *, append: bool = False) -> int:
        if self._in_transaction:
            return self._load(name, batches, append)
        with self.transaction():
            return self._load(name, batches, append)

    def schema_statements(self, schema: str) -> tuple[Statement, ...]:
        return postgres_ddl.schema_statements(schema)

    def view_statements(
        self, name: RelationName, sql: str, rebuilt: Collection[RelationName] = ()
    ) -> tuple[Statement, ...]:
        if self.kind(name) is None:
            return postgres_ddl.create_view(name, sql)
        return postgres_ddl.replace_view(name, sql, self._kept(name, None, rebuilt))

    def stored_statements(
        self, relation: StoredRelation, rebuilt: Collection[RelationName] = ()
    ) -> tuple[Statement, ...]:
        if self.kind(relation.name) is None:
            return postgres_ddl.create_stored(relation, self._options.work_mem)
        kept = self._kept(relation.name, postgres_ddl.index_name(relation), rebuilt)
        return postgres_ddl.replace_stored(relation, kept, self._options.work_mem)

    def cleanup_statements(self, name: RelationName) -> tuple[Statement, ...]:
        kind = self.kind(name)
        return () if kind is None else (postgres_ddl.drop_aside(name, kind),)

    def appended_statements(
        self,
        relation: StoredRelation,
        columns: Sequence[ColumnInfo],  # noqa: ARG002  the query gives them with their collations
    ) -> tuple[Statement, ...]:
        return postgres_ddl.create_appended(relation)

    def append_statements(self, relation: StoredRelation, columns: Sequence[str]) -> tuple[Statement, ...]:
        return postgres_ddl.append_rows(relation, columns)

    def refresh_statements(self, relation: StoredRelation) -> tuple[Statement, ...]:
        found = preflight(relation, postgres_ddl.index_name(relation), self.rows)
        return postgres_ddl.refresh_stored(relation, found, self._options.work_mem)

    def _kept(self, name: RelationName, index: str | None, rebuilt: Collection[RelationName]) -> Kept:
        place = [name.schema, name.name]
        comment = self.rows(postgres_catalog.COMMENT, place)
        return Kept(
            [(privilege, role, again) for privilege, role, again in self.rows(postgres_catalog.GRANTS, place)],
            comment[0][0] if comment else None,
            [(found, text) for found, text in self.rows(postgres_catalog.INDEXES, [*place, index])] if index else (),
            self._dependents(name, rebuilt),
        )

    def _dependents(self, name: RelationName, rebuilt: Collection[RelationName]) -> list[Dependent]:
        """The views of others that read a relation. Raises TargetError where one of them stores what it read."""
        found = self.rows(postgres_catalog.DEPENDENTS, [name.schema, name.name])
        others = [(RelationName(schema, view), *rest) for schema, view, *rest in found]
        others = [other for other in others if other[0] not in rebuilt]
        stored = ", ".join(str(view) for view, kind, *_ in others if kind == "m")
        if stored:
            raise TargetError(
                f"{name} is read by {stored}, which tzero did not create and cannot point at its replacement",
                fix=f"drop {stored} yourself, apply, and create it again",
            )
        return [Dependent(view, options, query) for view, _, options, query in others]

    @property
    def _in_transaction(self) -> bool:
        return self._connection.info.transaction_status is not TransactionStatus.IDLE

    def _run(self, query: Query, parameters: Sequence[Any] = ()) -> psycopg.Cursor[Any]:
        sql = self._text(query)
        with translated(self.label, self._blockers):
            if not parameters:
                return self._connection.execute(sql.encode())
            return self._connection.execute(numbered(sql).encode(), list(parameters))

    def _text(self, query: Query) -> str:
        return query if isinstance(query, str) else self._rendered(query, pretty=False)

    def _rendered(self, tree: Tree, *, pretty: bool) -> str:
        if reads_files(tree):
            raise MissingRelationError(
                f"{self.label} cannot read data files", fix="load the file into a table: tzero load FILE SCHEMA.TABLE"
            )
        return render(tree, self.dialect, pretty=pretty)

    def _roll_back(self) -> None:
        # the connection may be gone already: then the server has rolled back
        with suppress(psycopg.Error):
            self._connection.execute("ROLLBACK")

    def _described(self, sql: str) -> tuple[ColumnInfo, ...]:
        """The columns of a query, from the server's parse of it; nothing is planned or run."""
        with translated(self.label):
            wire = self._connection.pgconn
            for result in (wire.prepare(b"", sql.encode()), None):
                found = result or wire.describe_prepared(b"")
                if found.status != ExecStatus.COMMAND_OK:
                    raise psycopg.errors.error_from_result(found)
            every = range(found.nfields)
            kinds = [[found.ftype(at) for at in every], [found.fmod(at) for at in every]]
            names = [(found.fname(at) or b"").decode() for at in every]
            types = self.rows(postgres_catalog.TYPE_NAMES, kinds)
            return tuple(ColumnInfo(name, kind) for name, (kind,) in zip(names, types, strict=True))

    def _sent(self, sql: str, columns: Sequence[ColumnInfo], batch_rows: int) -> Iterator[pa.RecordBatch]:
        schema, sent = postgres_types.schema_of(columns), postgres_types.sent_types(columns)
        query = postgres_types.sending(sql, columns)
        with translated(self.label):
            yield from postgres_copy.read(self._connection, query, schema, sent, batch_rows)

    def _load(self, name: RelationName, batches: pa.RecordBatchReader, append: bool) -> int:
        columns = [(written(field.name), postgres_types.column_type(field)) for field in batches.schema]
        if not append:
            self._run(f"CREATE TABLE {written(name)} ({', '.join(f'{column} {kind}' for column, kind in columns)})")
        target = f"{written(name)} ({', '.join(column for column, _ in columns)})"
        schema = self._taken_as(name, batches.schema)
        with translated(self.label):
            if schema is None:
                return postgres_copy.write_as_text(self._connection, target, batches)
            return postgres_copy.write(self._connection, target, (batch.cast(schema) for batch in batches))

    def _taken_as(self, name: RelationName, schema: pa.Schema) -> pa.Schema | None:
        """The types in which a table takes its columns; None where it has another one, whose bytes would be misread."""
        there = dict(self.rows(postgres_catalog.COLUMNS, [name.schema, name.name]))
        taken = [postgres_types.taken_as(field, there.get(field.name, "")) for field in schema]
        if any(kind is None for kind in taken):
            return None
        return pa.schema([pa.field(field.name, kind) for field, kind in zip(schema, taken, strict=True)])

    @contextmanager
    def _watching(self) -> Iterator[None]:
        # where no second session can be had, nobody knows how long this one waits: no reason not to run
        with suppress(psycopg.Error):
            self._watch = LockWatch(partial(connect, self._target), self._connection.info.backend_pid)
        try:
            yield
        finally:
            if self._watch:
                self._watch.stop()
            self._watch = None

    def _blockers(self) -> str:
        return self._watch.blockers if self._watch else ""

    def _name_session(self, purpose: str) -> None:
        self.rows(f"SELECT pg_catalog.set_config('application_name', {text_literal(purpose)}, false)")


def _chained(first: pa.RecordBatch | None, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    if first is not None:
        yield first
        yield from rest
