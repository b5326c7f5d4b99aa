"""The search over small databases: cuts in them, mutations after the cuts; it ends at the first witness."""

from __future__ import annotations

import time
from collections.abc import Sequence
from random import Random

from tzero.errors import EngineError, OutOfTimeError
from tzero.falsify.account import Account
from tzero.falsify.anchored import Anchored
from tzero.falsify.bench import Bench, Output
from tzero.falsify.case import Case, Runner
from tzero.falsify.compare import Shape, moved_share
from tzero.falsify.cuts import Cuts
from tzero.falsify.database import random_world
from tzero.falsify.mutations import CIRCUMSTANCES, LATE, MUTATIONS, ORDER, ZONE, Mutation, Scene, Setting, Stage
from tzero.falsify.mutations.applied import mutated
from tzero.falsify.mutations.zone import ZONES
from tzero.falsify.shrink import shrink
from tzero.falsify.subject import Subject
from tzero.falsify.tables import Table
from tzero.falsify.times import Times
from tzero.falsify.trial import Trial
from tzero.falsify.values import Values
from tzero.falsify.witness import Witness
from tzero.falsify.world import changes
from tzero.prove.declarations import Query
from tzero.prove.proof import PRESENCE

_TURNS, _PATIENCE = 4, 5


class Search:
    """One search for a witness against a query, on a bench."""

    def __init__(
        self,
        subject: Subject,
        query: Query,
        tables: tuple[Table, ...],
        mutations: Sequence[str],
        account: Account,
        leave_out: frozenset[str],
        shrinking: float,
    ) -> None:
        self.subject, self.tables, self.query, self.account = subject, tables, query, account
        self.random = Random(account.seed)  # noqa: S311  reproducible, not secret
        self.mutations = _turns([m for m in MUTATIONS if m.name in mutations and m.applies(tables)], subject, tables)
        self.circumstances = [c for c in CIRCUMSTANCES if c.name in mutations]
        self.times = Times(subject.day_zone(query))
        self.own = next((table for table in tables if table.own), None)
        self.leave_out = leave_out - {query.anchor}
        self.shrinking = shrinking
        self.moved: set[int] = set()
        self.columns: tuple[str, ...] = ()

    @property
    def own_key(self) -> tuple[str, ...]:
        return self.own.key if self.own else ()

    def run(self, bench: Bench) -> Trial:
        runner = Runner(bench, Anchored(self.subject, self.query, self.own, self.leave_out).compared)
        failure = ""
        while not self.account.over():
            values = Values.around(self.random, self.subject.literals, self.times)
            world, subject = random_world(values, self.tables), self.subject
            setting = Setting(world, subject.sql, self.query.zone or "UTC", subject.threads)
            try:
                base = runner.run(setting)
            except EngineError as error:
                failure = f"{self.account.engine} could not run it: {error.what}"
                self.account.unended += isinstance(error, OutOfTimeError)
                if self.account.databases == 0 and self.random.random() < 1 / _PATIENCE:
                    break
                continue
            if self.account.databases == 0:
                self.account.budget.restart()
            self.account.databases += 1
            self._database(runner, values, setting, base)
        return self.trial("" if self.account.databases else failure)

    def trial(self, failure: str = "") -> Trial:
        unmoved = tuple(c for at, c in enumerate(self.columns) if at not in self.moved)
        return self.account.trial(self.tables, failure=failure, moved=bool(self.moved), unmoved=unmoved)

    def _database(self, runner: Runner, values: Values, setting: Setting, base: Output) -> None:
        key = self.subject.output_names(self.own_key)
        shape = Shape.of(base, self.query, key, any_keys=PRESENCE in self.leave_out)
        self.columns = base.columns
        self._circumstances(runner, setting, base, shape)
        turn = self.account.databases
        cuts = Cuts(self.tables, self.query, self.times, values, setting.world, base, shape)
        for moment in cuts.moments():
            if not self.mutations:
                return
            self.account.cuts += 1
            for _ in range(_TURNS):
                if self.account.over():
                    return
                mutation = self.mutations[turn % len(self.mutations)]
                turn += 1
                scene = Scene(self.tables, setting.world, cuts.at(moment), values)
                self._try(runner, mutation, scene, setting, base, shape)

    def _circumstances(self, runner: Runner, setting: Setting, base: Output, shape: Shape) -> None:
        pinned = self.query.zone is not None or self.subject.translated
        often = self.account.databases < 3 or self.account.databases % 8 == 0
        # all of them each time: each has hours, and a summer time, of its own
        stage = Stage(self.random, self.subject.stopped, () if pinned else ZONES)
        # chance and clock show at once or not at all; order needs ties, a zone a time near midnight: of every database
        asked = [c for c in self.circumstances if often or c in (ORDER, ZONE)]
        for circumstance in asked:
            for before, after, text in circumstance.pairs(setting, stage):
                case = Case(circumstance.name, circumstance.says, before, after, shape, circumstance=text)
                try:
                    first = base if before is setting else runner.run(before)
                    second = runner.run(after)
                except EngineError as error:
                    self.account.refused(circumstance.name, error)
                    continue
                changed = case.difference(first, second)
                self.account.count(circumstance.name, rows=len(base.rows))
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
            self.account.refused(mutation.name, error)
            return
        before, after = case.split(base), case.split(output)
        free_moved, free, columns = moved_share(before.free, after.free)
        self.account.count(mutation.name, rows=free, moved=free_moved)
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
        self.account.witness = Witness(
            shrunk.mutation, shrunk.says, found, self.account.engine, moment, self.query.anchor, shown,
            {name: rows for name, rows in rest.items() if rows}, shrunk.circumstance,
        )  # fmt: skip


def _turns(mutations: list[Mutation], subject: Subject, tables: tuple[Table, ...]) -> list[Mutation]:
    """In which order mutations take turns: late values twice where the query reads them, else never."""
    if LATE not in mutations or len(mutations) == 1:
        return mutations
    late = {column for table in tables for pair in table.relation.late.items() for column in pair}
    if not subject.literals.reads(late):
        return [mutation for mutation in mutations if mutation is not LATE]
    return [*mutations, LATE]
