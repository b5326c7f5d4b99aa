"""What the columns named in a declaration are: found in the rows' source, in a lookup, or derived before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tzero.errors import DeclarationError, MissingRelationError, Place, UnknownColumnError
from tzero.features.expressions import Expression
from tzero.features.inference import Resolve, Shape, infer
from tzero.features.rows import T0, Rows
from tzero.features.sources import Source
from tzero.features.suggest import nearest
from tzero.features.types import ColumnType, TableSchema
from tzero.sql.names import RelationName
from tzero.sql.portable import ColumnRef

Catalog = Mapping[RelationName, TableSchema]
EVENT_ALIAS = "e"


@dataclass(frozen=True, slots=True)
class RawColumn:
    """A column of the rows' source (alias ``e``) or of a lookup (``l1``, ``l2``, ...)."""

    alias: str
    name: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class DerivedColumn:
    """A derived column, by its position among the derived columns."""

    position: int
    name: str
    value: Expression


Found = RawColumn | DerivedColumn


class Scope:
    """The columns of some rows, with their shapes."""

    def __init__(self, rows: Rows, catalog: Catalog) -> None:
        self.rows = rows
        self.schemas = {EVENT_ALIAS: schema_of(rows.source, catalog)}
        for number, lookup in enumerate(rows.lookups, 1):
            self.schemas[f"l{number}"] = schema_of(lookup.source, catalog)
        self.derived = [DerivedColumn(at, name, value) for at, (name, value) in enumerate(rows.derived)]
        self._shapes: dict[tuple[int, str], Shape] = {}

    def find(self, ref: ColumnRef, place: Place | None, before: int | None = None) -> Found:
        """The column that a reference means; ``before`` limits derived columns to those before that position."""
        if ref.relation is None:
            for column in reversed(self.derived[:before]):
                if column.name == ref.name:
                    return column
        found = self._raw(ref)
        if len(found) == 1:
            return found[0]
        if len(found) > 1:
            names = [self._qualifier(column.alias) for column in found]
            raise DeclarationError(
                f"the column {ref.name!r} is in {' and in '.join(names)}",
                place=place,
                fix=f"write {names[0]}.{ref.name}",
            )
        raise UnknownColumnError(
            f"no column {str(ref)!r} in {self._described()}", place=place, fix=nearest(ref.name, self._all_names())
        )

    def shape(self, found: Found) -> Shape:
        if isinstance(found, RawColumn):
            return found.shape
        key = (found.position, found.name)
        if key not in self._shapes:
            self._shapes[key] = self.shape_of(found.value, before=found.position)
        return self._shapes[key]

    def shape_of(self, value: Expression, before: int | None = None) -> Shape:
        return infer(value.tree, lambda ref: self.shape(self.find(ref, value.place, before)))

    def resolver(self, column: DerivedColumn) -> Resolve:
        """The shapes of what a derived column reads."""
        return lambda ref: self.shape(self.find(ref, column.value.place, column.position))

    def inputs(self, column: DerivedColumn) -> frozenset[RawColumn]:
        """The raw columns that a derived column is computed from, through others."""
        found: set[RawColumn] = set()
        for ref in column.value.columns:
            direct = self.find(ref, column.value.place, column.position)
            found |= {direct} if isinstance(direct, RawColumn) else self.inputs(direct)
        return frozenset(found)

    def depth(self, column: DerivedColumn) -> int:
        """How many derived columns lie between a derived column and the raw ones."""
        used = (self.find(ref, column.value.place, column.position) for ref in column.value.columns)
        return max((1 + self.depth(other) for other in used if isinstance(other, DerivedColumn)), default=0)

    @property
    def time(self) -> RawColumn:
        name = self.rows.source.time
        assert name is not None
        return self.raw(EVENT_ALIAS, name, self.rows.source.place)

    def raw(self, alias: str, name: str, place: Place | None) -> RawColumn:
        """A column of one source by its own name."""
        schema = self.schemas[alias]
        if name not in schema:
            raise UnknownColumnError(
                f"{self._qualifier(alias)} has no column {name!r}", place=place, fix=nearest(name, schema)
            )
        return RawColumn(alias, name, Shape(schema[name], self._nullable(alias, name)))

    def alias_of(self, position: int) -> str:
        return f"l{position + 1}"

    def _raw(self, ref: ColumnRef) -> list[RawColumn]:
        if ref.relation is not None:
            wanted = [alias for alias in self.schemas if self._qualifier(alias) == ref.relation]
            return [self.raw(alias, ref.name, None) for alias in wanted if ref.name in self.schemas[alias]]
        if ref.name in self.schemas[EVENT_ALIAS]:
            return [self.raw(EVENT_ALIAS, ref.name, None)]
        if ref.name == T0:
            return [self.time]
        return [self.raw(alias, ref.name, None) for alias, schema in self.schemas.items() if ref.name in schema]

    def _nullable(self, alias: str, name: str) -> bool:
        source = self.rows.source
        return alias != EVENT_ALIAS or name not in (*source.key, source.time)

    def _qualifier(self, alias: str) -> str:
        if alias == EVENT_ALIAS:
            return self.rows.source.declared_source.relation.name
        return self.rows.lookups[int(alias[1:]) - 1].name

    def _described(self) -> str:
        names = [str(self.rows.source), *(str(lookup.source) for lookup in self.rows.lookups)]
        return " and ".join(names)

    def _all_names(self) -> list[str]:
        names = [column.name for column in self.derived]
        for schema in self.schemas.values():
            names.extend(schema)
        return names


def schema_of(source: Source, catalog: Catalog) -> TableSchema:
    """The columns of a source: from the database, checked against those declared."""
    schema = catalog.get(source.relation)
    if schema is None:
        raise MissingRelationError(
            f"there is no relation {source}", place=source.place, fix=_near_relation(source.relation, catalog)
        )
    for name in (*source.key, source.time, source.known_at):
        if name is not None and name not in schema:
            raise UnknownColumnError(f"{source} has no column {name!r}", place=source.place, fix=nearest(name, schema))
    for name, declared in (source.declared or {}).items():
        if name not in schema:
            raise UnknownColumnError(f"{source} has no column {name!r}", place=source.place, fix=nearest(name, schema))
        if not _compatible(declared, schema[name]):
            raise DeclarationError(
                f"{source}.{name} is declared as {declared} and is {schema[name]}",
                place=source.place,
                fix="correct the declaration, or cast the column upstream",
            )
    for name in (source.time, source.known_at):
        if name is not None and not schema[name].is_time:
            raise DeclarationError(
                f"{source}.{name} is no time, it is {schema[name]}",
                place=source.place,
                fix="a time is a date, a timestamp, or a timestamp with time zone",
            )
    return schema


def _compatible(declared: ColumnType, found: ColumnType) -> bool:
    whole = {"integer", "bigint"}
    return declared.kind == found.kind or {declared.kind, found.kind} <= whole


def _near_relation(relation: RelationName, catalog: Catalog) -> str:
    if relation.is_file:
        return "check the path; it is relative to the project's folder"
    known = [str(name) for name in catalog]
    return nearest(str(relation), known) if known else "create it first, or correct its name"
