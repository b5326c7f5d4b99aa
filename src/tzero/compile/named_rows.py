"""Rows by the names of their declarations: what statistics are made of, before any statistic is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlglot import exp

from tzero.compile.base import Base
from tzero.compile.dialects.base import Dialect
from tzero.features.expressions import Expression
from tzero.features.rows import T0
from tzero.features.types import ColumnType
from tzero.sql.build import alias, quoted_column
from tzero.sql.portable import ColumnRef


@dataclass(frozen=True, slots=True)
class NamedRows:
    """``query`` yields T0 as ``t0`` and every column under its declared name; ``types`` are theirs, in order."""

    query: exp.Query
    types: Mapping[str, ColumnType]


def named_rows(
    base: Base, source: exp.Expr, names: Iterable[str], where: Expression | None, dialect: Dialect
) -> NamedRows:
    """The rows of a base relation, which stands in ``source`` under the alias ``p``, where a condition holds."""
    places = {T0: T0} | {name: base.name_of(ColumnRef(name), base.rows.source.place) for name in names}
    query = exp.select(*(alias(quoted_column(place, "p"), name) for name, place in places.items())).from_(source)
    if where is not None:
        query = query.where(exp.Paren(this=base.locate(where, "p", dialect)))
    shapes = base.shapes
    return NamedRows(query, {name: shapes[place].type for name, place in places.items()})
