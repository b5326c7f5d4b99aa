"""Guards taken out of compiled queries, one at a time: each is missed by the falsifier only where nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlglot import exp
from tests.property import guards
from tests.unit.falsify.shop import shop

from tzero.compile import compile_view
from tzero.falsify import Outcome, falsify
from tzero.features.populations import Population
from tzero.features.rows import Events
from tzero.features.types import ColumnType
from tzero.features.views import FeatureView
from tzero.prove import prove
from tzero.sql.names import RelationName

SALES = Events("sales", key="id", time="sold_at")
KINDS = {"id": "integer", "brand": "text", "price": "decimal(10, 2)", "weight": "double", "sold_at": "timestamptz"}
CATALOG = {RelationName(None, "sales"): {name: ColumnType.parse(kind) for name, kind in KINDS.items()}}
ANCHORS = {"day": SALES.before_day(zone="UTC"), "instant": SALES.before_instant()}


def compiled(before: Population) -> dict[str, exp.Expr]:
    view = FeatureView(
        "sale_features", SALES, n=before.count("brand"), total=before.sum("price", by="brand"), last=before.max("price")
    )
    found = compile_view(view, CATALOG, "duckdb").relations
    return {str(relation.name): relation.query for relation in found}


def falsified(queries: dict[str, exp.Expr], worlds: int) -> Outcome:
    name, query = list(queries.items())[-1]
    views = {other: tree for other, tree in queries.items() if other != name}
    # a price may be missing: else a row's own price hides that a count of prices saw those of its peers
    asked = shop(sales={"not_null": frozenset({"brand", "weight", "sold_at"})}, zone="UTC")
    return falsify(query, asked, views=views, seconds=60, worlds=worlds, shrinking=0.0).outcome


def without_guards(tree: exp.Expr) -> Iterator[tuple[str, exp.Expr]]:
    """The query with one guard of time gone: peers let in, the order turned round, the frame open to the end."""
    for at, node in enumerate(tree.walk()):
        if isinstance(node, exp.Join) and node.args.get("method") == "ASOF":
            changes = [("peers", _let_peers_in)]
        elif isinstance(node, exp.Window) and _is_running(node):
            changes = [("order", _turn_round), ("frame", _open_frame)]
        else:
            continue
        for name, change in changes:
            mutant = tree.copy()
            change(list(mutant.walk())[at])
            assert mutant != tree
            yield f"{name} of {node.sql()[:60]}", mutant


def _is_running(window: exp.Expr) -> bool:
    order = window.args.get("order")
    return order is not None and order.expressions[0].this.name == "moment"


def _let_peers_in(join: exp.Expr) -> None:
    before = join.args["on"].find(exp.LT)
    before.replace(exp.LTE(this=before.this, expression=before.expression))


def _turn_round(window: exp.Expr) -> None:
    for item in window.args["order"].expressions:
        item.set("desc", True)


def _open_frame(window: exp.Expr) -> None:
    window.args["spec"].set("end", "UNBOUNDED")
    window.args["spec"].set("end_side", "FOLLOWING")


@pytest.mark.parametrize("anchor", ANCHORS)
def test_compiled_queries_have_no_witness(anchor: str) -> None:
    assert falsified(compiled(ANCHORS[anchor]), 100) is Outcome.CLEAN


@pytest.mark.parametrize("anchor", ANCHORS)
def test_a_guard_that_is_gone_is_missed(anchor: str) -> None:
    queries = compiled(ANCHORS[anchor])
    tried = 0
    for name, tree in queries.items():
        for what, mutant in without_guards(tree):
            tried += 1
            assert falsified({**queries, name: mutant}, 600) is Outcome.LEAK, what
    assert tried >= 6


HARMLESS = ('"number_of_price" > 0', '"first_anchor" <=')
"""What a count of values is compared with, and which rows a grid has that nobody looks up: proved without them, too."""


@pytest.mark.parametrize("anchor", ANCHORS)
def test_the_prover_misses_every_guard(anchor: str) -> None:
    queries = compiled(ANCHORS[anchor])
    last = list(queries)[-1]
    asked, tried = shop(zone="UTC"), 0
    for name, tree in queries.items():
        for what, mutant in guards.without_guards(tree):
            changed = {**queries, name: mutant}
            views = {other: query for other, query in changed.items() if other != last}
            proof = prove(changed[last], asked, dialect="duckdb", views=views)
            assert proof.proved is any(word in what for word in HARMLESS), what
            tried += 1
    assert tried >= 14
