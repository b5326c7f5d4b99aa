"""How many labelled queries the prover and the falsifier are right about.

``python -m tests.labelled.measure FILE.yaml [--dialect duckdb|postgres] [--seeds 3] [--seconds 2] [--only ID,ID]``
searches a witness against every query that runs there, also under each assumption that makes a leak safe.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.labelled.reading import Item, read_items

from tzero.engines.base import Engine
from tzero.falsify import Outcome, Trial, falsify
from tzero.prove import prove

_SEQUENCE = "seq_f"
"""A sequence that queries of such files may draw from, whatever their own ``setup`` makes."""


@dataclass
class Measured:
    """What one run over all items found. ``false_alarms`` and ``wrongly_proved`` are defects, ``unproved`` is not."""

    leaks: int = 0
    missed: list[str] = field(default_factory=list)
    false_alarms: list[str] = field(default_factory=list)
    wrongly_proved: list[str] = field(default_factory=list)
    unproved: list[str] = field(default_factory=list)
    not_run: list[str] = field(default_factory=list)
    assumed: int = 0
    not_flipped: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        found = self.leaks - len(self.missed)
        lines = [
            f"{found} of {self.leaks} leaks have a witness; median {statistics.median(self.seconds or [0]):.2f} s, "
            f"most {max(self.seconds or [0]):.2f} s of processor time"
        ]
        for what in ("missed", "false_alarms", "wrongly_proved", "unproved", "not_run", "not_flipped"):
            if getattr(self, what):
                lines.append(f"  {what.replace('_', ' ')}: {', '.join(getattr(self, what))}")
        lines.append(f"  {self.assumed - len(self.not_flipped)} of {self.assumed} assumptions make a leak safe")
        return "\n".join(lines)


def measure(
    items: Iterable[Item], dialect: str, seconds: float, seed: int, engine: Engine | None = None, *, worlds: int = 5000
) -> Measured:
    """Every item that runs in a dialect through the falsifier and the prover."""
    found = Measured()
    for item in items:
        if not item.runs_on(dialect):
            continue
        begun = time.process_time()
        trial = _trial(item, dialect, seconds, seed, engine, worlds)
        found.seconds.append(time.process_time() - begun)
        if trial.outcome is Outcome.INCONCLUSIVE:
            found.not_run.append(f"{item.id} ({trial.reason})")
        proved = prove(item.sql, item.declarations, dialect=dialect).proved
        if item.safe:
            found.false_alarms += [f"{item.id}: {trial.witness}"] if trial.witness else []
            found.unproved += [] if proved else [f"{item.id} ({item.tier})"]
            continue
        found.leaks += 1
        found.missed += [] if trial.witness else [item.id]
        found.wrongly_proved += [item.id] if proved else []
        for assumption in item.safe_if:
            found.assumed += 1
            found.not_flipped += list(_not_safe(item, assumption, dialect, seconds, seed, engine, worlds))
    return found


def _trial(item: Item, dialect: str, seconds: float, seed: int, engine: Engine | None, worlds: int) -> Trial:
    return falsify(
        item.sql, item.declarations, dialect=dialect, setup=_setup(item, dialect), engine=engine,
        seconds=seconds, worlds=worlds, seed=seed, shrinking=0.2,
    )  # fmt: skip


def _setup(item: Item, dialect: str) -> tuple[str, ...]:
    made = (f"CREATE SEQUENCE IF NOT EXISTS {_SEQUENCE}",) if _SEQUENCE in item.sql else ()
    return made + item.setup.get(dialect, ())


def _not_safe(
    item: Item, assumption: str, dialect: str, seconds: float, seed: int, engine: Engine | None, worlds: int
) -> Iterator[str]:
    declared = item.assuming(assumption)
    trial = falsify(
        item.sql, declared, dialect=dialect, setup=_setup(item, dialect), engine=engine,
        seconds=seconds, worlds=worlds, seed=seed,
    )  # fmt: skip
    if trial.witness:
        yield f"{item.id} if {assumption}: {trial.witness}"
    if not prove(item.sql, declared, dialect=dialect).proved:
        yield f"{item.id} if {assumption}: not proved"


@contextmanager
def engine_of(dialect: str) -> Iterator[Engine | None]:
    """A PostgreSQL of our own for its dialect; None for the embedded DuckDB."""
    if dialect != "postgres":
        yield None
        return
    from tests.servers import fresh_database

    from tzero.engines.targets import Target, open_engine

    engine = open_engine(Target.parse(fresh_database(), Path()), read_only=False)
    try:
        yield engine
    finally:
        engine.close()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--dialect", choices=("duckdb", "postgres"), default="duckdb")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    only = set(filter(None, given.only.split(",")))
    items = [item for item in read_items(given.file) if not only or item.id in only]
    wrong = 0
    with engine_of(given.dialect) as engine:
        for seed in range(given.seeds):
            found = measure(items, given.dialect, given.seconds, seed, engine)
            print(f"seed {seed}: {found}", flush=True)
            wrong += len(found.false_alarms) + len(found.wrongly_proved)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
