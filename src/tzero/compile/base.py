"""Rows to a query: key, T0, its day, derived columns, and the raw columns that features use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from tzero.compile.dialects.base import Dialect
from tzero.compile.expressions import in_dialect
from tzero.compile.lookups import Cte, join_of
from tzero.compile.scope import EVENT_ALIAS, Catalog, DerivedColumn, Found, RawColumn, Scope
from tzero.compile.times import day_of
from tzero.compile.value_tables import ValueTable, join_on, looked_up, source_of, table_query, value_tables
from tzero.errors import DeclarationError, Place
from tzero.features.expressions import Expression
from tzero.features.inference import Shape
from tzero.features.rows import T0, T0_DAY, Rows
from tzero.features.types import ColumnType
from tzero.sql.build import alias, not_null, quoted_column, relation, with_ctes
from tzero.sql.portable import ColumnRef

DATE = ColumnType("date")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A column that a feature or statistic reads from the base relation."""

    ref: ColumnRef
    place: Place


class Base:
    """The base relation of some rows: which columns it has, what they are, and its query."""

    def __init__(self, rows: Rows, wanted: Sequence[Wanted], zone: str | None, catalog: Catalog) -> None:
        self.rows = rows
        self.zone = zone
        self.scope = Scope(rows, catalog)
        self._outputs: dict[str, Found] = {}
        self._names: dict[Found, str] = {}
        for name in rows.source.key:
            self._add(name, self.scope.raw(EVENT_ALIAS, name, rows.source.place), rows.source.place)
        for column in self.scope.derived:
            if not column.name.startswith("_"):
                self._add(column.name, column, column.value.place)
        for item in wanted:
            self._want(item)

    @property
    def time_type(self) -> ColumnType:
        return self.scope.time.shape.type

    @property
    def shapes(self) -> dict[str, Shape]:
        """Every column of the relation with its shape, in order."""
        found = {name: self.scope.shape(self._outputs[name]) for name in self.rows.source.key}
        found[T0] = Shape(self.time_type, False)
        if self.zone is not None:
            found[T0_DAY] = Shape(DATE, False)
        return found | {name: self.scope.shape(column) for name, column in self._outputs.items()}

    def name_of(self, ref: ColumnRef, place: Place | None) -> str:
        """What a column that was wanted is called in the relation."""
        if ref == ColumnRef(T0) or (ref == ColumnRef(T0_DAY) and self.zone is not None):
            return ref.name
        found = self.scope.find(ref, place)
        return T0 if found == self.scope.time and found not in self._names else self._names[found]

    def locate(self, value: Expression, table: str, dialect: Dialect) -> exp.Expr:
        """An expression over the base relation under an alias."""
        shapes = self.shapes
        return in_dialect(
            value.tree,
            lambda ref: shapes[self.name_of(ref, value.place)],
            lambda ref: quoted_column(self.name_of(ref, value.place), table),
            dialect,
            value.place,
        )

    def query(self, dialect: Dialect, *, by_value: bool) -> exp.Query:
        """The relation's query; ``by_value`` computes text columns over distinct values."""
        tables = value_tables(self.scope, self._derived_needed()) if by_value else ()
        return _BaseQuery(self, tables, dialect).build()

    def _derived_needed(self) -> frozenset[str]:
        return frozenset(column.name for column in self._outputs.values() if isinstance(column, DerivedColumn))

    def _want(self, item: Wanted) -> None:
        if item.ref == ColumnRef(T0) or (item.ref == ColumnRef(T0_DAY) and self.zone is not None):
            return
        found = self.scope.find(item.ref, item.place)
        if found in self._names:
            return
        name = found.name if found.name not in self._outputs else f"{item.ref.relation or found.name}_{found.name}"
        self._add(name, found, item.place)

    def _add(self, name: str, found: Found, place: Place) -> None:
        if name in self._outputs or name in (T0, T0_DAY):
            if name == T0 and found == self.scope.time:
                return
            raise DeclarationError(
                f"the base relation would have two columns {name!r}", place=place, fix="derive one under another name"
            )
        self._outputs[name] = found
        self._names.setdefault(found, name)

    @property
    def outputs(self) -> dict[str, Found]:
        return dict(self._outputs)


class _BaseQuery:
    """Builds the query level by level: each level adds the derived columns that need only the levels below."""

    def __init__(self, base: Base, tables: tuple[ValueTable, ...], dialect: Dialect) -> None:
        self.base = base
        self.scope = base.scope
        self.dialect = dialect
        self.tables = tables
        self.by_table = {column.position: table for table in tables for column in table.columns}
        self.derived = self._needed()
        self.levels = {column.position: self._level(column) for column in self.derived}
        self.top = max(self.levels.values(), default=0)
        self.raw_names = self._name_raw()
        self.is_lateral = bool(self.derived) and not tables and not dialect.value_tables

    def build(self) -> exp.Query:
        query, ctes = self._bottom()
        if self.is_lateral:
            return with_ctes(self._stepwise(query), ctes)
        for level in range(1, self.top + 1):
            inner = _level_name(level - 1)
            below = [column for column in self.derived if self.levels[column.position] < level]
            items = [*self._passed(inner), *(quoted_column(c.name, inner) for c in below)]
            items += [alias(self._tree(c, inner), c.name) for c in self.derived if self.levels[c.position] == level]
            query = exp.select(*items).from_(query.subquery(alias=inner))
        if self.top:
            query = exp.select(*self._final("b")).from_(query.subquery(alias="b"))
        return with_ctes(query, ctes)

    def _bottom(self) -> tuple[exp.Select, list[Cte]]:
        items = self._all_at_bottom() if self.top and not self.is_lateral else self._final(None)
        query = exp.select(*items).from_(relation(self.base.rows.source.relation, EVENT_ALIAS))
        ctes: list[Cte] = []
        for position, lookup in enumerate(self.base.rows.lookups):
            name = self.scope.alias_of(position)
            join = join_of(lookup, name, self.scope, self.dialect)
            ctes += join.ctes
            source = join.source.copy()
            source.set("alias", exp.TableAlias(this=exp.to_identifier(join.alias, quoted=True)))
            query = query.join(source, on=join.on, join_type="left")
        for table in self.tables:
            ctes.append((table.name, table_query(table, self.scope, self.dialect)))
            query = query.join(source_of(table), on=join_on(table), join_type="left")
        return query.where(not_null(quoted_column(self.scope.time.name, EVENT_ALIAS))), ctes

    def _final(self, inner: str | None) -> list[exp.Expr]:
        outputs = self.base.outputs
        items = [self._output(name, outputs[name], inner) for name in self.base.rows.source.key]
        t0 = quoted_column(T0, inner) if inner else quoted_column(self.scope.time.name, EVENT_ALIAS)
        items.append(alias(t0, T0))
        if self.base.zone is not None:
            items.append(alias(day_of(t0.copy(), self.base.time_type, self.base.zone), T0_DAY))
        keys = self.base.rows.source.key
        return items + [self._output(name, found, inner) for name, found in outputs.items() if name not in keys]

    def _output(self, name: str, found: Found, inner: str | None) -> exp.Expr:
        if isinstance(found, RawColumn):
            tree: exp.Expr = (
                quoted_column(self.raw_names[found], inner) if inner else quoted_column(found.name, found.alias)
            )
        else:
            step = _level_name(self.levels[found.position]) if self.is_lateral else inner
            tree = quoted_column(found.name, step) if step else self._tree(found, None)
        return alias(tree, name)

    def _all_at_bottom(self) -> list[exp.Expr]:
        items: list[exp.Expr] = [alias(quoted_column(self.scope.time.name, EVENT_ALIAS), T0)]
        items += [alias(quoted_column(raw.name, raw.alias), name) for raw, name in self.raw_names.items()]
        items += [alias(self._tree(c, None), c.name) for c in self.derived if self.levels[c.position] == 0]
        return items

    def _passed(self, inner: str) -> list[exp.Expr]:
        return [quoted_column(T0, inner), *(quoted_column(name, inner) for name in self.raw_names.values())]

    def _stepwise(self, query: exp.Select) -> exp.Select:
        """Each level as a lateral subquery behind a fence: without, whatever reads a column would repeat its work."""
        for level in range(self.top + 1):
            items = [alias(self._tree(c, None), c.name) for c in self.derived if self.levels[c.position] == level]
            step = exp.Lateral(this=exp.select(*items).offset(0).subquery())
            step.set("alias", exp.TableAlias(this=exp.to_identifier(_level_name(level), quoted=True)))
            query = query.join(step, join_type="cross")
        return query

    def _tree(self, column: DerivedColumn, inner: str | None) -> exp.Expr:
        table = self.by_table.get(column.position)
        if table is not None:
            return looked_up(column, table, self.scope, self.dialect)

        def locate(ref: ColumnRef) -> exp.Expr:
            found = self.scope.find(ref, column.value.place, column.position)
            if isinstance(found, DerivedColumn):
                return quoted_column(found.name, _level_name(self.levels[found.position]) if self.is_lateral else inner)
            return quoted_column(self.raw_names[found], inner) if inner else quoted_column(found.name, found.alias)

        return in_dialect(column.value.tree, self.scope.resolver(column), locate, self.dialect, column.value.place)

    def _needed(self) -> list[DerivedColumn]:
        found: dict[int, DerivedColumn] = {}

        def need(column: DerivedColumn) -> None:
            found[column.position] = column
            if column.position not in self.by_table:
                for used in self._direct(column):
                    if isinstance(used, DerivedColumn):
                        need(used)

        for column in self.base.outputs.values():
            if isinstance(column, DerivedColumn):
                need(column)
        return [found[at] for at in sorted(found)]

    def _level(self, column: DerivedColumn) -> int:
        if column.position in self.by_table:
            return 0
        return max(
            (1 + self._level(used) for used in self._direct(column) if isinstance(used, DerivedColumn)), default=0
        )

    def _direct(self, column: DerivedColumn) -> list[Found]:
        return [self.scope.find(ref, column.value.place, column.position) for ref in column.value.columns]

    def _name_raw(self) -> dict[RawColumn, str]:
        """Raw columns under names that no derived column has."""
        needed: dict[RawColumn, None] = {}
        for output in self.base.outputs.values():
            if isinstance(output, RawColumn):
                needed[output] = None
        for column in self.derived:
            if column.position not in self.by_table:
                needed |= {used: None for used in self._direct(column) if isinstance(used, RawColumn)}
        taken = {column.name for column in self.scope.derived} | {T0, T0_DAY}
        names: dict[RawColumn, str] = {}
        for raw in needed:
            name = f"{raw.alias}_{raw.name}"
            while name in taken:
                name += "_"
            taken.add(name)
            names[raw] = name
        return names


def _level_name(level: int) -> str:
    return f"level_{level}"
