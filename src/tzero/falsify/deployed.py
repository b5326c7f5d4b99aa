"""Falsifying a deployed relation: its closure is run over base relations of which a few rows differ.

Only reads: the rows that differ are written into the query itself, and both answers are compared in the database.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any

from tzero.engines.base import Engine
from tzero.engines.catalog import ColumnInfo
from tzero.errors import DeclarationError, EngineError
from tzero.falsify.clashes import without_clashes
from tzero.falsify.closure import Closure, closure_of
from tzero.falsify.compare import Difference
from tzero.falsify.cut import Cut
from tzero.falsify.cuts import tolerances
from tzero.falsify.falsifier import ZONES
from tzero.falsify.literals import Literals, read_literals
from tzero.falsify.mutations import MUTATIONS, NAMES, Mutation, Scene
from tzero.falsify.mutations.applied import mutated
from tzero.falsify.shrink import fewest_changes
from tzero.falsify.slices import Slices
from tzero.falsify.store import Store
from tzero.falsify.tables import Table, tables_of
from tzero.falsify.times import DAY, Times
from tzero.falsify.trial import Exercise, Outcome, Trial
from tzero.falsify.values import Values
from tzero.falsify.witness import Witness
from tzero.falsify.world import World, changes
from tzero.features.types import ColumnType
from tzero.prove.declarations import Declarations, Relation
from tzero.sql.names import RelationName
from tzero.sql.render import Tree

MOST_ROWS = 2_000
_CUTS = 64
_BACK = 4 * DAY
_ZONE = "zone"
_TURNS, _SLOW = 4, 1.0
"""How many worlds are tried after one cut, and after how many seconds another cut is worth more."""
_OF_CIRCUMSTANCES = 1 / 3
"""The share of the time that runs over the same rows may take."""
_THREADS = {
    "duckdb": ("SET threads = 1", "RESET threads", "the number of threads"),
    "postgres": (
        "SET max_parallel_workers_per_gather = 0",
        "RESET max_parallel_workers_per_gather",
        "the number of parallel workers",
    ),
}
"""How a session takes one thread, and how it takes as many as before."""


def falsify_relation(
    engine: Engine,
    relation: RelationName,
    declarations: Declarations,
    *,
    views: Mapping[RelationName, Tree] | None = None,
    sources: Collection[RelationName] = (),
    seconds: float = 60.0,
    worlds: int = 500,
    seed: int = 0,
    mutations: Sequence[str] = NAMES,
    most: int = MOST_ROWS,
) -> Trial:
    """Look for a witness against a relation of a database, over the data that is there. Never writes.

    ``views`` are definitions that the database does not keep, such as those of stored tables; all others are read
    from its catalog. ``sources`` are taken as base relations, whatever they are made of. A base relation that is not
    declared, or that declares no time, is left alone, and the trial says so. The search ends at the first witness,
    after ``seconds``, or after ``worlds``. Of a table with more than ``most`` rows, each world holds a part.

    Raises MissingRelationError for a relation that is not there, DeclarationError where declarations do not fit it.
    """
    closure = closure_of(engine, relation, views or {}, sources)
    literals = read_literals(closure.trees)
    relations, types = _described(engine, closure, declarations)
    tables = tables_of(relations, declarations.query.own, literals)
    keyed = tuple(table for table in tables if table.key)
    store = _store(engine, closure, declarations, keyed, types, literals)
    return _Search(store, declarations, literals, mutations, (seconds, worlds, seed), most).run()


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
    return Store(engine, closure, tables, types, names, query.anchor, kind, own, key, bool(query.spine), times)


class _Search:
    def __init__(
        self,
        store: Store,
        declarations: Declarations,
        literals: Literals,
        mutations: Sequence[str],
        budget: tuple[float, int, int],
        most: int,
    ) -> None:
        self.store, self.query, self.literals = store, declarations.query, literals
        self.seconds, self.worlds, self.seed = budget
        self.random = Random(self.seed)  # noqa: S311  reproducible, not secret
        self.names = mutations
        self.mutations = [m for m in MUTATIONS if m.name in mutations and m.applies(store.tables)]
        self.undeclared = [
            str(base) for base in store.closure.bases if str(base) not in {table.name for table in store.tables}
        ]
        self.slices = Slices(store.engine, store.tables, store.types, store.times, most)
        self.started = time.monotonic()
        self.exercised: dict[str, Exercise] = {}
        self.cuts = 0
        self.witness: Witness | None = None

    def run(self) -> Trial:
        moments = self._moments()
        failure = "" if moments else "the relation has no rows with a T0"
        self._circumstances()
        lowest = self._lowest()
        turn = 0
        while moments and self.mutations and not self._over():
            moment = self.random.choice(moments)
            self.cuts += 1
            cut = Cut(moment, self.store.times, frozenset(), tolerances(self.query, self.store.tables))
            self.store.parts = self.slices.about(moment)
            self.store.base = self.store.sample(cut)
            values = Values(self.random, self._seen(), self.store.times, self.store.times.day_start(moment) - _BACK)
            values.lowest = lowest
            begun = time.monotonic()
            for _ in range(_TURNS):
                if not self._over() and time.monotonic() - begun < _SLOW:
                    mutation = self.mutations[turn % len(self.mutations)]
                    turn += 1
                    kept = frozenset(uid for uid in self.store.at_cut(moment) if self.random.random() < 0.5)
                    self._try(mutation, Scene(self.store.tables, self.store.base, replace(cut, kept=kept), values))
        return self._trial(failure)

    def _moments(self) -> list[datetime]:
        """The moments to cut at. Of a large store they are those of own rows, and the middle one is where it begins."""
        own = self.store.own
        if own is None or not own.dated or own.name not in self.slices.large:
            return self.store.moments(_CUTS)
        found = self.slices.moments(own, _CUTS, days=self.store.anchor_kind == "date")
        if found:
            self.store.parts = self.slices.about(found[len(found) // 2])
        return found

    def _over(self, share: float = 1.0) -> bool:
        """Whether the search ends: a witness, or a share of the budget is spent."""
        done = sum(exercise.worlds for exercise in self.exercised.values())
        spent = time.monotonic() - self.started > self.seconds * share
        return self.witness is not None or done >= self.worlds or spent

    def _try(self, mutation: Mutation, scene: Scene) -> None:
        world = without_clashes(self.store.rewriter(), mutated(mutation, scene))
        if world == scene.world:
            return
        kept = self.store.kept_keys(scene.cut)
        try:
            found = self.store.compare(self.store.base, world, scene.cut, kept)
        except EngineError as error:
            self.exercised[mutation.name] = self.exercised.get(mutation.name, Exercise()).refused(error.what)
            return
        self._count(mutation.name, rows=found.rows, moved=found.moved)
        if found.difference is None:
            return
        deadline = time.monotonic() + max(5.0, self.seconds / 2)
        world, shown = fewest_changes(
            self.store.base,
            world,
            found.difference,
            lambda candidate: self.store.compare(self.store.base, candidate, scene.cut, kept).difference,
            deadline,
        )
        self.witness = Witness(
            mutation.name, mutation.says, shown, self.store.engine.label, scene.cut.moment, self.store.anchor,
            tuple(changes(self.store.base, world)),
        )  # fmt: skip

    def _circumstances(self) -> None:
        """What may not matter: chance, the clock, the order of rows, the number of threads, the session's zone."""
        self.store.base = World({table.name: {} for table in self.store.tables})
        for name, difference in (("rerun", self._again), ("clock", self._later), ("order", self._turned)):
            if name in self.names and not self._over(_OF_CIRCUMSTANCES):
                try:
                    difference()
                except EngineError as error:
                    self.exercised[name] = self.exercised.get(name, Exercise()).refused(error.what)
        self._settings()

    def _again(self) -> None:
        found = self.store.compare_with(self.store)
        self._same("rerun", "chance: run again over the same rows, it gives others", found.rows, found.difference)

    def _later(self) -> None:
        times = self.store.at_times()
        if times is not None:
            found = times[0].compare_with(times[1])
            self._same("clock", "the time at which the query is run", found.rows, found.difference)

    def _turned(self) -> None:
        found = self.store.compare_with(self.store.in_other_order())
        self._same("order", "the physical order of rows", found.rows, found.difference)

    def _settings(self) -> None:
        """Sessions of other zones, where the zone is not declared, and with one thread."""
        settings = [("order", *_THREADS[self.store.engine.dialect])] if self.store.engine.dialect in _THREADS else []
        if self.query.zone is None:
            settings += [
                (_ZONE, f"SET TimeZone = '{zone}'", "SET TimeZone = 'UTC'", f"the session's time zone (UTC or {zone})")
                for zone in ZONES
            ]
        usual = None
        for name, begin, end, says in settings:
            if name not in self.names or self._over(_OF_CIRCUMSTANCES):
                continue
            usual = usual if usual is not None else self.store.head()
            self.store.engine.execute(begin)
            try:
                other = self.store.head()
            finally:
                self.store.engine.execute(end)
            self._same(name, says, usual.total(), self.store.paired(usual, other))

    def _same(self, name: str, circumstance: str, rows: int, found: Difference | None) -> None:
        self._count(name, rows=rows)
        if found is not None:
            self.witness = Witness(name, circumstance, found, self.store.engine.label, circumstance=circumstance)

    def _trial(self, failure: str) -> Trial:
        moved = any(exercise.moved for exercise in self.exercised.values())
        outcome = Outcome.LEAK if self.witness else Outcome.CLEAN if moved else Outcome.INCONCLUSIVE
        reason = failure or "no mutation moved anything, even after the cut: nothing was exercised"
        alone = [f"{name}, which is not declared or has no key" for name in self.undeclared]
        alone += [
            f"{table.name}, which declares no time at which its rows became known"
            for table in self.store.tables
            if not table.dated and not table.relation.static
        ]
        parts = [
            f"{number:,} rows of {name}: each world holds about {self.slices.most:,} near its cut, "
            f"{self.slices.others:,} of all times"
            for name, number in self.slices.large.items()
            if name in self.store.parts
        ]
        return Trial(
            outcome, self.store.engine.label, self.seed, time.monotonic() - self.started, 1, self.cuts,
            dict(self.exercised), (), tuple(alone), reason if outcome is Outcome.INCONCLUSIVE else "", self.witness,
            tuple(parts),
        )  # fmt: skip

    def _count(self, name: str, *, rows: int = 0, moved: int = 0) -> None:
        self.exercised[name] = self.exercised.get(name, Exercise()).plus(rows=rows, moved=moved)

    def _seen(self) -> Literals:
        """The query's constants, and texts that the sampled rows hold."""
        found = Literals(zones=self.literals.zones, joined=self.literals.joined)
        for column, constants in self.literals.constants.items():
            found.constants[column] |= constants
        for rows in self.store.base.rows.values():
            for row in rows.values():
                for column, value in row.items():
                    if isinstance(value, str):
                        found.constants[column].add(value)
        return found

    def _lowest(self) -> dict[str, Any]:
        """The smallest value of every column that new rows need a new value of."""
        found: dict[str, Any] = {}
        for name, column in self._key_columns():
            text = self.store.column(column)
            low = self.store.engine.rows(f"SELECT min({text}) FROM {self.store.column_source(name)}")[0][0]
            found[column] = low if column not in found or found[column] is None else _least(low, found[column])
        return found

    def _key_columns(self) -> Iterator[tuple[str, str]]:
        for table in self.store.tables:
            for column in table.key:
                yield table.name, column


def _least(first: Any, second: Any) -> Any:
    try:
        return min(first, second)
    except TypeError:
        return first
