"""Guards of time taken out of whole starters: the prover misses every one, but for one that nothing depends on.

``TZERO_LONG=1`` tries the mutants of both starters for both databases, and judges those of the document anew
(``TZERO_WRITE=1`` writes them there); otherwise some that a seed draws.
"""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from tests.property.starter_guards import DIALECTS, STARTERS, Mutant, compiled, judged, line, mutants, prover_objects
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
SHOWN = "device_meta"
PAIRS = [(starter, dialect) for starter in STARTERS for dialect in DIALECTS]
NOBODY_LOOKS_UP = '"first_anchor" <='
"""A grid without it has rows of days before a segment was first seen: no row of that segment has such a day."""


@pytest.mark.parametrize(("starter", "dialect"), PAIRS if LONG else [("device_meta", "duckdb")])
def test_the_prover_misses_every_guard(starter: str, dialect: str) -> None:
    found = compiled(starter, dialect)
    tried = mutants(found, dialect)
    assert len(tried) >= 5
    for mutant in tried if LONG else Random(0).sample(tried, 3):
        assert prover_objects(found, dialect, mutant) is (NOBODY_LOOKS_UP not in mutant.kind), mutant.kind


def rows_of(found: Closure, queries: dict[str, str], seed: int) -> list[tuple[object, ...]]:
    """What the entrypoint gives over a random store."""
    asked = found.declarations
    subject = Subject.read(queries[found.entrypoint], asked, "duckdb", found.views(queries))
    tables = tables_of(list(subject.relations), asked.query.own, subject.literals)
    world = random_world(Values.around(Random(seed), subject.literals, Times("UTC")), tables)
    with closing(Bench(tables, subject.views, "duckdb")) as bench:
        bench.load(world)
        return sorted(bench.run(subject.sql).rows, key=repr)


def same_rows(found: Closure, mutant: Mutant, worlds: int = 3) -> bool:
    pairs = [
        (rows_of(found, dict(found.queries), seed), rows_of(found, mutant.queries, seed)) for seed in range(worlds)
    ]
    assert all(len(before) >= 5 for before, _ in pairs)
    return all(before == after for before, after in pairs)


def test_what_the_prover_lets_pass_changes_no_row() -> None:
    found = compiled("device_meta", "duckdb")
    by_kind = {mutant.kind: mutant for mutant in mutants(found, "duckdb")}
    (harmless,) = (mutant for kind, mutant in by_kind.items() if NOBODY_LOOKS_UP in kind)
    assert same_rows(found, harmless)
    assert not same_rows(found, by_kind['< to <=: "s"."moment" < "a"."anchor"']), "another guard does change some"


def test_the_document_names_every_guard() -> None:
    kinds = {mutant.kind for mutant in mutants(compiled(SHOWN, "duckdb"), "duckdb")}
    rows = [row.split(" | ") for row in DOCUMENT.read_text(encoding="utf-8").splitlines() if row.startswith("| device")]
    assert {row[2].strip("`") for row in rows if row[1] == "duckdb"} == kinds, "run these tests with TZERO_LONG=1"


@pytest.mark.skipif(not LONG, reason="TZERO_LONG is not set")
def test_the_document_shows_the_score() -> None:
    rows = [line(SHOWN, dialect, *found) for dialect in DIALECTS for found in judged(SHOWN, dialect, 30)]
    text = DOCUMENT.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    wanted = f"{before}{BEGIN}\n\n{HEAD}\n" + "\n".join(rows) + f"\n\n{END}{rest.split(END)[1]}"
    if os.environ.get("TZERO_WRITE"):
        DOCUMENT.write_text(wanted, encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == wanted, "run this test with TZERO_WRITE=1"
