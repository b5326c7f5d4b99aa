"""Falsifying a deployed relation: its closure is run over base relations of which a few rows differ.

Only reads: the rows that differ are written into the query itself, and both answers are compared in the database.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from tzero.engines.base import Engine
from tzero.engines.catalog import ColumnInfo
from tzero.errors import DeclarationError
from tzero.falsify.account import Account
from tzero.falsify.budget import Budget
from tzero.falsify.closure import Closure, closure_of
from tzero.falsify.futures import Futures
from tzero.falsify.literals import Literals, read_literals
from tzero.falsify.mutations import NAMES
from tzero.falsify.reading import is_told_wrongly
from tzero.falsify.slices import Slices
from tzero.falsify.store import Store
from tzero.falsify.tables import Table, tables_of
from tzero.falsify.times import Times
from tzero.falsify.trial import Trial
from tzero.features.types import ColumnType
from tzero.prove.declarations import Declarations, Relation
from tzero.sql.names import RelationName
from tzero.sql.render import Tree

MOST_ROWS = 2_000
_SHORTEST = 5.0
"""A statement has this many seconds at least, else as many as the search, before it counts as one that never ends."""


def falsify_relation(
    engine: Engine,
    relation: RelationName,
    declarations: Declarations,
    *,
    views: Mapping[RelationName, Tree] | None = None,
    sources: Collection[RelationName] = (),
    seconds: float = 60.0,
    enough: float | None = None,
    worlds: int = 500,
    seed: int = 0,
    mutations: Sequence[str] = NAMES,
    most: int = MOST_ROWS,
) -> Trial:
    """Look for a witness against a relation of a database, over the data that is there. Never writes.

    ``views`` are definitions that the database does not keep, such as those of stored tables; all others are read
    from its catalog. ``sources`` are taken as base relations, whatever they are made of. A base relation that is not
    declared, or that declares no time, is left alone, and the trial says so. The search ends at the first witness,
    after ``seconds``, or after ``worlds``; a statement that takes longer than all of it is ended, and the trial says
    so. One that moved something may end after ``enough`` seconds, and, from `LEAST` on, as soon as every kind of change
    did. Of a table with more than ``most`` rows, each world holds a part.

    Raises MissingRelationError for a relation that is not there, DeclarationError where declarations do not fit it.
    """
    closure = closure_of(engine, relation, views or {}, sources)
    literals = read_literals(closure.trees)
    relations, types = _described(engine, closure, declarations)
    tables = tables_of(relations, declarations.query.own, literals)
    keyed = tuple(table for table in tables if table.key)
    store = _store(engine, closure, declarations, keyed, types, literals)
    account = Account(engine.label, seed, Budget(seconds, worlds, enough=enough), databases=1)
    slices = Slices(engine, keyed, types, store.times, most)
    with engine.limited(max(_SHORTEST, seconds)):
        return Futures(store, declarations.query, literals, slices, mutations, account).run()


def _described(
    engine: Engine, closure: Closure, declarations: Declarations
) -> tuple[list[Relation], dict[str, dict[str, str]]]:
    """The declared base relations with the columns that the database says they have."""
    found, types = [], {}
    for name in closure.bases:
        declared = declarations.relation(str(name))
        described = engine.describe(name)
        if declared is None or described is None:
            continue
        columns = {column.name.lower(): column.type for column in described.columns}
        # a late value may be one that rows derive: then it is no column of the relation, and its time dates nothing
        late = {value: at for value, at in declared.late.items() if value in columns and at in columns}
        found.append(replace(declared, name=str(name), columns=columns, late=late))
        types[str(name)] = columns
    return found, types


def _store(
    engine: Engine,
    closure: Closure,
    declarations: Declarations,
    tables: tuple[Table, ...],
    types: Mapping[str, Mapping[str, str]],
    literals: Literals,
) -> Store:
    query = declarations.query
    columns: tuple[ColumnInfo, ...] = engine.describe_query(closure.views[-1][1])
    names = tuple(column.name for column in columns)
    own = next((table for table in tables if table.own), None)
    if query.own is not None and own is None:
        raise DeclarationError(
            f"the own relation {query.own} is not under {closure.views[-1][0]}, or has no key",
            place=query.place,
            fix="declare its key, or name another 'own'",
        )
    wanted = query.spine or (own.key if own else ())
    key = wanted if all(name in names for name in wanted) else ()
    zones = literals.zones
    times = Times(query.zone or (next(iter(zones)) if len(zones) == 1 else "UTC"))
    if query.anchor in names:
        kind = ColumnType.parse(columns[names.index(query.anchor)].type).kind
    elif own is not None and own.known and key:
        kind = own.kinds[own.relation.time or own.known].kind
    else:
        raise DeclarationError(
            f"{closure.views[-1][0]} has no column '{query.anchor}', its anchor",
            place=query.place,
            fix=f"declare 'anchor' as one of: {', '.join(names)}",
        )
    told = frozenset(column.name for column in columns if is_told_wrongly(column.type))
    return Store(
        engine, closure, tables, types, names, query.anchor, kind, own, key, bool(query.spine), times, told=told
    )
