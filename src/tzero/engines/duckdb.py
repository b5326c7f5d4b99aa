"""DuckDB, embedded: a file or memory, one writing process at a time."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from tzero.engines import duckdb_ddl
from tzero.engines.base import BATCH_ROWS, Query
from tzero.engines.catalog import ColumnInfo, Description, RelationKind, Statement, StoredRelation
from tzero.engines.duckdb_errors import translated
from tzero.engines.duckdb_limit import TimeLimit
from tzero.engines.targets import Target
from tzero.errors import BusyError, ConfigError, TargetError
from tzero.features.suggest import nearest
from tzero.sql.names import RelationName
from tzero.sql.render import FileScan, Tree, quoted, render

OPTIONS = ("memory_limit", "temp_directory", "threads")
READERS = {
    ".parquet": "read_parquet",
    ".csv": "read_csv",
    ".gz": "read_csv",
    ".json": "read_json",
    ".ndjson": "read_json",
}
_KINDS = {"table": RelationKind.TABLE, "view": RelationKind.VIEW}
_RELATIONS = """
SELECT schema_name, table_name, 'table' FROM duckdb_tables()
WHERE database_name = current_database() AND NOT internal AND NOT temporary
UNION ALL
SELECT schema_name, view_name, 'view' FROM duckdb_views()
WHERE database_name = current_database() AND NOT internal AND NOT temporary
ORDER BY ALL
"""
_BATCHES = "tzero_batches"
_busy: dict[str, str] = {}
_busy_guard = threading.Lock()


def open_target(target: Target, read_only: bool) -> DuckDBEngine:
    """Open a file or memory; reading a file that is not there yet gives an empty database in memory."""
    unknown = [option for option in target.options if option not in OPTIONS]
    if unknown:
        raise ConfigError(f"a duckdb target has no option {unknown[0]!r}", fix=nearest(unknown[0], OPTIONS))
    path = target.path
    if path is not None and not path.parent.is_dir():
        raise TargetError(f"the folder of {target.label} is not there: {path.parent}", fix="create it")
    present = path is not None and path.exists()
    with translated(target.label):
        connection = _connect(path, read_only) if path is not None and (present or not read_only) else duckdb.connect()
        # a Python variable called like a missing relation must never stand in for it
        connection.execute("SET python_enable_replacements = false")
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")  # stdout is for data
        for option, value in target.options.items():
            connection.execute(f"SET {option} = '{value.replace(chr(39), chr(39) * 2)}'")
    return DuckDBEngine(connection, target, read_only and not target.in_memory)


def _connect(path: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    if not read_only:
        return duckdb.connect(str(path))
    try:
        return duckdb.connect(str(path), read_only=True)
    except duckdb.ConnectionException:
        return duckdb.connect(str(path))  # this process is writing to it: share its instance, see its last commit


def _reader(file: RelationName) -> str:
    return READERS[Path(file.name.lower()).suffix]


def _located(root: Path, path: str) -> str:
    return path if "://" in path else str(root / path)


class DuckDBEngine:
    """One connection. See `tzero.engines.base.Engine`."""

    dialect = "duckdb"
    refreshes_by_key = False

    def __init__(self, connection: duckdb.DuckDBPyConnection, target: Target, read_only: bool) -> None:
        self._connection = connection
        self._root = target.root
        self._place = str(target.path) if target.path else f"memory {id(connection)}"
        self._scan = FileScan(_reader, partial(_located, target.root))
        self.label = target.label
        self.read_only = read_only
        self._limit = TimeLimit(target.label, connection.interrupt)

    def close(self) -> None:
        self._connection.close()

    def render(self, tree: Tree) -> str:
        return render(tree, self.dialect, self._scan, pretty=True)

    def execute(self, query: Query, parameters: Sequence[Any] = ()) -> None:
        self._run(query, parameters)

    def rows(self, query: Query, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._limit.watching(), translated(self.label):
            return self._executed(query, parameters).fetchall()

    def arrow(self, query: Query, batch_rows: int = BATCH_ROWS) -> pa.RecordBatchReader:
        with self._limit.watching(), translated(self.label):
            found = self._connection.sql(self._text(query))
            # a stream goes on after this: what has a limit is done within it
            return (
                found.to_arrow_reader(batch_rows) if self._limit.seconds is None else found.to_arrow_table().to_reader()
            )

    def limited(self, seconds: float) -> AbstractContextManager[None]:
        return self._limit.set_to(seconds)

    def roomy(self) -> AbstractContextManager[None]:
        return nullcontext()  # all statements share the memory of the process

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._run("BEGIN TRANSACTION")
        try:
            yield
            self._run("COMMIT")
        except BaseException:
            self._roll_back()
            raise

    @contextmanager
    def exclusive(self, purpose: str) -> Iterator[None]:
        # the file's own lock keeps other processes out; threads of this one share it
        with _busy_guard:
            if self._place in _busy:
                raise BusyError(f"{self.label} is busy: {_busy[self._place]} in this process", fix="wait for it")
            _busy[self._place] = purpose
        try:
            yield
        finally:
            with _busy_guard:
                del _busy[self._place]

    @property
    def waited(self) -> float | None:
        return None  # it never waits: a file that somebody else holds is refused

    def script_frame(self) -> tuple[tuple[Statement, ...], tuple[Statement, ...]]:
        return (Statement("SET TimeZone = 'UTC'"),), ()

    def refusal(self, query: str, message: str) -> Statement:
        return duckdb_ddl.refusal(query, message)

    def version_of(self, name: RelationName, besides: Collection[RelationName]) -> str | None:  # noqa: ARG002
        return None  # DuckDB does not count changes, and its files can change behind its back

    def relations(self) -> Mapping[RelationName, RelationKind]:
        return {RelationName(schema, name): _KINDS[kind] for schema, name, kind in self.rows(_RELATIONS)}

    def kind(self, name: RelationName) -> RelationKind | None:
        if name.is_file:
            return RelationKind.FILE if self._is_there(name) else None
        wanted = (name.schema or "main").lower(), name.name.lower()
        for found, kind in self.relations().items():
            if ((found.schema or "").lower(), found.name.lower()) == wanted:
                return kind
        return None

    def describe(self, name: RelationName) -> Description | None:
        kind = self.kind(name)
        if kind is None:
            return None
        source = self._scanned(name) if kind is RelationKind.FILE else quoted(name, self.dialect)
        return Description(name, kind, self._described(f"SELECT * FROM {source}"))

    def describe_query(self, query: Tree) -> tuple[ColumnInfo, ...]:
        return self._described(self.render(query))

    def load(self, name: RelationName, batches: pa.RecordBatchReader, *, append: bool = False) -> int:
        table = quoted(name, self.dialect)
        verb = f"INSERT INTO {table} BY NAME" if append else f"CREATE TABLE {table} AS"
        with translated(self.label):
            self._connection.register(_BATCHES, batches)
            loaded = self._connection.execute(f"{verb} SELECT * FROM {_BATCHES}").fetchall()
            self._connection.unregister(_BATCHES)
        return int(loaded[0][0])

    def schema_statements(self, schema: str) -> tuple[Statement, ...]:
        return duckdb_ddl.schema_statements(schema)

    def view_statements(
        self,
        name: RelationName,
        sql: str,
        rebuilt: Collection[RelationName] = (),  # noqa: ARG002  views find what they read by name
    ) -> tuple[Statement, ...]:
        return duckdb_ddl.view_statements(name, sql)

    def stored_statements(
        self,
        relation: StoredRelation,
        rebuilt: Collection[RelationName] = (),  # noqa: ARG002  views find what they read by name
    ) -> tuple[Statement, ...]:
        return duckdb_ddl.stored_statements(relation)

    def cleanup_statements(self, name: RelationName) -> tuple[Statement, ...]:  # noqa: ARG002  nothing is set aside
        return ()

    def appended_statements(self, relation: StoredRelation, columns: Sequence[ColumnInfo]) -> tuple[Statement, ...]:
        return duckdb_ddl.appended_statements(relation.name, columns)

    def append_statements(self, relation: StoredRelation, columns: Sequence[str]) -> tuple[Statement, ...]:
        return duckdb_ddl.append_statements(relation, columns)

    def refresh_statements(self, relation: StoredRelation) -> tuple[Statement, ...]:
        return duckdb_ddl.stored_statements(relation)

    def _run(self, query: Query, parameters: Sequence[Any] = ()) -> None:
        with self._limit.watching(), translated(self.label):
            self._executed(query, parameters)

    def _executed(self, query: Query, parameters: Sequence[Any]) -> duckdb.DuckDBPyConnection:
        return self._connection.execute(self._text(query), list(parameters))

    def _text(self, query: Query) -> str:
        return query if isinstance(query, str) else render(query, self.dialect, self._scan)

    def _roll_back(self) -> None:
        try:
            self._connection.execute("ROLLBACK")
        except duckdb.Error:
            # the transaction is gone already, or the database after a failed write is: nothing was committed
            return

    def _described(self, sql: str) -> tuple[ColumnInfo, ...]:
        return tuple(ColumnInfo(name, type_name) for name, type_name, *_ in self.rows(f"DESCRIBE {sql}"))

    def _scanned(self, file: RelationName) -> str:
        path = self._scan.locate(file.name).replace("'", "''")
        return f"{self._scan.function(file)}('{path}')"

    def _is_there(self, file: RelationName) -> bool:
        pattern = "*" in file.name and any(self._root.glob(file.name))
        return pattern or Path(self._scan.locate(file.name)).is_file()
