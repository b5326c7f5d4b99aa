"""A deployed relation over other futures: cuts in the data that is there, mutations after them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any

from tzero.errors import EngineError, OutOfTimeError
from tzero.falsify.account import Account
from tzero.falsify.bench import Cells
from tzero.falsify.clashes import without_clashes
from tzero.falsify.compare import Difference
from tzero.falsify.cut import Cut
from tzero.falsify.cuts import tolerances
from tzero.falsify.literals import Literals
from tzero.falsify.mutations import MUTATIONS, Mutation, Scene
from tzero.falsify.mutations.applied import mutated
from tzero.falsify.sessions import try_sessions
from tzero.falsify.shrink import fewest_changes
from tzero.falsify.slices import Slices
from tzero.falsify.store import Store
from tzero.falsify.taken import Taken
from tzero.falsify.times import DAY
from tzero.falsify.trial import Trial
from tzero.falsify.values import Values
from tzero.falsify.witness import Witness
from tzero.falsify.world import World, changes
from tzero.prove.declarations import Query

_CUTS = 64
_BACK = 4 * DAY
_TURNS, _SLOW = 4, 1.0
"""How many worlds are tried after one cut, and after how many seconds another cut is worth more."""
LEAST = 1.5
"""How long a search goes on at least that may end once it has exercised enough."""


class Futures:
    """One search for a witness against a relation of a database."""

    def __init__(
        self,
        store: Store,
        query: Query,
        literals: Literals,
        slices: Slices,
        mutations: Sequence[str],
        account: Account,
    ) -> None:
        self.store, self.query, self.literals, self.slices, self.account = store, query, literals, slices, account
        self.taken = Taken(store.engine)
        self.first: datetime | None = None
        """The moment whose rows are held when the search begins: it is the first to cut at."""
        self.random = Random(account.seed)  # noqa: S311  reproducible, not secret
        self.names = mutations
        self.mutations = [m for m in MUTATIONS if m.name in mutations and m.applies(store.tables)]

    def run(self) -> Trial:
        try:
            return self._searched()
        finally:
            self.taken.drop()

    def _searched(self) -> Trial:
        try:
            moments = self._moments()
        except OutOfTimeError as error:
            return self._trial(error.what)
        self.account.budget.restart()  # to find moments in a large store takes as long as trying several of them
        self.store.base = World({table.name: {} for table in self.store.tables})
        try_sessions(self.store, self.names, self.account, pinned=self.query.zone is not None)
        reach = self._reach()
        turn = 0
        while moments and self.mutations and not self._over():
            moment = self.random.choice(moments) if self.account.cuts or self.first is None else self.first
            self.account.cuts += 1
            scene = self._scene(moment, reach)
            begun = time.monotonic()
            for _ in range(_TURNS):
                if not self._over() and time.monotonic() - begun < _SLOW:
                    mutation = self.mutations[turn % len(self.mutations)]
                    turn += 1
                    kept = frozenset(uid for uid in self.store.at_cut(moment) if self.random.random() < 0.5)
                    self._try(mutation, replace(scene, cut=replace(scene.cut, kept=kept)))
        self.account.untried += [m.name for m in self.mutations if m.name not in self.account.exercised]
        return self._trial("" if moments else "the relation has no rows with a T0")

    def _over(self) -> bool:
        """Whether the search ends; where it need not last, as soon as every kind of change moved something."""
        budget, tried = self.account.budget, self.account.exercised
        each_moved = all(mutation.name in tried and tried[mutation.name].moved for mutation in self.mutations)
        return self.account.over() or (budget.enough is not None and budget.elapsed > LEAST and each_moved)

    def _moments(self) -> list[datetime]:
        """The moments to cut at. Of a large store they are those of own rows, and the middle one is where it begins."""
        own = self.store.own
        if own is None or not own.dated or own.name not in self.slices.large:
            return self.store.moments(_CUTS)
        found = self.slices.moments(own, _CUTS, days=self.store.anchor_kind == "date")
        if found:
            self.first = found[len(found) // 2]
            self._take(self.first)
        return found

    def _take(self, moment: datetime) -> None:
        """Part of each large table: its rows about a moment."""
        self.store.parts = self.slices.about(moment)
        self.store.held, self.store.before = self.taken.take(self.store.parts), ""

    def _scene(self, moment: datetime, reach: dict[str, tuple[Any, Any]]) -> Scene:
        """The data about a cut, and the values to draw new rows from."""
        cut = Cut(moment, self.store.times, frozenset(), tolerances(self.query, self.store.tables))
        if self.account.cuts > 1 or moment != self.first:
            self._take(moment)
        self.store.base = self.store.sample(cut)
        self.store.before = self.taken.hold(self.store.as_it_is()) if self.store.held else ""
        values = Values(self.random, self._seen(), self.store.times, self.store.times.day_start(moment) - _BACK)
        values.reach = reach
        return Scene(self.store.tables, self.store.base, cut, values)

    def _try(self, mutation: Mutation, scene: Scene) -> None:
        world = without_clashes(self.store.rewriter(), mutated(mutation, scene))
        if world == scene.world:
            return
        kept = self.store.kept_keys(scene.cut)
        try:
            found = self.store.compare(self.store.base, world, scene.cut, kept)
        except EngineError as error:
            self.account.refused(mutation.name, error)
            return
        self.account.count(mutation.name, rows=found.rows, moved=found.moved)
        if found.difference is not None:
            self._found(mutation, scene, world, found.difference, kept)

    def _found(self, mutation: Mutation, scene: Scene, world: World, found: Difference, kept: frozenset[Cells]) -> None:
        """Undo what need not have changed, and keep the rest as the witness."""

        def shown(candidate: World) -> Difference | None:
            try:
                return self.store.compare(self.store.base, candidate, scene.cut, kept).difference
            except EngineError:
                return None

        deadline = time.monotonic() + max(5.0, self.account.budget.seconds / 2)
        world, found = fewest_changes(self.store.base, world, found, shown, deadline)
        self.account.witness = Witness(
            mutation.name, mutation.says, found, self.store.engine.label, scene.cut.moment, self.store.anchor,
            tuple(changes(self.store.base, world)),
        )  # fmt: skip

    def _trial(self, failure: str) -> Trial:
        declared = {table.name for table in self.store.tables}
        parts = tuple(
            f"{number:,} rows of {name}: each world holds about {self.slices.most:,} near its cut, "
            f"{self.slices.others:,} of all times"
            for name, number in self.slices.large.items()
            if name in self.store.parts
        )
        return self.account.trial(
            self.store.tables,
            failure=failure,
            moved=self.account.moved,
            undeclared=[str(base) for base in self.store.closure.bases if str(base) not in declared],
            parts=parts,
        )

    def _seen(self) -> Literals:
        """The query's constants, and texts that the sampled rows hold."""
        said = self.literals
        found = Literals(zones=said.zones, joined=said.joined, gaps=said.gaps, links=said.links)
        for column, constants in self.literals.constants.items():
            found.constants[column] |= constants
        for rows in self.store.base.rows.values():
            for row in rows.values():
                for column, value in row.items():
                    if isinstance(value, str):
                        found.constants[column].add(value)
        return found

    def _reach(self) -> dict[str, tuple[Any, Any]]:
        """The smallest and the largest value of every column of a key."""
        found: dict[str, tuple[Any, Any]] = {}
        for table in self.store.tables:
            for column in (c for c in table.key if table.kinds[c].kind != "other"):
                text = self.store.column(column)
                source = self.store.column_source(table.name)
                low, high = self.store.engine.rows(f"SELECT min({text}), max({text}) FROM {source}")[0]
                others = found.get(column, (None, None))
                found[column] = _first(min, low, others[0]), _first(max, high, others[1])
        return found


def _first(which: Callable[[Any, Any], Any], one: Any, other: Any) -> Any:
    """The smaller or larger of two values; the one that is there, where they cannot be compared."""
    if one is None or other is None:
        return one if other is None else other
    try:
        return which(one, other)
    except TypeError:
        return one
