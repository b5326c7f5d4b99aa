"""What an engine's catalog says of a relation, and the statements that an engine makes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tzero.features.types import ColumnType, TableSchema
from tzero.sql.names import RelationName


class RelationKind(Enum):
    TABLE = "table"
    VIEW = "view"
    MATERIALIZED_VIEW = "materialized view"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """A column as the engine describes it; ``type`` in the engine's own words."""

    name: str
    type: str

    @property
    def dtype(self) -> str:
        """The type in engine-neutral words; the engine's own for one that has none."""
        kind = ColumnType.parse(self.type).kind
        return self.type.lower() if kind == "other" else kind


@dataclass(frozen=True, slots=True)
class Description:
    """A relation that exists: its kind and its columns, in order."""

    name: RelationName
    kind: RelationKind
    columns: tuple[ColumnInfo, ...]

    @property
    def schema(self) -> TableSchema:
        return schema_of(self.columns)


def schema_of(columns: tuple[ColumnInfo, ...]) -> TableSchema:
    return {column.name: ColumnType.parse(column.type) for column in columns}


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement to run, and the lock that it takes: ``None`` where nobody else has to wait for it."""

    sql: str
    lock: str | None = None


@dataclass(frozen=True, slots=True)
class StoredRelation:
    """What a stored relation is made of: a query, the key that is unique in it, and the name of its index."""

    name: RelationName
    sql: str
    key: tuple[str, ...] = ()
    index: str | None = None
