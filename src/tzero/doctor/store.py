"""The store that is examined: what it is declared to read, and what is recorded to be in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tzero.engines.base import Engine
from tzero.features.sources import Source
from tzero.sql.names import RelationName
from tzero.state import definition
from tzero.state.schema import StateSchema

STORED_ROLES = ("upstream", "statistics")


@dataclass(frozen=True, slots=True)
class Store:
    """``second`` opens another session of the same target; ``file`` is where an embedded database lies."""

    engine: Engine
    state: StateSchema
    sources: tuple[Source, ...]
    second: Callable[[], AbstractContextManager[Engine]]
    file: Path | None = None

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self.engine.rows(sql, parameters)

    def relations(self, *roles: str) -> tuple[RelationName, ...]:
        """The relations that tzero made and that are there, of some roles or of all."""
        recorded = definition.current(self.state).items()
        names = (RelationName.parse(text) for text, known in recorded if not roles or known.role in roles)
        return tuple(name for name in names if self.engine.kind(name) is not None)

    def stored(self) -> tuple[RelationName, ...]:
        """Those that keep rows."""
        return self.relations(*STORED_ROLES)

    def read(self) -> tuple[RelationName, ...]:
        """The relations that features are made from, data files left out."""
        names = dict.fromkeys(source.relation for source in self.sources)
        return tuple(name for name in names if not name.is_file)

    def schemas(self) -> tuple[str, ...]:
        """The schemas that hold something of tzero's."""
        found = [self.state.name, *(name.schema for name in self.relations() if name.schema is not None)]
        return tuple(dict.fromkeys(found))
