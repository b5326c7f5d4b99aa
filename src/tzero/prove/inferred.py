"""Relations whose declarations name no columns have those that the queries read of them, of types that nobody said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from sqlglot import exp

from tzero.prove.columns_read import ColumnsRead, relation_name, same_relation
from tzero.prove.declarations import Declarations, Relation
from tzero.sql.parse import parse_one

NO_VIEWS: Mapping[str, str | exp.Expr] = MappingProxyType({})
TIME = "timestamp with time zone"
"""What the columns are taken for that are declared to hold times: of all such types the one that promises least."""


def with_columns(
    declarations: Declarations, query: exp.Expr, views: Mapping[str, str | exp.Expr] = NO_VIEWS, dialect: str = "duckdb"
) -> Declarations:
    """The declarations, where relations without columns have those that are declared otherwise or read somewhere.

    ``views`` are those that the query may read, by name. A relation of which whole rows are shown (``SELECT *`` at the
    top) stays without: what they hold nobody knows.

    >>> import sqlglot
    >>> known = Declarations({"sales": Relation("sales", key=("id",), time="at")})
    >>> query = sqlglot.parse_one("SELECT s.id, s.at AS t0, price FROM sales s")
    >>> dict(with_columns(known, query).relations["sales"].columns)
    {'at': 'timestamp with time zone', 'id': '', 'price': ''}
    """
    declarations = replace(declarations, relations={n: _dated(r) for n, r in declarations.relations.items()})
    bare = {name for name, relation in declarations.relations.items() if not relation.columns}
    if not bare:
        return declarations
    followed = dict(_reached(query, views, dialect))
    read = ColumnsRead(declarations, bare, followed)
    for tree in (query, *followed.values()):
        read.all_of(tree)
    read.shown_by(query)
    found = dict(declarations.relations)
    for name in bare - read.shown:
        if name in read.seen:
            found[name] = _completed(found[name], read.columns[name])
    return replace(declarations, relations=found)


def _reached(query: exp.Expr, views: Mapping[str, str | exp.Expr], dialect: str) -> Iterator[tuple[str, exp.Expr]]:
    """The views that a query reads, directly or through others."""
    left = {name.lower(): view for name, view in views.items()}
    waiting = [query]
    while waiting:
        tree = waiting.pop()
        named = {relation_name(table) for table in tree.find_all(exp.Table)}
        for name in [each for each in left if any(same_relation(each, other) for other in named)]:
            view = left.pop(name)
            waiting.append(parse_one(view, dialect) if isinstance(view, str) else view)
            yield name, waiting[-1]


def _completed(relation: Relation, read: set[str]) -> Relation:
    names = sorted(relation.mentioned() | read)
    return _dated(replace(relation, columns=dict.fromkeys(names, ""), inferred=True))


def _dated(relation: Relation) -> Relation:
    """A relation whose columns that date something are times, where no type of them is declared."""
    times = {relation.time, relation.known_at, *relation.late.values(), *relation.monotone.values()}
    times |= {*relation.after.keys(), *relation.after.values()}
    columns = relation.columns
    if not any(name in times and not type_ for name, type_ in columns.items()):
        return relation
    return replace(
        relation, columns={name: type_ or (TIME if name in times else "") for name, type_ in columns.items()}
    )
