"""The schema that holds the state tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tzero.engines.base import Engine
from tzero.sql.names import RelationName
from tzero.sql.render import quoted

DEFAULT = "feature_store"


@dataclass(frozen=True, slots=True)
class StateSchema:
    """The state tables of one database. Statements name a table as ``{table}`` and take parameters as ``?``."""

    engine: Engine
    name: str = DEFAULT

    def relation(self, table: str) -> RelationName:
        return RelationName(self.name, table)

    def has(self, table: str) -> bool:
        return self.engine.kind(self.relation(table)) is not None

    def rows(self, table: str, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query on a table; none while the table is not there."""
        return self.engine.rows(self._written(table, sql), parameters) if self.has(table) else []

    def write(self, table: str, sql: str, parameters: Sequence[Any] = ()) -> None:
        self.engine.execute(self._written(table, sql), parameters)

    def next_number(self, table: str, column: str) -> int:
        """One more than the greatest so far; call it inside the transaction that writes it."""
        found = self.rows(table, f"SELECT coalesce(max({column}), 0) + 1 FROM {{table}}")
        return int(found[0][0]) if found else 1

    def _written(self, table: str, sql: str) -> str:
        return sql.replace("{table}", quoted(self.relation(table), self.engine.dialect))
