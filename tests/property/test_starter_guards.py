"""Guards of time taken out of whole starters: both checks miss every one, but for those that keep no future out.

``TZERO_LONG=1`` tries the mutants of both starters for both databases, and judges those of the document anew
(``TZERO_WRITE=1`` writes them there); otherwise some that a seed draws.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from random import Random

import pytest
from tests.labelled.measure import engine_of
from tests.property.starter_guards import (
    DIALECTS,
    STARTERS,
    Mutant,
    compiled,
    judged,
    line,
    mutants,
    prover_objects,
)
from tests.property.starter_worlds import Stores
from tests.servers import versions
from tests.unit.prove.compiled import Closure

from tzero.engines.base import Engine

LONG = bool(os.environ.get("TZERO_LONG"))
DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "guards.md"
BEGIN, END = "<!-- the score: written by a test -->", "<!-- end of the score -->"
HEAD = "| starter | database | guard that is gone | prover | falsifier |\n|---|---|---|---|---|"
PAIRS = [(starter, dialect) for starter in STARTERS for dialect in DIALECTS]
_NO_DAY = ('"first_anchor" <=',)
"""A grid has rows of days before a segment was first seen: no row of that segment has such a day."""
_ONE_ROW = (
    # the rows that are numbered are one: origin and time of observation are the key of the weather
    "ROW_NUMBER",
    # the running maximum has only what became known strictly before T0, and its time names one row of an origin
    '"h"."known_at")',
    # an event is known when it happens: before it leaves any window
    " of events in part",
)
UNSEEN = {
    ("device_meta", "duckdb"): _NO_DAY,
    ("device_meta", "postgres"): _NO_DAY,
    # of what was before a row the first time is the first of all, if there was any
    ("flights", "duckdb"): (*_ONE_ROW, "frame to the end: MIN"),
    ("flights", "postgres"): _ONE_ROW,
}
"""Without one of these no row changes."""
_FURTHER_BACK = ('"h"."observed_at" >=', '"v"."leaves_after" >=')
OLDER = {
    # what becomes known after its window enters it, and never leaves
    ("flights", "duckdb"): (
        *_FURTHER_BACK,
        "no predicate of events_known_at_landed_at in part 1",
        "< to <= of events_known_at_landed_at in part 1",
    ),
    ("flights", "postgres"): (
        *_FURTHER_BACK,
        "no predicate of events_known_at_landed_at in part 2",
        "< to <= of events_known_at_landed_at in part 2",
        # the own row is one of its own peers, and its time is that of all of them
        "peers: MAX(...)",
        "peers: MIN",
    ),
}
"""Without one of these a row is about other parts of its past: the prover sees that it is the past."""
_TURNED = (
    # a lookup finds what came later, and no row that it may take is that one
    'other order: MAX("seen")',
    # in a trailing total everything enters and leaves: to the end it is 0, from the other end minus what is before
    "other order: SUM",
    "frame to the end: SUM",
    # the first of the times from a moment on is that moment
    "other order: MIN",
)
PAST = {
    # what becomes known at the end of its window leaves it, and never entered
    ("flights", "duckdb"): (*_TURNED, "< to <= of events_known_at_landed_at in part 2"),
    ("flights", "postgres"): (
        *_TURNED,
        "< to <= of events_known_at_landed_at in part 3",
        # the first of all times is that of the first before, or of the row itself
        "frame to the end: MIN",
    ),
}
"""Without one of these, too, for a reason that the prover does not see."""
OTHERS = ('no predicate: "v"."enters', '< to <=: "s"', "peers: SUM")
"""What does change rows, whatever else it keeps out."""
RARE = tuple(f"no predicate of events_known_at_landed_at in part {part}" for part in (2, 3))
"""A leak where this is what leaves a window: few stores have a row between its end and when the event is known."""
FUTURE = ('no predicate: "v"."enters', "frame to the end: MAX(...)")
KNOWN = {pair: (*UNSEEN[pair], *OLDER.get(pair, ()), *PAST.get(pair, ())) for pair in PAIRS}
"""What keeps no future out."""


@cache
def case(starter: str, dialect: str) -> tuple[Closure, tuple[Mutant, ...]]:
    """A starter's closure, and the mutants of it."""
    found = compiled(starter, dialect)
    return found, tuple(mutants(found, dialect))


def is_one_of(mutant: Mutant, some: Iterable[str]) -> bool:
    return any(text in mutant.kind for text in some)


def some_of(tried: list[Mutant], number: int) -> list[Mutant]:
    return tried if LONG else Random(0).sample(tried, min(number, len(tried)))


@pytest.fixture(scope="module")
def engines() -> Iterator[dict[str, Engine | None]]:
    """What each dialect runs on."""
    with ExitStack() as stack:
        yield {dialect: stack.enter_context(engine_of(dialect)) for dialect in DIALECTS if is_here(dialect)}


def is_here(dialect: str) -> bool:
    return dialect != "postgres" or bool(versions())


@pytest.fixture
def stores(request: pytest.FixtureRequest, engines: dict[str, Engine | None]) -> Stores:
    """Stores of a starter on a database."""
    starter, dialect = request.param
    if dialect not in engines:
        pytest.skip("no PostgreSQL server is installed")
    return Stores(case(starter, dialect)[0], dialect, engines[dialect])


@pytest.mark.parametrize(("starter", "dialect"), PAIRS if LONG else [("device_meta", "duckdb")])
def test_the_prover_misses_every_guard(starter: str, dialect: str) -> None:
    found, tried = case(starter, dialect)
    assert len(tried) >= 5
    for mutant in tried if LONG else Random(0).sample(tried, 3):
        objects = prover_objects(found, dialect, mutant)
        harmless = is_one_of(mutant, KNOWN[starter, dialect])
        # of what changes nothing in flights it proves a part
        assert objects is not harmless or (harmless and starter == "flights"), mutant.kind


@pytest.mark.parametrize(("stores", "pair"), [(pair, pair) for pair in PAIRS], indirect=["stores"])
def test_what_is_no_guard_changes_no_row(stores: Stores, pair: tuple[str, str]) -> None:
    tried = case(*pair)[1]
    unseen = [mutant for mutant in tried if is_one_of(mutant, UNSEEN[pair])]
    assert len(unseen) >= len(UNSEEN[pair])
    for mutant in some_of(unseen, 2):
        assert stores.same_rows(mutant), mutant.kind
    others = [mutant for mutant in tried if is_one_of(mutant, OTHERS)]
    assert others
    assert not all(stores.same_rows(mutant) for mutant in others), "another guard does change some"


@pytest.mark.parametrize(("stores", "pair"), [(pair, pair) for pair in OLDER], indirect=["stores"])
def test_what_lets_in_other_parts_of_the_past_is_a_guard_of_no_future(stores: Stores, pair: tuple[str, str]) -> None:
    """It changes values, so that the worlds do try it, and nothing from T0 on has a part in any of them."""
    found, tried = case(*pair)
    for kinds, proved in ((OLDER[pair], True), (PAST[pair], False)):
        harmless = [mutant for mutant in tried if is_one_of(mutant, kinds)]
        assert len(harmless) == len(kinds)
        for mutant in some_of(harmless, 1):
            assert stores.sees_only_the_past(mutant, stores.where_it_matters(mutant)), mutant.kind
            assert prover_objects(found, stores.dialect, mutant) is not proved, mutant.kind
    # one lets in what was not known yet of a row that was there, the other rows that were not
    for mutant in [mutant for mutant in tried if is_one_of(mutant, FUTURE)]:
        worlds = stores.where_it_matters(mutant, most=12)
        assert not stores.sees_only_the_past(mutant, worlds), f"a guard keeps the future out: {mutant.kind}"


@pytest.mark.parametrize("pair", PAIRS)
def test_the_document_names_every_guard(pair: tuple[str, str]) -> None:
    assert {row[2].strip("`") for row in rows_of(pair)} == {mutant.kind for mutant in case(*pair)[1]}, (
        "run these tests with TZERO_LONG=1"
    )


@pytest.mark.parametrize("pair", PAIRS)
def test_both_object_or_the_document_says_why(pair: tuple[str, str]) -> None:
    for _, _, kind, *said in rows_of(pair):
        if any(text in kind for text in RARE):
            assert said[0] == "objects" or any(text in kind for text in KNOWN[pair]), kind
            continue
        assert said == ["objects", "objects"] or any(text in kind for text in KNOWN[pair]), kind


def rows_of(pair: tuple[str, str]) -> list[list[str]]:
    """The document's rows of a starter on a database."""
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    rows = [row.removeprefix("| ").removesuffix(" |").split(" | ") for row in lines]
    return [row for row in rows if tuple(row[:2]) == pair]


@pytest.mark.skipif(not LONG, reason="TZERO_LONG is not set")
def test_the_document_shows_the_score() -> None:
    rows = [line(*pair, *found) for pair in PAIRS for found in judged(*pair)]
    text = DOCUMENT.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    wanted = f"{before}{BEGIN}\n\n{HEAD}\n" + "\n".join(rows) + f"\n\n{END}{rest.split(END)[1]}"
    if os.environ.get("TZERO_WRITE"):
        DOCUMENT.write_text(wanted, encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == wanted, "run this test with TZERO_WRITE=1"
