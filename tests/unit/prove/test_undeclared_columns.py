"""Relations whose columns nobody declared: those that queries read, and those that CREATE TABLE says."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from tzero.cli.main import cli
from tzero.falsify import falsify
from tzero.prove import Declarations, parse_toml, prove
from tzero.prove.inferred import with_columns
from tzero.prove.proof import PRESENCE, Verdict
from tzero.prove.tables import read_tables
from tzero.sql.parse import parse_one

BARE = """
own = "sales"
[relations.sales]
key = "id"
time = "made"
not_null = ["made"]
late = { paid = "paid_at" }
[relations.visits]
key = "id"
time = "seen"
not_null = ["seen"]
"""
PAST = """
SELECT s.id, s.made AS t0, (SELECT count(*) FROM visits v WHERE v.sale = s.id AND v.seen {} s.made) AS n FROM sales s
"""


def declared(text: str = BARE) -> Declarations:
    return parse_toml(text).for_query()


def columns_of(sql: str, dialect: str = "duckdb") -> dict[str, set[str]]:
    found = with_columns(declared(), parse_one(sql, dialect), dialect=dialect)
    return {name: set(relation.columns) for name, relation in found.relations.items()}


def test_the_past_is_proved_and_what_is_assumed_is_said() -> None:
    proof = prove(PAST.format("<"), declared(), dialect="postgres")
    assert proof.proved
    assert any("visits has the columns that are read of it" in said for said in proof.assumptions)


def test_ties_are_not_proved_and_have_a_witness() -> None:
    assert not prove(PAST.format("<="), declared(), dialect="duckdb").proved
    trial = falsify(PAST.format("<="), declared(), dialect="duckdb", seconds=20.0)
    assert trial.witness is not None
    assert trial.witness.column == "n"


@pytest.mark.parametrize(("sql", "visits"), [
    ("SELECT v.a FROM visits v", {"a"}),
    ("SELECT a FROM visits", {"a"}),
    ("SELECT (SELECT max(b) FROM visits WHERE c = s.id) FROM sales s", {"b", "c"}),
    ("WITH x AS (SELECT * FROM visits) SELECT x.d FROM x", {"d"}),
    ("SELECT q.d FROM (SELECT * FROM (SELECT * FROM visits) p) q", {"d"}),
    ("WITH x AS (SELECT v.a AS e FROM visits v) SELECT x.e FROM x", {"a"}),
    ("SELECT v.a FROM visits v ORDER BY v.f", {"a", "f"}),
    ("SELECT 1 FROM sales s JOIN visits v USING (g)", {"g"}),
    ("SELECT a AS h FROM visits ORDER BY h", {"a"}),
    ("SELECT rowid, v.ctid FROM visits v", set()),
    ("SELECT v.a FROM (visits v CROSS JOIN sales s)", {"a"}),
])  # fmt: skip
def test_the_columns_that_are_read(sql: str, visits: set[str]) -> None:
    assert columns_of(sql)["visits"] == visits | {"id", "seen"}


@pytest.mark.parametrize("sql", [
    "SELECT * FROM visits",
    "WITH x AS (SELECT * FROM visits) SELECT x.* FROM x",
    "SELECT 1 AS a UNION ALL SELECT * FROM visits",
    "SELECT v IS NOT NULL AS whole FROM visits v",
])  # fmt: skip
def test_whole_rows_are_known_to_nobody(sql: str) -> None:
    assert columns_of(sql)["visits"] == set()


def test_a_name_of_two_such_relations_is_nobodys() -> None:
    found = columns_of("SELECT z FROM sales, visits")
    assert "z" not in found["sales"] | found["visits"]


def test_columns_without_types_hold_no_times() -> None:
    bare = BARE + 'columns = ["id", "sale", "seen", "n", "ended"]'
    proof = prove(PAST.format("<"), declared(bare), dialect="duckdb")
    assert proof.proved
    late = PAST.format("<").replace("v.seen < s.made", "v.seen < s.made AND v.ended < s.made")
    found = prove(late, declared(bare), dialect="duckdb").findings
    assert any("a comparison of an undeclared type" in finding.message.lower() for finding in found)


def test_sums_of_columns_without_types_may_depend_on_order() -> None:
    sql = PAST.format("<").replace("count(*)", "sum(v.n)")
    assert {finding.code for finding in prove(sql, declared(), dialect="duckdb").findings} == {"T011"}


def test_nothing_is_proved_of_a_relation_that_is_not_declared() -> None:
    sql = "SELECT l.id, l.at AS t0, rank() OVER (PARTITION BY l.brand ORDER BY l.price) AS r FROM listings l"
    proof = prove(sql, declared('own = "listings"'), dialect="duckdb")
    assert {column.verdict for column in proof.columns} == {Verdict.UNPROVED}
    assert "T007" in {finding.code for finding in proof.findings if finding.column == "r"}


def test_nothing_is_proved_without_an_anchor() -> None:
    proof = prove("SELECT s.id FROM visits s", declared(BARE.replace('own = "sales"', "")), dialect="duckdb")
    assert [column.column for column in proof.columns] == [PRESENCE, "id"]
    assert {column.verdict for column in proof.columns} == {Verdict.UNPROVED}


TABLES = """
CREATE TABLE shop.sales (
  id bigint, made timestamptz NOT NULL, price numeric(10, 2), code text UNIQUE, note text NULL,
  CONSTRAINT pk PRIMARY KEY (id), UNIQUE (made, code), CHECK (price > 0)
);
CREATE TABLE IF NOT EXISTS visits (id integer PRIMARY KEY, sale bigint NOT NULL, seen timestamptz NOT NULL);
"""


@pytest.mark.parametrize("dialect", ["postgres", "duckdb"])
def test_tables_as_they_are_created(dialect: str) -> None:
    found = read_tables(TABLES + "CREATE VIEW v AS SELECT 1 AS x;", dialect).relations
    assert set(found) == {"shop.sales", "visits"}
    sales = found["shop.sales"]
    assert list(sales.columns) == ["id", "made", "price", "code", "note"]
    assert sales.key == ("id",)
    assert sales.unique == (("code",), ("made", "code"))
    assert sales.not_null == {"made"}
    assert found["visits"].key == ("id",)


@pytest.mark.parametrize("name", ["sales", '"shop.sales"'])
def test_a_schema_among_the_files_gives_types_and_keys(tmp_path: Path, name: str) -> None:
    (tmp_path / "schema.sql").write_text(TABLES)
    (tmp_path / "known.toml").write_text(
        f'own = "sales"\n[relations.{name}]\ntime = "made"\n[relations.visits]\ntime = "seen"\n'
    )
    query = PAST.replace("count(*)", "sum(v.sale)").replace("FROM sales", "FROM shop.sales")
    (tmp_path / "query.sql").write_text(query.format("<"))
    arguments = ["check", str(tmp_path), "--dialect", "postgres", "--declare", str(tmp_path / "known.toml")]
    found = CliRunner().invoke(cli, arguments)
    assert found.exit_code == 0, found.output
    (tmp_path / "schema.sql").unlink()
    assert CliRunner().invoke(cli, arguments).exit_code == 1


def test_a_target_gives_types_and_views(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as shop:
        shop.execute("CREATE TABLE sales (id integer, made timestamptz, paid text, paid_at timestamptz)")
        shop.execute("CREATE TABLE visits (id integer, sale integer, seen timestamptz, n integer)")
        shop.execute("CREATE VIEW early AS SELECT * FROM visits WHERE n > 1")
    (tmp_path / "known.toml").write_text(BARE)
    query = PAST.replace("count(*)", "sum(v.n)").replace("FROM visits", "FROM early")
    (tmp_path / "query.sql").write_text(query.format("<"))
    arguments = ["check", str(tmp_path / "query.sql"), "--declare", str(tmp_path / "known.toml")]
    assert CliRunner().invoke(cli, arguments).exit_code == 1
    found = CliRunner().invoke(cli, [*arguments, "--target", f"duckdb:///{tmp_path}/shop.duckdb"])
    assert found.exit_code == 0, found.output
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as shop:
        shop.execute("ALTER TABLE visits ALTER n TYPE double")
    found = CliRunner().invoke(cli, [*arguments, "--target", f"duckdb:///{tmp_path}/shop.duckdb"])
    assert "T011" in found.output
