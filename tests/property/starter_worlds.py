"""Random stores of a starter's sources, and what its entrypoint gives over them with a guard and without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from random import Random

from tests.property.starter_guards import Mutant, narrowed
from tests.unit.prove.compiled import Closure

from tzero.engines.base import Engine
from tzero.falsify.bench import Bench, Cells
from tzero.falsify.cut import Cut
from tzero.falsify.database import random_world
from tzero.falsify.subject import Subject
from tzero.falsify.tables import Table, tables_of
from tzero.falsify.temporary import TemporaryBench
from tzero.falsify.times import Times
from tzero.falsify.values import Values
from tzero.falsify.world import World

_FEW, _SOME, _MANY, _LEAST = 3, 12, 150, 5


@dataclass(frozen=True)
class Stores:
    """A starter's closure in a dialect; ``engine`` is a PostgreSQL for its dialect, None for the embedded DuckDB."""

    found: Closure
    dialect: str
    engine: Engine | None

    def same_rows(self, mutant: Mutant) -> bool:
        """Whether the rows that a guard may have a part in are the same without it, over some random stores."""
        return not self._others(mutant, range(_FEW))

    def where_it_matters(self, mutant: Mutant, most: int = _FEW) -> list[World]:
        """Some random stores where rows that a guard may have a part in are others without it."""
        return (self._others(mutant, range(_SOME)) or self._others(mutant, range(_SOME, _MANY)))[:most]

    def _others(self, mutant: Mutant, seeds: range) -> list[World]:
        query = narrowed(self.found, self.dialect, mutant)
        with self._opened(query, self.found.queries) as guarded:
            tried = [(world, guarded.rows(world)) for world in map(guarded.world, seeds)]
        assert any(len(rows) >= _LEAST for _, rows in tried)
        with self._opened(query, mutant.queries) as without:
            return [world for world, rows in tried if rows != without.rows(world)]

    def sees_only_the_past(self, mutant: Mutant, worlds: Sequence[World]) -> bool:
        """Whether every row is the same where nothing is there that was not known before its T0, but its own row."""
        assert worlds
        with self._opened(narrowed(self.found, self.dialect, mutant), mutant.queries) as without:
            for world in worlds:
                whole = without.rows(world)
                for uid in world.rows[without.own.name]:
                    rows = without.of(world, uid, whole)
                    if rows != without.of(world, uid, without.rows(without.before(world, uid))):
                        return False
        return True

    @contextmanager
    def _opened(self, query: str, queries: Mapping[str, str]) -> Iterator[_Opened]:
        asked = self.found.declarations
        subject = Subject.read(query, asked, self.dialect, self.found.views(dict(queries)), to=self.dialect)
        tables = tables_of(list(subject.relations), asked.query.own, subject.literals)
        if self.engine is None:
            bench = Bench(tables, subject.views, self.dialect)
        else:
            bench = TemporaryBench(self.engine, tables, subject.views, self.dialect)
        with closing(bench):
            yield _Opened(subject, tables, bench, Times(subject.day_zone(asked.query)))


@dataclass(frozen=True)
class _Opened:
    """A query on a bench, over stores of the tables that it reads."""

    subject: Subject
    tables: tuple[Table, ...]
    bench: Bench
    times: Times

    @property
    def own(self) -> Table:
        return next(table for table in self.tables if table.own)

    def world(self, seed: int) -> World:
        return random_world(Values.around(Random(seed), self.subject.literals, self.times), self.tables)

    def rows(self, world: World) -> list[Cells]:
        self.bench.load(world)
        return sorted(self.bench.run(self.subject.sql).rows, key=repr)

    @cached_property
    def key(self) -> list[int]:
        """The places of the own row's key in a row."""
        names = [column.name.lower() for column in self.bench.columns(self.subject.sql)]
        return [names.index(name) for name in self.subject.output_names(self.own.key)]

    def of(self, world: World, uid: int, rows: list[Cells]) -> list[Cells]:
        """The rows that are about one own row."""
        key = tuple(world.rows[self.own.name][uid][column] for column in self.own.key)
        return [row for row in rows if tuple(row[at] for at in self.key) == key]

    def before(self, world: World, uid: int) -> World:
        """What was known before the T0 of an own row, and that row."""
        moment = self.own.known_at(world.rows[self.own.name][uid], self.times)
        cut, known = Cut(moment, self.times, frozenset({uid})), world.copy()
        for table in self.tables:
            rows = known.rows[table.name]
            for other, row in list(rows.items()):
                if cut.is_free(table, other, row):
                    del rows[other]
                for time in table.late_times:
                    if cut.is_late(table, row, time):
                        row.update(dict.fromkeys(table.late_times[time]))
        return known
