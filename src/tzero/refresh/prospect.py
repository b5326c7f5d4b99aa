"""The columns of relations, of those that are there and of those that a plan would create."""

from __future__ import annotations

from collections.abc import Iterable

from tzero.engines.base import Engine
from tzero.engines.catalog import ColumnInfo, schema_of
from tzero.errors import MissingRelationError, Place
from tzero.features.sources import Source
from tzero.features.suggest import nearest
from tzero.features.types import TableSchema
from tzero.sql.names import RelationName
from tzero.sql.render import Tree, inlined


class Prospect:
    """A catalog as it would be after the plan; reads the engine, writes nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._given: dict[RelationName, Tree] = {}
        self._columns: dict[RelationName, tuple[ColumnInfo, ...]] = {}

    def give(self, name: RelationName, query: Tree) -> None:
        """From here on the relation is what this query makes."""
        self._given[name] = query

    def columns(self, name: RelationName, place: Place | None = None) -> tuple[ColumnInfo, ...]:
        """A relation's columns, in order. Raises MissingRelationError with the nearest name."""
        if name not in self._columns:
            self._columns[name] = self._look_up(name, place)
        return self._columns[name]

    def of_query(self, query: Tree) -> tuple[ColumnInfo, ...]:
        return self._engine.describe_query(inlined(query, self._given))

    def catalog(self, sources: Iterable[Source]) -> dict[RelationName, TableSchema]:
        """The columns of sources, and of the declared ones where versions of them are kept."""
        every = [each for source in sources for each in (source.declared_source, source)]
        return {source.relation: schema_of(self.columns(source.relation, source.place)) for source in every}

    def _look_up(self, name: RelationName, place: Place | None) -> tuple[ColumnInfo, ...]:
        if name in self._given:
            return self.of_query(self._given[name])
        found = self._engine.describe(name)
        if found is None:
            what = (
                f"there is no file {name}" if name.is_file else f"there is no relation {name} in {self._engine.label}"
            )
            raise MissingRelationError(what, place=place, fix=self._hint(name))
        return found.columns

    def _hint(self, name: RelationName) -> str:
        if name.is_file:
            return "check the path; it is relative to the project's folder"
        known = [str(other) for other in (*self._engine.relations(), *self._given)]
        if not known:
            return f"the database is empty: load the rows first, for example tzero load FILE {name}"
        return nearest(str(name), known)
