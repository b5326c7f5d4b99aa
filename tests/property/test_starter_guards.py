"""Guards of time taken out of whole starters: the prover misses every one, but for those that keep no future out.

``TZERO_LONG=1`` tries the mutants of both starters for both databases, and judges those of the document anew
(``TZERO_WRITE=1`` writes them there); otherwise some that a seed draws.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import closing
from functools import cache
from pathlib import Path
from random import Random

import pytest
from tests.property.starter_guards import (
    DIALECTS,
    STARTERS,
    Mutant,
    compiled,
    judged,
    line,
    mutants,
    narrowed,
    prover_objects,
)
from tests.unit.prove.compiled import Closure

from tzero.falsify.bench import Bench
from tzero.falsify.database import random_world
from tzero.falsify.subject import Subject
from tzero.falsify.tables import tables_of
from tzero.falsify.times import Times
from tzero.falsify.values import Values

LONG = bool(os.environ.get("TZERO_LONG"))
DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "guards.md"
BEGIN, END = "<!-- the score: written by a test -->", "<!-- end of the score -->"
HEAD = "| starter | database | guard that is gone | prover | falsifier |\n|---|---|---|---|---|"
SHOWN = (("device_meta", "duckdb"), ("device_meta", "postgres"), ("flights", "duckdb"))
PAIRS = [(starter, dialect) for starter in STARTERS for dialect in DIALECTS]
UNSEEN = {
    # a grid has rows of days before a segment was first seen: no row of that segment has such a day
    "device_meta": ('"first_anchor" <=',),
    "flights": (
        # the rows that are numbered are one: origin and time of observation are the key of the weather
        "ROW_NUMBER",
        # the running maximum has only what became known strictly before T0, and its time names one row of an origin
        '"h"."known_at")',
        # an event is known when it happens: before it is an hour old
        'no predicate: "known_time" < "event_time" + INTERVAL',
        '< to <=: "known_time" < "event_time" + INTERVAL',
        # what becomes known when it leaves the window enters and leaves at once
        '< to <=: "known_time" < "event_time" + N',
    ),
}
"""Without one of these no row changes."""
OLDER = ('"h"."observed_at" >=', '"v"."leaves_after" >=')
"""Without one of these a row of `flights` is about more of its past."""


@cache
def case(starter: str, dialect: str) -> tuple[Closure, tuple[Mutant, ...]]:
    """A starter's closure, and the mutants of it."""
    found = compiled(starter, dialect)
    return found, tuple(mutants(found, dialect))


def is_one_of(mutant: Mutant, some: Iterable[str]) -> bool:
    return any(text in mutant.kind for text in some)


@pytest.mark.parametrize(("starter", "dialect"), PAIRS if LONG else [("device_meta", "duckdb")])
def test_the_prover_misses_every_guard(starter: str, dialect: str) -> None:
    found, tried = case(starter, dialect)
    assert len(tried) >= 5
    for mutant in tried if LONG else Random(0).sample(tried, 3):
        objects = prover_objects(found, dialect, mutant)
        harmless = is_one_of(mutant, (*UNSEEN[starter], *OLDER))
        # of what changes nothing in flights it proves a part
        assert objects is not harmless or (harmless and starter == "flights"), mutant.kind


def rows_of(found: Closure, query: str, queries: dict[str, str], seed: int) -> list[tuple[object, ...]]:
    """What a query over the closure gives over a random store."""
    asked = found.declarations
    subject = Subject.read(query, asked, "duckdb", found.views(queries))
    tables = tables_of(list(subject.relations), asked.query.own, subject.literals)
    world = random_world(Values.around(Random(seed), subject.literals, Times("UTC")), tables)
    with closing(Bench(tables, subject.views, "duckdb")) as bench:
        bench.load(world)
        return sorted(bench.run(subject.sql).rows, key=repr)


def same_rows(found: Closure, mutant: Mutant, worlds: int = 3) -> bool:
    """Whether the rows that a guard may have a part in are the same without it, over some random stores."""
    query, most = narrowed(found, "duckdb", mutant), 0
    for seed in range(worlds):
        before = rows_of(found, query, dict(found.queries), seed)
        if before != rows_of(found, query, mutant.queries, seed):
            return False
        most = max(most, len(before))
    assert most >= 5
    return True


@pytest.mark.parametrize("starter", STARTERS)
def test_what_is_no_guard_changes_no_row(starter: str) -> None:
    found, tried = case(starter, "duckdb")
    unseen = [mutant for mutant in tried if is_one_of(mutant, UNSEEN[starter])]
    assert len(unseen) >= len(UNSEEN[starter])
    for mutant in unseen if LONG else Random(0).sample(unseen, min(2, len(unseen))):
        assert same_rows(found, mutant), mutant.kind
    others = [mutant for mutant in tried if 'no predicate: "v"."enters' in mutant.kind or '< to <=: "s"' in mutant.kind]
    assert others
    assert not all(same_rows(found, mutant) for mutant in others), "another guard does change some"


def test_what_reaches_further_back_is_a_guard_of_no_future() -> None:
    """More of the past changes values, so that the worlds do try it, and the prover sees that it is the past."""
    found, tried = case("flights", "duckdb")
    older = [mutant for mutant in tried if is_one_of(mutant, OLDER)]
    assert len(older) == len(OLDER)
    for mutant in older:
        assert not same_rows(found, mutant, worlds=8), mutant.kind
        assert not prover_objects(found, "duckdb", mutant), mutant.kind


@pytest.mark.parametrize("starter", STARTERS)
def test_the_document_names_every_guard(starter: str) -> None:
    kinds = {mutant.kind for mutant in case(starter, "duckdb")[1]}
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    rows = [row.split(" | ") for row in lines if row.startswith(f"| {starter} | duckdb | ")]
    assert {row[2].strip("`") for row in rows} == kinds, "run these tests with TZERO_LONG=1"


def test_the_document_says_why_of_what_both_let_pass() -> None:
    rows = [row for row in DOCUMENT.read_text(encoding="utf-8").splitlines() if row.count("lets it pass") == 2]
    assert rows
    for row in rows:
        starter = row.split(" | ")[0].strip("| ")
        assert any(text in row for text in (*UNSEEN[starter], *OLDER)), row


@pytest.mark.skipif(not LONG, reason="TZERO_LONG is not set")
def test_the_document_shows_the_score() -> None:
    rows = [line(*pair, *found) for pair in SHOWN for found in judged(*pair)]
    text = DOCUMENT.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    wanted = f"{before}{BEGIN}\n\n{HEAD}\n" + "\n".join(rows) + f"\n\n{END}{rest.split(END)[1]}"
    if os.environ.get("TZERO_WRITE"):
        DOCUMENT.write_text(wanted, encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == wanted, "run this test with TZERO_WRITE=1"
