"""The long run: random queries and small changes of them, each one proved, what is proved run against random data.

    nice python -m tests.property.prove_long --minutes 30

prints how many queries were tried, how many are proved, on how much data, and every one that is proved and falsified.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import sqlglot
from tests.property.prove_mutants import mutants
from tests.property.prove_queries import query
from tests.specs.reading import HERE, cases

from tzero.errors import TzeroError
from tzero.falsify import Outcome, Trial, falsify
from tzero.prove import Declarations, parse_toml, prove


@dataclass
class Run:
    """What was tried. ``missed`` counts what is not proved and was not falsified either."""

    declarations: Declarations
    worlds: int
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def try_one(self, sql: str, declarations: Declarations | None = None, *, asked: bool = False) -> bool:
        """Prove one query; falsify it if it is proved, or where ``asked``. Whether it was wrongly proved."""
        if sql in self.seen:
            return False
        self.seen.add(sql)
        proved = prove(sql, declarations or self.declarations, dialect="duckdb").proved
        self.counts["queries"] += 1
        self.counts["proved"] += proved
        if not proved and not asked:
            return False
        trial = self._falsified(sql, declarations or self.declarations, proved=proved)
        if trial is None or trial.outcome is Outcome.INCONCLUSIVE:
            self.counts["could not run"] += 1
            return False
        leaks = trial.outcome is Outcome.LEAK
        self.counts["databases"] += trial.databases
        self.counts["cuts"] += trial.cuts
        self.counts["worlds"] += trial.worlds
        if asked:
            self.counts["asked"] += 1
            self.counts["asked, clean"] += not leaks
            self.counts["asked, clean and proved"] += proved and not leaks
        if proved and leaks:
            self.wrong.append(f"{sql}\n{trial.witness}")
        return proved and leaks

    def _falsified(self, sql: str, declarations: Declarations, *, proved: bool) -> Trial | None:
        worlds = self.worlds if proved else self.worlds // 2
        try:
            return falsify(sql, declarations, seconds=20, worlds=worlds, seed=len(self.seen))
        except TzeroError:
            return None

    def report(self) -> str:
        return ", ".join(f"{name} {count}" for name, count in self.counts.items())


def changed(sql: str, random: Random, number: int) -> list[str]:
    """A few single changes of a query."""
    found = [tree.sql("duckdb") for _, tree in mutants(sqlglot.parse_one(sql, read="duckdb"))]
    return random.sample(found, min(number, len(found)))


def run(minutes: float, seed: int, worlds: int) -> Run:
    shared = parse_toml((HERE / "declarations.toml").read_text(encoding="utf-8")).for_query()
    found = Run(shared, worlds)
    literate = [case for case in cases() if case.dialect == "duckdb" and case.expected == "PROVED"]
    random, end, number = Random(seed), time.monotonic() + 60 * minutes, 0
    shown = time.monotonic()
    while time.monotonic() < end:
        number += 1
        sql = query(f"{seed} {number}")
        tried = [(sql, shared), *((other, shared) for other in changed(sql, random, 3))]
        case = random.choice(literate)
        tried += [(other, case.declarations) for other in changed(case.sql, random, 1)]
        for at, (each, declarations) in enumerate(tried):
            if found.try_one(each, declarations, asked=at == 0 and number % 4 == 0):
                print(f"WRONG (seed {seed} {number})\n{found.wrong[-1]}\n", flush=True)
        if time.monotonic() - shown > 60:
            shown = time.monotonic()
            print(found.report(), flush=True)
    return found


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--worlds", type=int, default=400)
    given = parser.parse_args()
    found = run(given.minutes, given.seed, given.worlds)
    print(found.report())
    print(f"{len(found.wrong)} proved and falsified")
    return 1 if found.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
