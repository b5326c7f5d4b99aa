"""Text work on distinct values: a derived column of one text column is computed once per value, not once per row."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from tzero.compile.dialects.base import Dialect
from tzero.compile.expressions import in_dialect
from tzero.compile.scope import EVENT_ALIAS, DerivedColumn, RawColumn, Scope
from tzero.features.inference import Shape
from tzero.sql.build import alias, case_when, cast, equal, named, not_null, quoted_column, relation
from tzero.sql.portable import ColumnRef

_TEXT_WORK = (exp.RegexpReplace, exp.Like, exp.Lower, exp.Upper, exp.Trim, exp.Substring)
_LONG_LIST = 4
VALUE = "value"


@dataclass(frozen=True, slots=True)
class ValueTable:
    """The distinct values of a raw column, with the derived columns that are functions of it."""

    name: str
    raw: RawColumn
    columns: tuple[DerivedColumn, ...]


def value_tables(scope: Scope, wanted: frozenset[str]) -> tuple[ValueTable, ...]:
    """The value tables worth building for the wanted derived columns."""
    groups: dict[RawColumn, list[DerivedColumn]] = {}
    for column in scope.derived:
        inputs = scope.inputs(column)
        if column.name in wanted and len(inputs) == 1 and _is_text_work(column, scope):
            (raw,) = inputs
            if raw.shape.type.kind == "text" and not _is_as_of(raw, scope):
                groups.setdefault(raw, []).append(column)
    return tuple(
        ValueTable(f"{raw.alias}_values_{number}", raw, tuple(columns))
        for number, (raw, columns) in enumerate(groups.items(), 1)
    )


def table_query(table: ValueTable, scope: Scope, dialect: Dialect) -> exp.Query:
    """One row per value that is not NULL: the value, then the derived columns."""
    source = (
        scope.rows.source if table.raw.alias == EVENT_ALIAS else scope.rows.lookups[int(table.raw.alias[1:]) - 1].source
    )
    query: exp.Query = (
        exp.select(alias(quoted_column(table.raw.name), VALUE))
        .distinct()
        .from_(relation(source.relation))
        .where(not_null(quoted_column(table.raw.name)))
    )
    known: dict[str, Shape] = {}
    for level, columns in enumerate(_levels(table, scope), 1):
        query = exp.select(
            quoted_column(VALUE),
            *(quoted_column(name) for name in known),
            *(alias(_in_table(column, scope, dialect), column.name) for column in columns),
        ).from_(query.subquery(alias=f"step_{level}"))
        known |= {column.name: scope.shape(column) for column in columns}
    return query


def looked_up(column: DerivedColumn, table: ValueTable, scope: Scope, dialect: Dialect) -> exp.Expr:
    """The derived column at a row: what it is of NULL, or what the value table says."""
    raw = quoted_column(table.raw.name, table.raw.alias)
    return case_when(
        exp.Is(this=raw, expression=exp.Null()),
        _of_null(column, scope, dialect),
        quoted_column(column.name, table.name),
    )


def join_on(table: ValueTable) -> exp.Expr:
    return equal(quoted_column(VALUE, table.name), quoted_column(table.raw.name, table.raw.alias))


def source_of(table: ValueTable) -> exp.Table:
    return named(table.name)


def _is_as_of(raw: RawColumn, scope: Scope) -> bool:
    return raw.alias != EVENT_ALIAS and scope.rows.lookups[int(raw.alias[1:]) - 1].is_as_of


def _is_text_work(column: DerivedColumn, scope: Scope) -> bool:
    tree = column.value.tree
    if tree.find(*_TEXT_WORK) or any(len(node.expressions) >= _LONG_LIST for node in tree.find_all(exp.In)):
        return True
    steps = (scope.find(ref, column.value.place, column.position) for ref in column.value.columns)
    return any(_is_text_work(step, scope) for step in steps if isinstance(step, DerivedColumn))


def _levels(table: ValueTable, scope: Scope) -> list[list[DerivedColumn]]:
    needed: dict[int, DerivedColumn] = {}

    def need(column: DerivedColumn) -> None:
        needed[column.position] = column
        for ref in column.value.columns:
            used = scope.find(ref, column.value.place, column.position)
            if isinstance(used, DerivedColumn):
                need(used)

    for column in table.columns:
        need(column)
    depths = {position: scope.depth(column) for position, column in needed.items()}
    return [[needed[at] for at in sorted(needed) if depths[at] == depth] for depth in range(max(depths.values()) + 1)]


def _in_table(column: DerivedColumn, scope: Scope, dialect: Dialect) -> exp.Expr:
    def locate(ref: ColumnRef) -> exp.Expr:
        found = scope.find(ref, column.value.place, column.position)
        return quoted_column(VALUE if isinstance(found, RawColumn) else found.name)

    return in_dialect(column.value.tree, scope.resolver(column), locate, dialect, column.value.place)


def _of_null(column: DerivedColumn, scope: Scope, dialect: Dialect) -> exp.Expr:
    def locate(ref: ColumnRef) -> exp.Expr:
        found = scope.find(ref, column.value.place, column.position)
        return cast(exp.Null(), "text") if isinstance(found, RawColumn) else _of_null(found, scope, dialect)

    return in_dialect(column.value.tree, scope.resolver(column), locate, dialect, column.value.place)
