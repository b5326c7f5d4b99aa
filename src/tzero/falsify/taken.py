"""What worlds about one moment have in common, computed once for all of them: rows of large tables, and the answer over
these as they are."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from tzero.engines.base import Engine
from tzero.errors import EngineError
from tzero.falsify.rewrite import part_name, part_query

_BEFORE = "taken_before"


class Taken:
    """Temporary tables with it. Where none may be written, every query computes it anew."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._names: list[str] = []

    def take(self, parts: Mapping[str, str]) -> bool:
        """Hold some parts instead of those before; whether they are held. ``parts`` are conditions on rows by table."""
        self.drop()
        if self.engine.read_only:
            return False
        queries = (part_query(self.engine, table, condition) for table, condition in parts.items())
        if not all(self._made(part_name(at), query) for at, query in enumerate(queries)):
            self.drop()
        return bool(self._names)

    def hold(self, query: str) -> str:
        """The table that holds the answer to a query until other parts are held; empty where there is none."""
        return _BEFORE if self._made(_BEFORE, query) else ""

    def _made(self, name: str, query: str) -> bool:
        try:
            self.engine.execute(f'CREATE TEMPORARY TABLE "{name}" AS {query}')
        except EngineError:
            return False
        self._names.append(name)
        return True

    def drop(self) -> None:
        for name in self._names:
            with suppress(EngineError):
                self.engine.execute(f'DROP TABLE "{name}"')
        self._names = []
