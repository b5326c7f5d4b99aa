"""What tzero asks of a database: one screen, the same for all of them.

SQL arrives as text in the engine's dialect or as a tree; parameters stand as ``?``. Sessions are pinned to UTC. Every
method raises from ``tzero.errors``, never the driver's own exceptions, and no message shows a password.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from tzero.engines.catalog import ColumnInfo, Description, RelationKind, Statement, StoredRelation
from tzero.sql.names import RelationName
from tzero.sql.render import Tree

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 65_536
Query = str | Tree


class Engine(Protocol):
    """An open database. ``label`` is how it may be printed; ``read_only`` refuses every write.

    ``refreshes_by_key``: a stored relation with a unique key is refreshed beside its readers, one without is not.
    """

    dialect: str
    refreshes_by_key: bool
    label: str
    read_only: bool

    def close(self) -> None: ...

    def render(self, tree: Tree) -> str:
        """The tree as text of this engine, data files as scans at their full path."""

    def execute(self, query: Query, parameters: Sequence[Any] = ()) -> None: ...

    def rows(self, query: Query, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]: ...

    def arrow(self, query: Query, batch_rows: int = BATCH_ROWS) -> pa.RecordBatchReader:
        """Stream a result; to be read before the next statement."""

    def limited(self, seconds: float) -> AbstractContextManager[None]:
        """End every statement within that takes longer. Raises OutOfTimeError."""

    def roomy(self) -> AbstractContextManager[None]:
        """Give statements within the memory that those of a build have."""

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing: commit at the end, roll back on any exception. Until then others read the old state."""

    def exclusive(self, purpose: str) -> AbstractContextManager[None]:
        """Keep other applies and refreshes out. Raises BusyError that says who is in."""

    @property
    def waited(self) -> float | None:
        """Seconds that this session has waited for locks within `exclusive`; None where nobody measures."""

    def script_frame(self) -> tuple[tuple[Statement, ...], tuple[Statement, ...]]:
        """What a script has before and after its steps: a session as this one, and the lock of `exclusive`."""

    def refusal(self, query: str, message: str) -> Statement:
        """A statement that fails with the message where the query returns a row."""

    def version_of(self, name: RelationName, besides: Collection[RelationName]) -> str | None:
        """A digest of the rows that a stored relation is made from, those of ``besides`` aside; None: cannot tell."""

    def relations(self) -> Mapping[RelationName, RelationKind]:
        """Every relation of the database, with its schema."""

    def kind(self, name: RelationName) -> RelationKind | None:
        """What a relation is, None where there is none; cheap, and true of a view that no longer works."""

    def describe(self, name: RelationName) -> Description | None:
        """A relation's columns as a query would see them now; None where there is none."""

    def describe_query(self, query: Tree) -> tuple[ColumnInfo, ...]:
        """The columns that a query would give, without running it."""

    def load(self, name: RelationName, batches: pa.RecordBatchReader, *, append: bool = False) -> int:
        """Bulk load into a new table, or onto the end of one with the same columns. Returns the rows loaded."""

    def schema_statements(self, schema: str) -> tuple[Statement, ...]: ...

    def view_statements(
        self, name: RelationName, sql: str, rebuilt: Collection[RelationName] = ()
    ) -> tuple[Statement, ...]:
        """Create or replace a view; other views that read it go on, except those that are ``rebuilt`` after it."""

    def stored_statements(
        self, relation: StoredRelation, rebuilt: Collection[RelationName] = ()
    ) -> tuple[Statement, ...]:
        """Create or replace a stored relation from a query, its key (if any) unique."""

    def cleanup_statements(self, name: RelationName) -> tuple[Statement, ...]:
        """Drop what a relation that is replaced leaves aside, once everything that reads it is rebuilt."""

    def appended_statements(self, relation: StoredRelation, columns: Sequence[ColumnInfo]) -> tuple[Statement, ...]:
        """Create an empty table with the columns of a query, to which rows are only ever added."""

    def append_statements(self, relation: StoredRelation, columns: Sequence[str]) -> tuple[Statement, ...]:
        """Add the rows of a query to such a table; fails where they repeat its key."""

    def refresh_statements(self, relation: StoredRelation) -> tuple[Statement, ...]:
        """Bring a stored relation up to date; readers see the old rows until the transaction ends."""
