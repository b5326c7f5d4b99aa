"""The search: databases, cuts in them, mutations after the cuts; it ends at the first witness."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from random import Random

from tzero.engines.base import Engine
from tzero.errors import EngineError
from tzero.falsify.bench import Bench, Output
from tzero.falsify.case import Case, Runner
from tzero.falsify.compare import Shape, moved_share
from tzero.falsify.cuts import Cuts
from tzero.falsify.database import random_world
from tzero.falsify.mutations import CIRCUMSTANCES, MUTATIONS, NAMES, ORDER, ZONE, Mutation, Scene, Setting, Stage
from tzero.falsify.mutations.applied import mutated
from tzero.falsify.shrink import shrink
from tzero.falsify.subject import Sql, Subject
from tzero.falsify.tables import Table, tables_of
from tzero.falsify.temporary import TemporaryBench
from tzero.falsify.times import Times
from tzero.falsify.trial import Exercise, Outcome, Trial
from tzero.falsify.values import Values
from tzero.falsify.witness import Witness
from tzero.falsify.world import World, changes
from tzero.prove.declarations import Declarations
from tzero.prove.proof import PRESENCE

ZONES = ("Europe/Oslo", "America/Los_Angeles", "Asia/Kolkata")
_TURNS, _PATIENCE = 4, 5


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
    half the time again, or ``shrinking`` seconds. The same seed searches in the same order. ``leave_out`` are columns
    whose leak is known, or ``"(row presence)"``: the search is for one in another. A query of another dialect is
    translated; a trial says so, and says INCONCLUSIVE with the reason where the translation does not run.

    Raises DeclarationError where a relation that the query reads, its columns or the anchor are not declared,
    ExpressionError where it does not parse.
    """
    views = views or {}
    to = engine.dialect if engine else "duckdb"
    subject = Subject.read(query, declarations, dialect, views, everything=bool(setup), to=to)
    tables = tables_of(list(subject.relations), declarations.query.own, subject.literals)
    search = Search(subject, declarations, tables, mutations, seed, seconds, worlds)
    search.shrinking = max(0.5, seconds / 2) if shrinking is None else shrinking
    search.leave_out = frozenset(leave_out) - {declarations.query.anchor}
    search.engine = to + (", translated" if subject.translated else "")
    if subject.untranslatable:
        return search.trial(f"it cannot be written for {to} as it is meant: {subject.untranslatable}")
    try:
        bench = _bench(tables, subject.views, dialect, setup, engine)
    except EngineError as error:
        return search.trial(f"{search.engine} could not build it: {error.what}")
    try:
        return search.run(bench)
    finally:
        bench.close()


def _bench(
    tables: tuple[Table, ...], views: Mapping[str, str], dialect: str, setup: Sequence[str], engine: Engine | None
) -> Bench:
    if engine is not None and engine.dialect == "postgres":
        return TemporaryBench(engine, tables, views, dialect, setup)
    return Bench(tables, views, dialect, setup)


class Search:
    """One search; counts what it exercises."""

    def __init__(
        self,
        subject: Subject,
        declarations: Declarations,
        tables: tuple[Table, ...],
        mutations: Sequence[str],
        seed: int,
        seconds: float,
        worlds: int,
    ) -> None:
        self.subject, self.tables, self.query = subject, tables, declarations.query
        self.random = Random(seed)  # noqa: S311  reproducible, not secret
        self.seed, self.seconds, self.worlds = seed, seconds, worlds
        self.mutations = [m for m in MUTATIONS if m.name in mutations and m.applies(tables)]
        self.circumstances = [c for c in CIRCUMSTANCES if c.name in mutations]
        self.zone = self.query.zone or "UTC"
        self.times = Times(self._day_zone())
        self.own = next((table for table in tables if table.own), None)
        self.own_key = self.own.key if self.own else ()
        self.engine = ""
        self.leave_out: frozenset[str] = frozenset()
        self.shrinking = seconds / 2
        self.started = time.monotonic()
        self.exercised: dict[str, Exercise] = {}
        self.databases = self.cuts = 0
        self.moved: set[int] = set()
        self.columns: tuple[str, ...] = ()
        self.witness: Witness | None = None

    def run(self, bench: Bench) -> Trial:
        runner = Runner(bench, self._compared)
        failure = ""
        while not self._over() and self.witness is None:
            values = Values.around(self.random, self.subject.literals, self.times)
            setting = Setting(random_world(values, self.tables), self.subject.sql, self.zone)
            try:
                base = runner.run(setting)
            except EngineError as error:
                failure = f"{self.engine} could not run it: {error.what}"
                if self.databases == 0 and self.random.random() < 1 / _PATIENCE:
                    break
                continue
            if self.databases == 0:
                self.started = time.monotonic()  # opening the database and loading its driver are not the search
            self.databases += 1
            self._database(runner, values, setting, base)
        return self.trial("" if self.databases else failure)

    def trial(self, failure: str = "") -> Trial:
        outcome, reason = self._outcome(failure)
        unmoved = tuple(c for at, c in enumerate(self.columns) if at not in self.moved)
        return Trial(
            outcome,
            self.engine,
            self.seed,
            time.monotonic() - self.started,
            self.databases,
            self.cuts,
            dict(self.exercised),
            () if self.witness else unmoved,
            tuple(self._left_alone()),
            reason,
            self.witness,
        )

    def _outcome(self, failure: str) -> tuple[Outcome, str]:
        if self.witness:
            return Outcome.LEAK, ""
        if failure:
            return Outcome.INCONCLUSIVE, failure
        if not self.moved:
            return Outcome.INCONCLUSIVE, "no mutation moved anything, even after the cut: nothing was exercised"
        return Outcome.CLEAN, ""

    def _left_alone(self) -> Iterator[str]:
        for table in self.tables:
            if not table.dated and not table.relation.static:
                yield f"{table.name}, which declares no time at which its rows became known"

    def _over(self) -> bool:
        done = sum(exercise.worlds for exercise in self.exercised.values())
        return time.monotonic() - self.started > self.seconds or done >= self.worlds

    def _database(self, runner: Runner, values: Values, setting: Setting, base: Output) -> None:
        key = self.subject.output_names(self.own_key)
        shape = Shape.of(base, self.query, key, any_keys=PRESENCE in self.leave_out)
        self.columns = base.columns
        self._circumstances(runner, setting, base, shape)
        turn = self.databases
        cuts = Cuts(self.tables, self.query, self.times, values, setting.world, base, shape)
        for moment in cuts.moments():
            if not self.mutations:
                return
            self.cuts += 1
            for _ in range(_TURNS):
                if self._over() or self.witness:
                    return
                mutation = self.mutations[turn % len(self.mutations)]
                turn += 1
                scene = Scene(self.tables, setting.world, cuts.at(moment), values)
                self._try(runner, mutation, scene, setting, base, shape)

    def _circumstances(self, runner: Runner, setting: Setting, base: Output, shape: Shape) -> None:
        pinned = self.query.zone is not None or self.subject.translated
        often = self.databases < 3 or self.databases % 8 == 0
        zones = ZONES if often else (self.random.choice(ZONES),)
        stage = Stage(self.random, self.subject.stopped, () if pinned else zones)
        # chance and clock show at once or not at all; order needs ties, a zone a time near midnight: of every database
        asked = [c for c in self.circumstances if often or c in (ORDER, ZONE)]
        for circumstance in asked:
            for before, after, text in circumstance.pairs(setting, stage):
                case = Case(circumstance.name, circumstance.says, before, after, shape, circumstance=text)
                try:
                    first = base if before is setting else runner.run(before)
                    second = runner.run(after)
                except EngineError as error:
                    self._refused(circumstance.name, error)
                    continue
                changed = case.difference(first, second)
                self._count(circumstance.name, rows=len(base.rows))
                if changed:
                    self._found(runner, case)
                    return

    def _try(
        self, runner: Runner, mutation: Mutation, scene: Scene, setting: Setting, base: Output, shape: Shape
    ) -> None:
        world = mutated(mutation, scene)
        case = Case(
            mutation.name, mutation.says, setting, setting.over(world), shape, scene.cut,
            self.own.name if self.own else None, self.own_key,
        )  # fmt: skip
        try:
            output = runner.run(case.after)
        except EngineError as error:
            self._refused(mutation.name, error)
            return
        before, after = case.split(base), case.split(output)
        free_moved, free, columns = moved_share(before.free, after.free)
        self._count(mutation.name, rows=free, moved=free_moved)
        self.moved |= columns
        if case.difference(base, output):
            self._found(runner, case)

    def _found(self, runner: Runner, case: Case) -> None:
        """Shrink a case and keep it as the witness, if it still shows when it is run afresh."""
        shrunk, found = shrink(case, runner, self.tables, time.monotonic() + self.shrinking)
        if found is None:
            return
        shown = tuple(changes(shrunk.before.world, shrunk.after.world)) if shrunk.cut else ()
        told = {(change.relation, change.uid) for change in shown}
        rest = {
            name: tuple(row for uid, row in rows.items() if (name, uid) not in told)
            for name, rows in shrunk.before.world.rows.items()
        }
        moment = shrunk.cut.moment if shrunk.cut else None
        self.witness = Witness(
            shrunk.mutation, shrunk.says, found, self.engine, moment, self.query.anchor, shown,
            {name: rows for name, rows in rest.items() if rows}, shrunk.circumstance,
        )  # fmt: skip

    def _count(self, name: str, *, rows: int = 0, moved: int = 0) -> None:
        self.exercised[name] = self.exercised.get(name, Exercise()).plus(rows=rows, moved=moved)

    def _refused(self, name: str, error: EngineError) -> None:
        self.exercised[name] = self.exercised.get(name, Exercise()).refused(error.what)

    def _compared(self, output: Output, world: World) -> Output:
        """What of an output is compared: all but the columns that are left out."""
        output = self._with_anchor(output, world)
        kept = [at for at, name in enumerate(output.columns) if name.lower() not in self.leave_out]
        if len(kept) == len(output.columns):
            return output
        return Output(tuple(output.columns[at] for at in kept), [tuple(row[at] for at in kept) for row in output.rows])

    def _with_anchor(self, output: Output, world: World) -> Output:
        """The output with the own row's time beside it, where it does not show its anchor itself."""
        names = [name.lower() for name in output.columns]
        key = self.subject.output_names(self.own_key)
        time = self.own and (self.own.relation.time or self.own.known)
        if self.query.anchor in names or self.own is None or not time or not all(name in names for name in key):
            return output
        at = [names.index(name) for name in key]
        times = {tuple(row[c] for c in self.own_key): row[time] for row in world.rows[self.own.name].values()}
        rows = [(*row, times.get(tuple(row[i] for i in at))) for row in output.rows]
        return Output((*output.columns, self.query.anchor), rows)

    def _day_zone(self) -> str:
        """The zone of days: declared, or that of the anchor's expression, or the only one that is named, or UTC."""
        named = self.subject.literals.zones
        of_anchor = self.subject.zone_of(self.query.anchor)
        return self.query.zone or of_anchor or (next(iter(named)) if len(named) == 1 else "UTC")
