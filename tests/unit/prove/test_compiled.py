"""What the compiler makes of both starters is proved, in both dialects, and as the database gives it back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp
from tests.servers import fresh_database
from tests.unit.prove.compiled import Catalog, Closure, build_sources, closure

from tzero.engines.base import Engine
from tzero.engines.definitions import view_definition
from tzero.engines.targets import Target, open_engine
from tzero.prove import Proof, prove
from tzero.sql.names import RelationName

STARTERS = {"device_meta": 61, "flights": 41}
IMAGES = "feature_store.device_image_features_unified_v1"
UNDECLARED = {"device_meta": IMAGES, "flights": "flights.planes"}


def opened(url: str) -> Engine:
    return open_engine(Target.parse(url, Path()), read_only=False)


@pytest.fixture(scope="module", params=STARTERS)
def starter(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def catalog(starter: str) -> Iterator[Catalog]:
    engine = opened("duckdb://")
    yield build_sources(starter, engine)
    engine.close()


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def compiled(request: pytest.FixtureRequest, starter: str, catalog: Catalog) -> tuple[str, Closure]:
    return request.param, closure(starter, request.param, catalog)


def proof_of(found: Closure, dialect: str, queries: dict[str, str] | None = None) -> Proof:
    texts = queries or dict(found.queries)
    return prove(texts[found.entrypoint], found.declarations, dialect=dialect, views=found.views(texts))


def test_everything_is_proved(compiled: tuple[str, Closure], starter: str) -> None:
    dialect, found = compiled
    proof = proof_of(found, dialect)
    assert proof.proved, [(f.code, f.column, f.message, f.expression) for f in proof.findings]
    assert len(proof.columns) - 1 >= STARTERS[starter]
    assert f"{UNDECLARED[starter]} is static" in proof.assumptions


def test_what_an_entity_without_a_time_gives_is_found(compiled: tuple[str, Closure], starter: str) -> None:
    """Nothing is assumed that is not printed: without its declaration the lookup's columns fail, and no other."""
    dialect, found = compiled
    name = UNDECLARED[starter]
    relations = {**found.declarations.relations}
    relations[name] = replace(relations[name], static=False)
    undated = replace(found, declarations=replace(found.declarations, relations=relations))
    proof = proof_of(undated, dialect)
    assert {(finding.code, finding.relation) for finding in proof.findings} == {("T006", name)}
    columns = {finding.column for finding in proof.findings}
    assert columns and not {"t0", "generation", "listing_id", "distance", "temp", "origin_departures_1h"} & columns


def test_a_guard_that_is_gone_is_found(compiled: tuple[str, Closure]) -> None:
    """What keeps rows of the same moment out is taken away: order keys of timelines, strictness of as-of joins."""
    dialect, found = compiled
    changed = 0
    for name in sorted(found.stored)[:2]:
        tree = sqlglot.parse_one(found.queries[name], read=dialect)
        for window in tree.find_all(exp.Window):
            order = window.args.get("order")
            if order is not None and "is_change" in order.sql():
                order.set("expressions", order.expressions[:1])
                changed += 1
        for join in tree.find_all(exp.Join):
            if join.args.get("method") == "ASOF":
                before = join.args["on"].find(exp.LT)
                before.replace(exp.LTE(this=before.this, expression=before.expression))
                changed += 1
        texts = {**found.queries, name: tree.sql(dialect)}
        assert not proof_of(found, dialect, texts).proved, name
    assert changed >= 2


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
def test_images_that_are_known_within_a_day(dialect: str, tmp_path: Path) -> None:
    """With a time at which images are known nothing is taken as it is: T0 of what they say is a day later."""
    text = files("tzero.starters").joinpath("device_meta", "project", "device_meta.py").read_text()
    dated, changed = re.subn(
        r"^IMAGES_KNOWN_AT(.*?) = .*$", r'IMAGES_KNOWN_AT\1 = "known_at"', text, flags=re.MULTILINE
    )
    assert changed == 1
    (tmp_path / "device_meta.py").write_text(dated)
    engine = opened("duckdb://")
    found = closure("device_meta", dialect, build_sources("device_meta", engine), tmp_path)
    engine.close()
    assert found.declarations.query.tolerance_of(IMAGES) == timedelta(hours=24)
    proof = proof_of(found, dialect)
    assert proof.proved, [(f.code, f.column, f.message, f.expression) for f in proof.findings]
    assert not any("static" in fact for fact in proof.assumptions)
    strict = replace(
        found, declarations=replace(found.declarations, query=replace(found.declarations.query, tolerance={}))
    )
    columns = {finding.column for finding in proof_of(strict, dialect).findings}
    assert "dev_image_count" in columns and "dev_var_pro" not in columns


def test_as_postgres_gives_it_back(starter: str) -> None:
    engine = opened(fresh_database())
    try:
        found = closure(starter, "postgres", build_sources(starter, engine))
        texts = {}
        for name, sql in found.queries.items():
            kind, data = ("MATERIALIZED VIEW", " WITH NO DATA") if name in found.stored else ("VIEW", "")
            engine.execute(f"CREATE {kind} {name} AS {sql}{data}")
            texts[name] = str(view_definition(engine, RelationName.parse(name)))
            assert texts[name] != sql
    finally:
        engine.close()
    proof = proof_of(found, "postgres", texts)
    assert proof.proved, [(f.code, f.column, f.message, f.expression) for f in proof.findings]
    assert len(proof.columns) - 1 >= STARTERS[starter]


def test_as_duckdb_gives_it_back(starter: str) -> None:
    engine = opened("duckdb://")
    try:
        found = closure(starter, "duckdb", build_sources(starter, engine))
        texts = {}
        for name, sql in found.queries.items():
            engine.execute(f"CREATE VIEW {name} AS {sql}")
            texts[name] = str(view_definition(engine, RelationName.parse(name)))
    finally:
        engine.close()
    proof = proof_of(found, "duckdb", texts)
    assert proof.proved, [(f.code, f.column, f.message, f.expression) for f in proof.findings]
