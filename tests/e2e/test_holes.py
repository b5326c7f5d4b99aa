"""Ten holes that a hand-made store has although its own checks pass, as a user ran them; and the gate that finds each.

The store is made by hand as it usually is: a base view, statistics in a materialized view, a view that joins both. Its
checks are four queries: kinds of objects, names in the contract, a scan of texts for clocks, counts of the last day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.servers import versions
from tests.unit.certify.shop import SERIES, TABLE, Shop, open_shop

from tzero.certify.baseline import compare, grow
from tzero.certify.gate import GateResult, Verdict
from tzero.certify.gates.a2_clock import ClockGate
from tzero.certify.gates.a3_contract import ContractGate
from tzero.certify.gates.b1_proof import ProofGate
from tzero.certify.gates.b2_recount import RecountGate
from tzero.certify.gates.c1_future import FutureGate
from tzero.certify.gates.c2_baseline import BaselineGate
from tzero.certify.subject import Anchors, Subject
from tzero.prove import PRESENCE, Declarations, Query, Relation
from tzero.sql.names import RelationName
from tzero.state import feature_contract
from tzero.state.contract import ColumnRole, Contract, ContractColumn

pytestmark = pytest.mark.skipif(not versions(), reason="no PostgreSQL server is installed")
BASE = "SELECT s.id, s.sold_at AS t0, CAST(s.sold_at AS date) AS t0_day, s.brand, s.price FROM raw.sales AS s"
COUNTED = "(SELECT count(*) FROM hand.base AS b WHERE b.brand = d.brand AND b.t0_day < d.t0_day)"
STATS = "SELECT d.t0_day, d.brand, {n} AS n{more} FROM (SELECT DISTINCT t0_day, brand FROM hand.base) AS d"
ENTRY = (
    "SELECT b.id, b.t0, b.price, coalesce(s.n, 0) AS n{more} FROM hand.base AS b "
    "LEFT JOIN hand.stats AS s ON s.t0_day = b.t0_day AND s.brand = b.brand"
)
SALES = Relation("raw.sales", key=("id",), time="sold_at", not_null=frozenset({"sold_at"}))
WORLDS = FutureGate(60.0, worlds=60)
NAME = RelationName.parse("hand.entry")


@pytest.fixture(scope="module")
def opened() -> Iterator[Shop]:
    shop = open_shop(str(versions()[-1]))
    shop.run("CREATE SCHEMA hand")
    yield shop
    shop.engine.close()


@pytest.fixture
def shop(opened: Shop) -> Shop:
    """Sales as they were, nothing made by hand."""
    opened.run("DROP SCHEMA hand CASCADE", "CREATE SCHEMA hand")
    opened.run(
        "DELETE FROM raw.sales", f"INSERT INTO raw.sales {TABLE.split(' AS', 1)[1].format(series=SERIES['postgres'])}"
    )
    return opened


def made(
    shop: Shop, *, base: str = BASE, n: str = COUNTED, kept: str = "", more: str = "", sales: Relation = SALES
) -> Subject:
    """The store by hand. ``kept`` are more statistics, ``more`` more columns of the view."""
    shop.run(f"CREATE VIEW hand.base AS {base}")
    shop.run(f"CREATE MATERIALIZED VIEW hand.stats AS {STATS.format(n=n, more=kept)}")
    shop.run(f"CREATE VIEW {NAME} AS {ENTRY.format(more=more)}")
    return subject(shop, NAME, Query(anchor="t0", own="raw.sales", zone="UTC"), sales)


def subject(shop: Shop, relation: RelationName, query: Query, sales: Relation = SALES) -> Subject:
    declared = Declarations({"raw.sales": sales}, query)
    sources = frozenset({RelationName.parse("raw.sales")})
    key = ("id",) if query.own else ("t0_day", "brand")
    anchors = Anchors(relation, key, query.anchor)
    return Subject(shop.engine, shop.state, relation, "hand", key, anchors, declared, sources=sources)


def checks_pass(shop: Shop) -> bool:
    """What the hand-made store asks of itself."""
    words = r"(now\(|current_date|current_timestamp|clock_timestamp\()"
    kinds = """
        SELECT string_agg(c.relkind, '' ORDER BY c.relname) FROM pg_catalog.pg_class c
        WHERE c.relnamespace = 'hand'::pg_catalog.regnamespace AND c.relname IN ('base', 'entry', 'stats')"""
    tokens = f"""
        SELECT bool_or(lower(pg_catalog.pg_get_viewdef(c.oid)) ~ '{words}')
        FROM pg_catalog.pg_class c
        WHERE c.relnamespace = 'hand'::pg_catalog.regnamespace AND c.relname IN ('base', 'entry')"""
    counts = """
        SELECT bool_and(s.n = (SELECT count(*) FROM hand.base b WHERE b.brand = s.brand AND b.t0_day < s.t0_day))
        FROM (SELECT * FROM hand.stats ORDER BY t0_day DESC LIMIT 25) s"""
    found = [shop.engine.rows(query)[0][0] for query in (kinds, tokens, counts)]
    return found == ["vvm", False, True]


def codes(result: GateResult) -> set[str]:
    assert not result.verdict.holds
    return {finding.code for finding in result.findings}


def test_a_store_without_holes(shop: Shop) -> None:
    store = made(shop)
    assert checks_pass(shop)
    for gate in (ClockGate(), ProofGate(), RecountGate(), FutureGate(60.0, worlds=12)):
        result = gate(store)
        assert result.verdict.holds, (result.summary, result.findings)


@pytest.mark.parametrize("clock", ["localtimestamp", "CAST('now' || '' AS timestamp)", "hand.moment()"])
def test_1_a_scan_of_texts_misses_clocks(shop: Shop, clock: str) -> None:
    shop.run("CREATE FUNCTION hand.moment() RETURNS timestamp STABLE BEGIN ATOMIC SELECT localtimestamp; END")
    store = made(shop, base=BASE.replace("s.price", f"CASE WHEN s.sold_at < {clock} THEN s.price END AS price"))
    assert checks_pass(shop)
    assert "A2.clock" in codes(ClockGate()(store))


def test_1_a_scan_of_two_views_misses_the_statistics_and_what_lies_upstream(shop: Shop) -> None:
    shop.run("CREATE VIEW hand.upstream AS SELECT * FROM raw.sales WHERE sold_at < now()")
    store = made(shop, base=BASE.replace("raw.sales", "hand.upstream"), kept=", clock_timestamp() AS made_at")
    assert checks_pass(shop)
    clocks = [finding for finding in ClockGate()(store).findings if finding.code == "A2.clock"]
    assert {finding.relation for finding in clocks} == {"hand.upstream", "hand.stats"}


def test_1_a_later_scan_for_whole_words_never_finds_now(shop: Shop) -> None:
    """A word cannot end after a parenthesis: the pattern that asks for it matches no call at all."""
    store = made(shop, base=BASE.replace("s.price", "CASE WHEN s.sold_at < now() THEN s.price END AS price"))
    scan = r"""
        SELECT lower(pg_catalog.pg_get_viewdef('hand.base'::pg_catalog.regclass)) ~ '\m(now\(\)|random\(\))\M',
               lower(pg_catalog.pg_get_viewdef('hand.base'::pg_catalog.regclass)) LIKE '%now()%'"""
    assert shop.engine.rows(scan) == [(False, True)]
    assert "A2.clock" in codes(ClockGate()(store))


def test_2_a_contract_is_compared_with_another_relation(shop: Shop) -> None:
    store = made(shop)
    promised = ("id", "t0", "price", "n", "n_of_last_year")
    columns = tuple(ContractColumn(name, "bigint", True, ColumnRole.FEATURE) for name in promised)
    feature_contract.write(shop.state, Contract("hand", str(NAME), columns))
    shop.run("CREATE VIEW hand.predecessor AS SELECT id, t0, price, n, n AS n_of_last_year FROM hand.entry")
    named = """
        SELECT count(*) FILTER (WHERE c.column_name IS NULL) FROM feature_store.feature_contract f
        JOIN feature_store.feature_set s ON s.set_id = f.set_id AND s.name = 'hand'
        LEFT JOIN information_schema.columns c
          ON c.table_schema = 'hand' AND c.table_name = 'predecessor' AND c.column_name = f.feature_name"""
    assert shop.engine.rows(named) == [(0,)]
    assert checks_pass(shop)
    assert "A3.missing" in codes(ContractGate()(store))


def test_3_a_recount_of_the_last_day_misses_every_other_day(shop: Shop) -> None:
    wrong = "CASE WHEN x.t0_day < '2024-01-15' THEN 7 ELSE x.brand_n END AS brand_n"
    last_day = """
        SELECT bool_and(s.brand_n = (SELECT count(*) FROM shop.features_base b
                                     WHERE b.brand = s.brand AND b.t0_day < s.t0_day))
        FROM (SELECT * FROM shop.features_stats ORDER BY t0_day DESC LIMIT 25) s"""
    stored, view = (
        str(shop.engine.rows(f"SELECT pg_catalog.pg_get_viewdef('shop.{name}'::pg_catalog.regclass)")[0][0]).rstrip(";")
        for name in ("features_stats", "features")
    )
    with pytest.raises(InterruptedError), shop.engine.transaction():
        shop.run(
            "DROP MATERIALIZED VIEW shop.features_stats CASCADE",
            "CREATE MATERIALIZED VIEW shop.features_stats AS SELECT x.t0_day, x.brand, x.shade, "
            f"{wrong}, x.brand_shade_n, x.shade_share FROM ({stored}) AS x",
            f"CREATE VIEW shop.features AS {view}",
        )
        assert shop.engine.rows(last_day) == [(True,)]
        result = RecountGate()(shop.subject())
        raise InterruptedError
    assert codes(result) == {"B2.recount"}
    assert result.exercised["values compared"] == result.exercised["values"]


def test_4_a_future_that_nobody_tries(shop: Shop) -> None:
    store = made(shop, more=", ntile(4) OVER (ORDER BY b.price, b.id) AS quarter")
    assert checks_pass(shop)
    result = WORLDS(store)
    assert (result.verdict, result.findings[0].column) == (Verdict.LEAK, "quarter")
    assert ProofGate()(store).verdict in (Verdict.UNPROVED, Verdict.LEAK)


def test_5_a_time_that_can_be_edited(shop: Shop) -> None:
    store = made(shop, sales=replace(SALES, mutable=frozenset({"sold_at"})))
    grow(store, compare(store))
    before = shop.engine.rows("SELECT sum(n) FROM hand.stats WHERE t0_day < '2024-01-20'")
    shop.run("UPDATE raw.sales SET sold_at = '2024-01-25' WHERE id = 7", "REFRESH MATERIALIZED VIEW hand.stats")
    assert shop.engine.rows("SELECT sum(n) FROM hand.stats WHERE t0_day < '2024-01-20'") != before
    assert checks_pass(shop)
    assert "B1.T005" in codes(ProofGate(0.0)(store))
    assert {code.split(".")[0] for code in codes(BaselineGate()(store))} == {"C2"}


def test_6_a_day_that_depends_on_the_session(shop: Shop) -> None:
    zoned = BASE.replace("CAST(s.sold_at AS date)", "CAST(s.sold_at AT TIME ZONE 'UTC' AS date)")
    store = made(shop, base=zoned)
    assert checks_pass(shop)
    assert "A2.session" in codes(ClockGate()(store))


def test_7_votes_without_a_time(shop: Shop) -> None:
    shop.run("CREATE TABLE hand.votes AS SELECT id, color, sold_at + interval '9 days' AS cast_at FROM raw.sales")
    looked_up = BASE.replace("s.price", "s.price, v.color") + " LEFT JOIN hand.votes AS v ON v.id = s.id"
    store = made(shop, base=looked_up, more=", b.color")
    assert checks_pass(shop)
    result = ProofGate(0.0)(store)
    assert codes(result) == {"B1.T006"}
    assert "color" in {column for finding in result.findings for column in finding.every_column}
    dated = Relation("hand.votes", key=("id",), known_at="cast_at", not_null=frozenset({"cast_at"}))
    relations = {**store.declarations.relations, "hand.votes": dated}
    known = replace(
        store,
        declarations=replace(store.declarations, relations=relations),
        sources=store.sources | {RelationName.parse("hand.votes")},
    )
    result = WORLDS(known)
    assert (result.verdict, result.findings[0].column) == (Verdict.LEAK, "color"), result.findings[0].witness["text"]


def test_8_a_grid_of_segments_that_are_first_seen_later(shop: Shop) -> None:
    made(shop)
    shop.run(
        f"CREATE VIEW hand.grid AS SELECT d.t0_day, d.brand, {COUNTED} AS n FROM (SELECT * FROM (SELECT DISTINCT "
        "t0_day FROM hand.base) AS days CROSS JOIN (SELECT DISTINCT brand FROM hand.base) AS brands) AS d"
    )
    assert checks_pass(shop)
    grid = subject(shop, RelationName.parse("hand.grid"), Query(anchor="t0_day", zone="UTC"))
    result = ProofGate(0.0)(grid)
    assert PRESENCE in {finding.column for finding in result.findings}
    shop.run("INSERT INTO raw.sales VALUES (901, '2024-01-24 01:00:00', 'b9', 'red', 1)")
    early = "SELECT count(*) FROM {} WHERE brand = 'b9' AND t0_day < '2024-01-20'"
    assert int(shop.engine.rows(early.format("hand.grid"))[0][0]) > 0
    shop.refresh()
    assert shop.engine.rows(early.format("shop.features_stats")) == [(0,)]


def test_9_a_grid_of_days_on_which_nothing_happened(shop: Shop) -> None:
    """Every day, times every segment ever seen, times every category; ours has what was seen by then."""
    shop.run("INSERT INTO raw.sales VALUES (901, '2024-01-24 01:00:00', 'b9', 'red', 1)")
    made(shop)
    shop.refresh()
    full = "SELECT (SELECT count(DISTINCT t0_day) FROM hand.base) * (SELECT count(DISTINCT brand) FROM hand.base) * 4"
    assert checks_pass(shop)
    assert shop.engine.rows("SELECT count(*) FROM shop.features_stats")[0][0] < shop.engine.rows(full)[0][0]


def test_10_sums_of_floats_in_any_order(shop: Shop) -> None:
    summed = (
        "(SELECT sum(CAST(b.price AS float8) / 3) FROM hand.base AS b WHERE b.brand = d.brand AND b.t0_day < d.t0_day)"
    )
    store = made(shop, kept=f", {summed} AS total", more=", s.total")
    assert checks_pass(shop)
    assert codes(ClockGate()(store)) == {"A2.order"}
