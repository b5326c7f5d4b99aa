"""The long run: random queries and small changes of them, each one proved, what is proved run against random data.

    nice python -m tests.property.prove_long --minutes 30 [--dialect postgres]

prints how many queries were tried, how many are proved, in how many worlds those were run, and every one that is proved
and falsified. What is proved is kept and changed again: so the queries stay near the border of what can be proved.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from random import Random

import sqlglot
from tests.property.prove_dialects import understood
from tests.property.prove_keys import query_of_keys
from tests.property.prove_mutants import crossed, ends, sampled, smaller
from tests.property.prove_places import REFUSED
from tests.property.prove_queries import query
from tests.property.prove_settings import SETTINGS, Draw, Drawn
from tests.property.prove_worlds import Found, Worlds
from tests.specs.reading import Case, cases

from tzero.errors import ExpressionError, TzeroError
from tzero.falsify.literals import read_literals
from tzero.prove import Declarations, prove

_KEPT = 1500
_TURNS = (0, 0, 1, 0, 0, 2)
"""Which of the settings has its turn, again and again."""


@dataclass
class Run:
    """What was tried. ``asked``: queries that are not proved and were run all the same, to see how much data shows."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    some: int = 0
    """In so many of the databases each query is run; 0: in all."""
    shrinking: float = 30
    """For so many seconds a query that is wrong is made smaller."""
    dialect: str = "duckdb"

    def try_one(self, sql: str, declarations: Declarations, draw: Draw, *, asked: bool = False) -> bool:
        """Prove one query; run it if it is proved, or where ``asked``. Whether it is proved."""
        if hash(sql) in self.seen:
            return False
        self.seen.add(hash(sql))
        proved = self._proved(sql, declarations)
        if not proved and not asked:
            return proved
        worlds = draw()
        runs = worlds.runs
        try:
            found = worlds.falsified(sql, self.some)
        except (*REFUSED, ValueError, OverflowError, TzeroError):
            self.counts["could not run"] += 1
            return False
        if proved:
            self.counts["proved and run"] += 1
            self.counts["runs"] += worlds.runs - runs
        else:
            self.counts["asked"] += 1
            self.counts["asked, falsified"] += found is not None
        if proved and found is not None:
            self.wrong.append(self._told(sql, declarations, worlds, found))
        return proved and found is None

    def _proved(self, sql: str, declarations: Declarations) -> bool:
        try:
            proved = prove(sql, declarations, dialect=self.dialect).proved
        except ExpressionError:
            self.counts["does not parse"] += 1
            return False
        except Exception as error:
            self.wrong.append(f"{sql}\n  broke the prover: {error!r}")
            return False
        self.counts["queries"] += 1
        self.counts["proved"] += proved
        return proved

    def _told(self, sql: str, declarations: Declarations, worlds: Worlds, found: Found) -> str:
        """A query that is wrongly proved, made as small as it can be, and what shows it."""
        least, end = sql, time.monotonic() + self.shrinking
        while time.monotonic() < end:
            texts = smaller(least, self.dialect)
            other = next((text for text in texts if self._still_wrong(text, declarations, worlds)), None)
            if other is None:
                break
            least = other
        found = worlds.falsified(least) or found
        return f"{least}\n  from: {sql}\n{worlds.shown(found)}"

    def _still_wrong(self, sql: str, declarations: Declarations, worlds: Worlds) -> bool:
        try:
            return prove(sql, declarations, dialect=self.dialect).proved and worlds.falsified(sql) is not None
        except (*REFUSED, ValueError, OverflowError, TzeroError):
            return False

    def report(self) -> str:
        return ", ".join(f"{name} {count}" for name, count in self.counts.items()) + f", wrong {len(self.wrong)}"


def changed(sql: str, random: Random, number: int, dialect: str = "duckdb") -> list[str]:
    """A few single changes of a query."""
    original = sqlglot.parse_one(sql, read=dialect)
    return [tree.sql(dialect) for tree in sampled(original, random, number) if ends(original, tree)]


class Stream:
    """What is tried, without end: new queries, changes of those that were proved, and of the literate cases."""

    def __init__(self, seed: int, dialect: str = "duckdb", draw: Callable[..., str] = query) -> None:
        self.seed, self.random, self.number, self.dialect, self.draw = seed, Random(seed), 0, dialect, draw
        self.kept: list[str] = []

    def keep(self, sql: str) -> None:
        if len(self.kept) < _KEPT:
            self.kept.append(sql)
        else:
            self.kept[self.random.randrange(_KEPT)] = sql

    def __iter__(self) -> Iterator[str]:
        while True:
            self.number += 1
            if self.number % 3 == 0 or len(self.kept) < 20:
                yield self.draw(f"{self.seed} {self.number}", wide=self.random.random() < 0.8, dialect=self.dialect)
            elif self.random.random() < 0.15:
                yield from crossed(*self.random.sample(self.kept, 2), self.random, self.dialect)
            else:
                once = changed(self.random.choice(self.kept), self.random, 2, self.dialect)
                yield from once
                if once and self.random.random() < 0.2:
                    yield from changed(once[0], self.random, 1, self.dialect)


def literate(seed: int, run: Run, random: Random, databases: int, futures: int) -> Callable[[], None]:
    """Tries one change of one of the literate cases, over worlds of its own declarations."""
    dialect = run.dialect
    known = [case for case in cases() if case.expected == "PROVED" and _runs(case, dialect)]

    def make(case: Case, number: int) -> Worlds:
        literals = read_literals([sqlglot.parse_one(case.sql, read=dialect)])
        more = {"databases": databases, "futures": futures}
        return Worlds(case.declarations, literals, case.sql, f"{seed} {number}", **more, dialect=dialect)

    def try_some() -> None:
        case = random.choice(known)
        try:
            drawn = Drawn(partial(make, case), most=1000)
            for sql in changed(case.sql, random, 8, dialect):
                run.try_one(sql, case.declarations, drawn)
            if drawn.held is not None:
                drawn.held.close()
        except (*REFUSED, TzeroError):
            run.counts["cases without worlds"] += 1

    return try_some


def _runs(case: Case, dialect: str) -> bool:
    return case.dialect == dialect or (case.dialect == "duckdb" and understood(case.sql, dialect))


def run(minutes: float, seed: int, databases: int, futures: int, some: int, dialect: str = "duckdb") -> Run:
    found = Run(some=some, dialect=dialect)
    drawn = [setting.drawn(f"{seed}", databases, futures, dialect) for setting in SETTINGS]
    own, keys = Stream(seed, dialect), Stream(seed, dialect, query_of_keys)
    streams = [(own, iter(own)), (own, iter(own)), (keys, iter(keys))]
    other = literate(seed, found, Random(seed), some or databases, futures)
    end, shown, told = time.monotonic() + 60 * minutes, time.monotonic(), 0
    for number in itertools.count():
        if time.monotonic() > end:
            break
        which = _TURNS[number % len(_TURNS)]
        stream, texts = streams[which]
        sql = next(texts)
        if found.try_one(sql, SETTINGS[which].declarations, drawn[which], asked=number % 25 == 1):
            stream.keep(sql)
        if number % 60 == 0:
            other()
        for text in found.wrong[told:]:
            print(f"WRONG (seed {seed} {number})\n{text}\n", flush=True)
        told = len(found.wrong)
        if time.monotonic() - shown > 60:
            shown = time.monotonic()
            print(time.strftime("%H:%M"), found.report(), flush=True)
    return found


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--databases", type=int, default=8)
    parser.add_argument("--some", type=int, default=2, help="in how many of them each query is run; 0: in all")
    parser.add_argument("--futures", type=int, default=5, help="how many other futures each database has")
    parser.add_argument("--dialect", choices=("duckdb", "postgres"), default="duckdb")
    given = parser.parse_args()
    found = run(given.minutes, given.seed, given.databases, given.futures, given.some, given.dialect)
    print(found.report())
    return 1 if found.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
