"""Falsifying a query alone: small random databases, in an embedded DuckDB or in a PostgreSQL that is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tzero.engines.base import Engine
from tzero.errors import EngineError
from tzero.falsify.account import Account
from tzero.falsify.bench import Bench
from tzero.falsify.budget import Budget
from tzero.falsify.mutations import NAMES
from tzero.falsify.search import Search
from tzero.falsify.subject import Sql, Subject
from tzero.falsify.tables import Table, tables_of
from tzero.falsify.temporary import TemporaryBench
from tzero.falsify.trial import Trial
from tzero.prove.declarations import Declarations

_SHORTEST = 0.5
"""A query has this many seconds at least, else half of those of the search, before it counts as one that never ends."""


def falsify(
    query: Sql,
    declarations: Declarations,
    *,
    dialect: str = "duckdb",
    views: Mapping[str, Sql] | None = None,
    setup: Sequence[str] = (),
    engine: Engine | None = None,
    seconds: float = 2.0,
    worlds: int = 5000,
    seed: int = 0,
    mutations: Sequence[str] = NAMES,
    leave_out: Sequence[str] = (),
    shrinking: float | None = None,
) -> Trial:
    """Look for data that shows a query seeing the future: small random databases in an embedded DuckDB.

    ``views`` are the views that it reads, by name; ``setup`` are statements that are run first (macros, sequences).
    ``engine`` is a database to use instead of the embedded one, whose session gets temporary tables (PostgreSQL).
    The search stops at the first witness, after ``seconds``, or after ``worlds``; making the witness small may take
    half the time again, or ``shrinking`` seconds. In the embedded database they are seconds of work: where the machine
    is busy with others, three times as many may pass. A query that does not end on a database within half of them is
    ended, and the trial says so. The same seed searches in the same order. ``leave_out`` are columns
    whose leak is known, or ``"(row presence)"``: the search is for one in another. A query of another dialect is
    translated; a trial says so, and says INCONCLUSIVE with the reason where the translation does not run.

    Raises DeclarationError where a relation that the query reads, its columns or the anchor are not declared,
    ExpressionError where it does not parse.
    """
    views = views or {}
    to = engine.dialect if engine else "duckdb"
    subject = Subject.read(query, declarations, dialect, views, everything=bool(setup), to=to)
    tables = tables_of(list(subject.relations), declarations.query.own, subject.literals)
    label = to + (", translated" if subject.translated else "")
    account = Account(label, seed, Budget(seconds, worlds, worked=engine is None))
    shrinking = max(0.5, seconds / 2) if shrinking is None else shrinking
    search = Search(subject, declarations.query, tables, mutations, account, frozenset(leave_out), shrinking)
    if subject.untranslatable:
        return search.trial(f"it cannot be written for {to} as it is meant: {subject.untranslatable}")
    try:
        bench = _bench(tables, subject.views, dialect, setup, engine)
    except EngineError as error:
        return search.trial(f"{label} could not build it: {error.what}")
    try:
        with bench.engine.limited(max(_SHORTEST, seconds / 2)):
            return search.run(bench)
    finally:
        bench.close()


def _bench(
    tables: tuple[Table, ...], views: Mapping[str, str], dialect: str, setup: Sequence[str], engine: Engine | None
) -> Bench:
    if engine is not None and engine.dialect == "postgres":
        return TemporaryBench(engine, tables, views, dialect, setup)
    return Bench(tables, views, dialect, setup)
