"""What can be wrong with a store, each planted in the small shop, and the gates that catch it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.unit.certify.own import OWN, OWN_SQL, SALES, own_subject
from tests.unit.certify.shop import Shop, declared

from tzero.certify.acceptance import accept_found
from tzero.certify.baseline import compare, grow
from tzero.certify.lineage import lineage_of
from tzero.certify.subject import Subject
from tzero.engines.append_only import rewriting
from tzero.engines.catalog import Statement
from tzero.features.views import FeatureView
from tzero.prove import Declarations, Query, Relation
from tzero.sql.names import RelationName
from tzero.state import feature_contract
from tzero.state.contract import ColumnRole, Contract, ContractColumn

Plant = Callable[[Shop], Subject]
STATS, VIEW, CHANGES = "shop.features_stats", "shop.features", "feature_store.t0_version_sales"
SHOWN = "id, t0, price, brand_n, brand_shade_n, shade_share"


@dataclass(frozen=True)
class Violation:
    """``caught`` names the gates that fail, each of them and no other; on one engine, where ``engine`` names it."""

    group: str
    says: str
    plant: Plant
    caught: str
    engine: str = "duckdb"

    @property
    def gates(self) -> tuple[str, ...]:
        return tuple(self.caught.split())


def by(*statements: str) -> Plant:
    """The compiled view, after statements by hand."""

    def plant(shop: Shop) -> Subject:
        shop.run(*statements)
        return shop.subject()

    return plant


def shown_as(columns: str, source: str = "shop.hidden", then: str = "") -> Plant:
    """The compiled view, shown otherwise under its name."""
    return by(
        "ALTER VIEW shop.features RENAME TO hidden", f"CREATE VIEW {VIEW} AS SELECT {columns} FROM {source} {then}"
    )


def own(query: str, *before: str, **changed: object) -> Plant:
    """A view of the user's own SQL, with a contract of its columns and its definitions accepted."""

    def plant(shop: Shop) -> Subject:
        shop.run(*before)
        return replace(with_contract(shop, own_subject(shop, query)), **changed)  # type: ignore[arg-type]

    return plant


def with_contract(shop: Shop, subject: Subject) -> Subject:
    described = shop.engine.describe(OWN)
    assert described is not None
    roles = {"id": ColumnRole.KEY, "t0": ColumnRole.T0}
    columns = (
        ContractColumn(column.name, column.dtype, column.name not in roles, roles.get(column.name, ColumnRole.FEATURE))
        for column in described.columns
    )
    feature_contract.write(shop.state, Contract("own", str(OWN), tuple(columns)))
    accept_found(shop.state, lineage_of(subject))
    return subject


def _beside(expression: str) -> str:
    return OWN_SQL.replace("FROM raw.sales s", f", {expression} AS more FROM raw.sales s")


def _redeclared(shop: Shop) -> Subject:
    (view,) = shop.declared.views
    other = FeatureView(str(view.name), view.rows, **dict(view.features[1:]), price=dict(view.features)["price"])
    shop.declared = replace(shop.declared, views=(other,))
    return shop.subject()


def _changed_upstream(shop: Shop) -> Subject:
    shop.run("CREATE VIEW raw.seen AS SELECT * FROM raw.sales")
    subject = with_contract(shop, own_subject(shop, OWN_SQL.replace("raw.sales o", "raw.seen o")))
    shop.run("CREATE OR REPLACE VIEW raw.seen AS SELECT * FROM raw.sales WHERE price > 0")
    return subject


def _redefined(brand_n: str) -> Plant:
    """The statistics filled from another definition of one count."""
    before = "SELECT t0_day, brand, shade, brand_n, brand_shade_n, shade_share FROM shop.features_stats"
    return by(
        f"CREATE TABLE shop.kept AS {before}",
        f"CREATE OR REPLACE TABLE {STATS} AS SELECT x.t0_day, x.brand, x.shade, CAST({brand_n} AS int) AS brand_n, "
        "x.brand_shade_n, x.shade_share FROM shop.kept AS x",
    )


def _stored_as_a_view(shop: Shop) -> Subject:
    subject = shop.subject()
    shop.run(f"ALTER TABLE {STATS} RENAME TO kept", f"CREATE VIEW {STATS} AS SELECT * FROM shop.kept")
    return subject


def _refreshed(statement: str) -> Plant:
    """The compiled view, rebuilt from rows that were changed by hand."""

    def plant(shop: Shop) -> Subject:
        shop.run(statement)
        shop.refresh()
        return shop.subject()

    return plant


def _marks(rows: str, **said: object) -> Plant:
    """A view that reads marks, of which more is declared than holds: the proof of it takes that for granted."""
    facts = {"key": ("id",), "time": "seen_at", "not_null": frozenset({"seen_at"}), **said}
    told = Declarations(
        {"raw.sales": SALES, "raw.marks": Relation("raw.marks", **facts)},  # type: ignore[arg-type]
        Query(anchor="t0", own="raw.sales", zone="UTC"),
    )
    return own(
        _beside("(SELECT max(m.n) FROM raw.marks m WHERE m.seen_at < s.sold_at)"),
        "CREATE TABLE raw.marks (id int, seen_at timestamp, told_at timestamp, n int)",
        f"INSERT INTO raw.marks VALUES (1, '2024-01-02', '2024-01-03', 1), (2, '2024-01-04', '2024-01-05', 2), {rows}",
        declarations=told,
        sources=frozenset({RelationName.parse("raw.sales"), RelationName.parse("raw.marks")}),
    )


def _kept(*statements: str, refreshed: bool = True) -> Plant:
    """The compiled view over kept versions of which some are edits, and what was done by hand to these.

    On PostgreSQL as somebody does it who knows how: it is refused otherwise.
    """

    def plant(shop: Shop) -> Subject:
        shop.declared = declared(history=True)
        shop.apply()
        shop.run("UPDATE raw.sales SET brand = 'b2' WHERE id IN (7, 40)")
        shop.refresh()
        grow(shop.subject(), replace(compare(shop.subject()), before=None))
        with shop.engine.transaction():
            named = RelationName.parse(CHANGES)
            done = rewriting(shop.engine, named, [Statement(statement) for statement in statements])
            shop.run(*(statement.sql for statement in done))
        if refreshed:
            shop.refresh()
        return shop.subject()

    return plant


_COLUMNS = "id, sold_at, brand, color, price, t0_version, t0_change, t0_known_at, t0_captured_at"
_OVERWRITTEN = f"UPDATE {CHANGES} SET price = 99 WHERE id = 7 AND t0_version = 1"
_PUT = (
    f"INSERT INTO {CHANGES} ({_COLUMNS}) SELECT 900, {_COLUMNS[4:]} FROM {CHANGES} WHERE id = 9",
    "INSERT INTO raw.sales SELECT 900, sold_at, brand, color, price FROM raw.sales WHERE id = 9",
)
_ONE_KEY = "t0_day = '2024-01-10' AND brand = 'b1' AND shade = 'red'"
_INDEX = "ux_features_stats"
_KEY = "t0_day, brand, shade"
_WRAPPED = "CREATE FUNCTION raw.moment() RETURNS timestamp STABLE BEGIN ATOMIC SELECT localtimestamp; END"
VIOLATIONS = (
    Violation("objects", "the unique index of the statistics is gone",
        by(f"DROP INDEX shop.{_INDEX}"), "A1", "postgres"),
    Violation(
        "objects", "the unique index covers a part of the rows",
        by(f"DROP INDEX shop.{_INDEX}", f"CREATE UNIQUE INDEX {_INDEX} ON {STATS} ({_KEY}) WHERE brand <> 'b0'"),
        "A1", "postgres",
    ),
    Violation(
        "objects", "the statistics were never populated", by(f"REFRESH MATERIALIZED VIEW {STATS} WITH NO DATA"),
        "A1 B2 C2 C3", "postgres",
    ),
    Violation("objects", "the statistics are gone", by(f"DROP TABLE {STATS}"), "A1 A2 A3 A4 A5 B2 B3 C1 C2 C3"),
    Violation("objects", "the statistics are a view", _stored_as_a_view, "A1 A4"),
    Violation("objects", "a stored key stands twice", by(
        f"INSERT INTO {STATS} SELECT * FROM {STATS} WHERE (t0_day, brand, shade) IN "
        "(SELECT t0_day, brand, shade FROM shop.features_base WHERE id = 60)"), "A1 B3 C2"),
    Violation(
        "objects", "a stored key is NULL",
        by(f"INSERT INTO {STATS} BY NAME SELECT * REPLACE (NULL AS brand) FROM {STATS} LIMIT 1"), "A1 B2",
    ),
    Violation("declared", "a key of a source stands twice", _marks("(2, '2024-01-06', '2024-01-07', 3)"), "A1"),
    Violation("declared", "a key of a source is NULL", _marks("(NULL, '2024-01-06', '2024-01-07', 3)"), "A1"),
    Violation("declared", "several columns of a source stand twice", _marks(
        "(3, '2024-01-04', '2024-01-07', 3)", unique=(("seen_at",),)), "A1", "postgres"),
    Violation("declared", "a value is missing that is never NULL", _marks(
        "(3, '2024-01-06', '2024-01-07', NULL)", not_null=frozenset({"seen_at", "n"})), "A1"),
    Violation("declared", "a time does not come after the one that it comes after", _marks(
        "(3, '2024-01-06', '2024-01-06', 3)", after={"told_at": "seen_at"}), "A1"),
    Violation("declared", "a number is below zero that never is", _marks(
        "(3, '2024-01-06', '2024-01-07', -3)", nonnegative=frozenset({"n"})), "A1"),
    Violation("declared", "a version does not grow with its time", _marks(
        "(3, '2024-01-06', '2024-01-07', 1)", monotone={"n": "seen_at"}), "A1"),
    Violation("clock", "a column reads the clock", own(_beside("s.sold_at < localtimestamp")), "A2 B1"),
    Violation("clock", "a function of the user's own reads the clock",
        own(_beside("raw.moment()"), _WRAPPED), "A2 B1 C1", "postgres"),
    Violation("clock", "a text is read as a time, and may say 'today'", own(
        _beside("CAST('2024-01-0' || (s.id % 9 + 1) AS date)")), "A2 B1", "postgres"),
    Violation("clock", "a column is drawn by chance", own(_beside("random()")), "A2 B1 C1"),
    Violation("clock", "a column shows the session", own(_beside("current_setting('TimeZone')")), "A2 B1"),
    Violation("clock", "a sum of floats takes its rows as they come", own(
        _beside("(SELECT sum(CAST(o.price AS double)) FROM raw.sales o WHERE o.sold_at < s.sold_at)")), "A2"),
    Violation("clock", "a list takes its rows as they come", own(
        _beside("(SELECT list(o.id) FROM raw.sales o WHERE o.sold_at < s.sold_at)")), "A2 B1"),
    Violation("contract", "a column is renamed",
        shown_as(SHOWN.replace("brand_n,", "brand_n AS brand_m,")), "A3 A4 B2"),
    Violation("contract", "a column is added", shown_as(f"{SHOWN}, 1 AS one_more"), "A3 A4"),
    Violation("contract", "a column has another type",
        shown_as(SHOWN.replace("price", "CAST(price AS text) AS price")), "A3 A4 C2"),
    Violation("contract", "columns stand in another order",
        shown_as(SHOWN.replace("id, t0, price", "id, price, t0")), "A3 A4"),
    Violation("contract", "a row of the contract is edited by hand", by(
        "UPDATE feature_store.feature_contract SET nullable = NOT nullable WHERE feature_name = 'price'"), "A3"),
    Violation("contract", "the hash of the contract is edited by hand", by(
        "UPDATE feature_store.feature_set SET features_hash = 'feed'"), "A3"),
    Violation("contract", "the contract is gone", by("DELETE FROM feature_store.feature_set"), "A3"),
    Violation("contract", "the contract is of another relation", by(
        "UPDATE feature_store.feature_set SET relation = 'shop.features_base'"), "A3"),
    Violation("definition", "the view shows another price under its name", shown_as(
        SHOWN.replace("price", "price + 1 AS price")), "A4 C2"),
    Violation("definition", "a view upstream changes after it was accepted", _changed_upstream, "A4"),
    Violation("definition", "declarations change and are not applied", _redeclared, "A4"),
    Violation("definition", "the accepted definition is edited by hand", by(
        "UPDATE feature_store.t0_accepted SET sha256 = 'feed' WHERE relation = 'shop.features_base'"), "A4"),
    Violation("firewall", "the closure reads labels", own(
        _beside("(SELECT count(*) FROM raw.labels l WHERE l.id < s.id)"), "CREATE TABLE raw.labels AS SELECT 1 AS id",
        firewall=("raw.labels",)), "A5 B1"),
    Violation("firewall", "a lookup takes the row that is current now", own(
        _beside("(SELECT max(p.rate) FROM raw.rates p WHERE p.is_current)"),
        "CREATE TABLE raw.rates AS SELECT 1 AS rate, TRUE AS is_current", current=frozenset({"is_current"})), "A5 B1"),
    Violation("proof", "rows of the same instant are counted",
        own(OWN_SQL.replace("o.sold_at <", "o.sold_at <=")), "B1 C1"),
    Violation("proof", "rows of all times are counted", own(_beside("count(*) OVER (PARTITION BY s.brand)")), "B1 C1"),
    Violation("proof", "a rank among all rows", own(_beside("ntile(4) OVER (ORDER BY s.price, s.id)")), "B1 C1"),
    Violation("proof", "a row is there because of a later one", own(
        f"{OWN_SQL} WHERE EXISTS (SELECT 1 FROM raw.sales l WHERE l.brand = s.brand AND l.sold_at > s.sold_at)"),
        "B1 B3 C1"),
    Violation("proof", "a lookup has no time at which it became known", own(
        _beside("(SELECT max(f.hot) FROM raw.fashion f WHERE f.color = s.color)"),
        "CREATE TABLE raw.fashion AS SELECT 'red' AS color, 1 AS hot"), "B1"),
    Violation("recount", "one value is edited by hand", by(
        f"UPDATE {STATS} SET brand_n = brand_n + 1 WHERE {_ONE_KEY}"), "B2"),
    Violation("recount", "the stored count includes its own day", _redefined(
        "(SELECT count(*) FROM shop.features_base b WHERE b.brand = x.brand AND b.t0_day <= x.t0_day)"), "B2 C2 C3"),
    Violation("recount", "the stored count is of all times", _redefined(
        "(SELECT count(*) FROM shop.features_base b WHERE b.brand = x.brand)"), "B2 C2 C3"),
    Violation("recount", "the view shows another count than is stored", shown_as(
        SHOWN.replace("brand_n,", "brand_n + 1 AS brand_n,")), "A4 B2 C2"),
    Violation("rows", "rows are lost", shown_as(SHOWN, then="WHERE price < 6"), "A4 B3 C2"),
    Violation("rows", "rows stand twice", shown_as(
        SHOWN, "(SELECT * FROM shop.hidden UNION ALL SELECT * FROM shop.hidden WHERE id IN (3, 4)) AS h"), "A4 B3 C2"),
    Violation("rows", "rows are about nothing", shown_as(
        SHOWN, "(SELECT * FROM shop.hidden UNION ALL SELECT 1000, t0, price, brand_n, brand_shade_n, shade_share "
        "FROM shop.hidden WHERE id = 1) AS h"), "A4 B3 C2"),
    Violation("rows", "a row has no T0", by("INSERT INTO raw.sales VALUES (900, NULL, 'b1', 'red', 1)"), "A1 B3"),
    Violation("rows", "there is no row at all", by("DELETE FROM raw.sales"), "B2 B3 C1 C2 C3"),
    Violation("fresh", "a row came late into a past day", by(
        "INSERT INTO raw.sales VALUES (900, '2024-01-02 01:00:00', 'b1', 'red', 1)"), "B2 C2 C3"),
    Violation("fresh", "a row of the past was taken away", by("DELETE FROM raw.sales WHERE id = 7"), "B2 C2 C3"),
    Violation("fresh", "an edit moved a row to a later day", by(
        "UPDATE raw.sales SET sold_at = '2024-01-20' WHERE id = 7"), "B2 C2"),
    Violation("fresh", "a new day is not in the statistics yet", by(
        "INSERT INTO raw.sales VALUES (900, '2024-03-01 01:00:00', 'b1', 'red', 1)"), "C3"),
    Violation("baseline", "a backfill: a row came late into a past day, and all was rebuilt", _refreshed(
        "INSERT INTO raw.sales VALUES (900, '2024-01-02 01:00:00', 'b1', 'red', 1)"), "C2"),
    Violation("baseline", "an edit in place moved a row to a later day, and all was rebuilt", _refreshed(
        "UPDATE raw.sales SET sold_at = '2024-01-20' WHERE id = 7"), "C2"),
    Violation("baseline", "an edit in place changed a value, and all was rebuilt", _refreshed(
        "UPDATE raw.sales SET brand = 'b2' WHERE id = 7"), "C2"),
    Violation("baseline", "a row of the past was taken away, and all was rebuilt", _refreshed(
        "DELETE FROM raw.sales WHERE id = 7"), "C2"),
    Violation("history", "a version that was overwritten is changed", _kept(_OVERWRITTEN), "C2"),
    Violation("history", "a version that was overwritten is changed", _kept(_OVERWRITTEN), "C2", "postgres"),
    Violation("history", "a version is known earlier than it was", _kept(
        f"UPDATE {CHANGES} SET t0_known_at = '2024-01-09' WHERE id = 7 AND t0_version = 2"), "C2"),
    Violation("history", "an edit is taken out, as if it had never been", _kept(
        f"DELETE FROM {CHANGES} WHERE id = 7 AND NOT (t0_version = 1 AND t0_change = 1)",
        "UPDATE raw.sales SET brand = 'b1' WHERE id = 7"), "C2"),
    Violation("history", "a row is put into the past, known at its time", _kept(*_PUT), "C2"),
    Violation("history", "a row is put into the past, known at its time", _kept(*_PUT), "C2", "postgres"),
    Violation("history", "a capture is deleted whole", _kept(
        f"DELETE FROM {CHANGES} WHERE t0_captured_at = (SELECT max(t0_captured_at) FROM {CHANGES})",
        "UPDATE raw.sales SET brand = 'b1' WHERE id IN (7, 40)"), "C2"),
    Violation("history", "what seals the captures is deleted", _kept(
        "DELETE FROM feature_store.t0_capture", refreshed=False), "C2"),
    Violation("history", "nothing refuses to change a version", _kept(
        f"ALTER TABLE {CHANGES} DISABLE TRIGGER t0_append_only", refreshed=False), "A1", "postgres"),
)  # fmt: skip
