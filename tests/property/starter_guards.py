"""Guards taken out of what the compiler makes of whole starters, and who objects: the prover, the falsifier.

``python -m tests.property.starter_guards STARTER DIALECT`` judges every mutant and prints its row of the table.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import sqlglot
from sqlglot import exp
from tests.labelled.measure import engine_of
from tests.property.guards import guards_of
from tests.unit.prove.compiled import Closure, build_sources, closure

from tzero.engines.base import Engine
from tzero.engines.targets import Target, open_engine
from tzero.falsify import Outcome, falsify
from tzero.prove import prove

STARTERS, DIALECTS = ("device_meta", "flights"), ("duckdb", "postgres")
_WORLDS = 120
"""As many on a busy machine as on a quiet one: the document says the same wherever it is written."""
_TIMES = re.compile("moment|anchor|_time|_at|_t0|_after")
_ALIKE = (
    (re.compile(r"(?<!part )\b\d+\b(?! PRECEDING)"), "N"),
    (re.compile(r"\b(SUM|MIN|MAX|COUNT)\(\"(?!seen)[^\"]*\"\)"), r"\1(...)"),
    (re.compile(r"PARTITION BY .*? ORDER BY"), "PARTITION BY ... ORDER BY"),
    (re.compile(r"(OVER \(.*?ORDER BY).*"), r"\1 ..."),
    (re.compile(r"(\"known_time\" <=?) .*"), r'\1 "event_time" + ...'),
)
"""What is of no account in how a guard looks: which value is added up, for whom, over how long."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A starter's closure with one guard gone; ``kind`` is the same of guards that look alike."""

    relation: str
    kind: str
    queries: dict[str, str]


def compiled(starter: str, dialect: str) -> Closure:
    with closing(open_engine(Target.parse("duckdb://", Path()), read_only=False)) as engine:
        return closure(starter, dialect, build_sources(starter, engine))


def mutants(found: Closure, dialect: str) -> list[Mutant]:
    """One mutant of each kind, the last one in the order of the relations: that of what all rows move.

    Where a relation copies another one that is mutated itself, the copy stays: of most of it nothing is used.
    """
    trees = {name: sqlglot.parse_one(sql, read=dialect) for name, sql in found.queries.items()}
    alike: dict[str, list[tuple[str, Callable[[], exp.Expr | None]]]] = defaultdict(list)
    for name, whole in trees.items():
        for what, mutant in guards_of(whole, [*trees.values()]):
            if _guards_time(what):
                alike[kind_of(what)].append((name, mutant))
    made = {
        kind: next(((name, tree) for name, mutant in reversed(some) if (tree := mutant()) and _is_query(tree)), None)
        for kind, some in alike.items()
    }
    return [
        Mutant(last[0], kind, {**found.queries, last[0]: last[1].sql(dialect)}) for kind, last in made.items() if last
    ]


def _is_query(tree: exp.Expr) -> bool:
    """An as-of join without its inequality is none: no database takes it."""
    return all(join.args["on"].find(exp.LT, exp.LTE, exp.GT, exp.GTE) for join in _asof_joins(tree))


def _asof_joins(tree: exp.Expr) -> Iterator[exp.Join]:
    return (join for join in tree.find_all(exp.Join) if join.args.get("method") == "ASOF")


def _guards_time(what: str) -> bool:
    """Whether what is gone has to do with time: most comparisons of numbers keep a division from failing."""
    return not what.startswith(("< to <=", "no predicate")) or bool(_TIMES.search(what))


def kind_of(what: str) -> str:
    """How a guard looks, without what is of no account.

    >>> kind_of('other order: SUM("number_of_late") OVER (PARTITION BY "a", "b" ORDER BY "moment" NULLS LAST RANGE')
    'other order: SUM(...) OVER (PARTITION BY ... ORDER BY ...'
    """
    text = " ".join(what.split())
    for pattern, instead in _ALIKE:
        text = pattern.sub(instead, text)
    return text


def prover_objects(found: Closure, dialect: str, mutant: Mutant) -> bool:
    queries = mutant.queries
    proof = prove(queries[found.entrypoint], found.declarations, dialect=dialect, views=found.views(queries))
    return not proof.proved


def narrowed(found: Closure, dialect: str, mutant: Mutant) -> str:
    """The entrypoint without the joins and columns that the guard has no part in: a leak of these is one of it all.

    Left joins on a key change no other row, and what is not joined costs no time: many more worlds are tried.
    """
    query = sqlglot.parse_one(mutant.queries[found.entrypoint], read=dialect)
    joins = query.args.get("joins") or []
    if mutant.relation == found.entrypoint or not all(join.side == "LEFT" for join in joins):
        return query.sql(dialect)
    gone = {join.alias_or_name for join in joins if f"{join.this.db}.{join.this.name}" != mutant.relation}
    query.set("joins", [join for join in joins if join.alias_or_name not in gone])
    kept = [item for item in query.selects if not any(column.table in gone for column in item.find_all(exp.Column))]
    return query.select(*kept, append=False).sql(dialect)


def falsifier_objects(
    found: Closure, dialect: str, mutant: Mutant, engine: Engine | None, seconds: float, worlds: int = 5000
) -> bool:
    trial = falsify(
        narrowed(found, dialect, mutant), found.declarations, dialect=dialect, views=found.views(mutant.queries),
        engine=engine, seconds=seconds, worlds=worlds, shrinking=0.0,
    )  # fmt: skip
    assert trial.outcome is not Outcome.INCONCLUSIVE, f"{mutant.kind}: {trial.reason}"
    return trial.outcome is Outcome.LEAK


def judged(starter: str, dialect: str) -> Iterator[tuple[str, bool, bool]]:
    """Each kind of mutant, whether the prover objects, and whether the falsifier does, within so many worlds."""
    found = compiled(starter, dialect)
    with engine_of(dialect) as engine:
        for mutant in mutants(found, dialect):
            proves = prover_objects(found, dialect, mutant)
            yield mutant.kind, proves, falsifier_objects(found, dialect, mutant, engine, 600, _WORLDS)


def line(starter: str, dialect: str, kind: str, proves: bool, shows: bool) -> str:
    """A row of the document's table."""
    marks = " | ".join("objects" if objects else "lets it pass" for objects in (proves, shows))
    return f"| {starter} | {dialect} | `{kind}` | {marks} |"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("starter", choices=STARTERS)
    parser.add_argument("dialect", choices=DIALECTS)
    given = parser.parse_args()
    for kind, proves, shows in judged(given.starter, given.dialect):
        print(line(given.starter, given.dialect, kind, proves, shows), flush=True)


if __name__ == "__main__":
    main()
