"""Which rows a read takes, and where no mark can tell of all of them."""

from __future__ import annotations

import pytest
from tests.servers import versions
from tests.unit.certify.own import OWN, own_subject
from tests.unit.certify.shop import Shop

from tzero.certify.lineage import lineage_of
from tzero.certify.marks import marks_of, tell_standing
from tzero.engines.row_marks import hides_rows, shows_by_rows_alone
from tzero.sql.names import RelationName


def test_of_what_is_stored_beneath_the_views(shop: Shop) -> None:
    marks = marks_of(shop.engine, lineage_of(shop.subject()))
    assert set(marks) == {"raw.sales", "shop.features_stats"}
    assert None not in marks.values()


@pytest.mark.parametrize("shop", ["duckdb"], indirect=True)
def test_a_view_that_reads_a_table_function_has_none(shop: Shop) -> None:
    files = "(SELECT count(*) AS n FROM glob('*'))"
    subject = own_subject(shop, f"SELECT s.id, s.sold_at AS t0, f.n FROM raw.sales s, {files} f")
    marks = marks_of(shop.engine, lineage_of(subject))
    assert {name for name, mark in marks.items() if mark is None} == {str(OWN)}


def test_marks_tell_which_rows_a_view_over_what_they_mark_shows(shop: Shop) -> None:
    lineage = lineage_of(shop.subject())
    marks = marks_of(shop.engine, lineage)
    base = shop.subject().anchors.relation
    assert tell_standing(shop.engine, lineage, base, marks)
    assert not tell_standing(shop.engine, lineage, base, {**marks, "raw.sales": None})
    assert not tell_standing(shop.engine, lineage, base, {"shop.features_stats": marks["shop.features_stats"]})
    assert not tell_standing(shop.engine, lineage, RelationName.parse("raw.elsewhere"), marks)


@pytest.mark.parametrize("shop", ["duckdb"], indirect=True)
def test_they_do_not_where_a_view_reads_files(shop: Shop) -> None:
    subject = own_subject(shop, "SELECT s.id, s.sold_at AS t0 FROM raw.sales s, (SELECT count(*) FROM glob('*')) f")
    lineage = lineage_of(subject)
    assert not tell_standing(shop.engine, lineage, OWN, marks_of(shop.engine, lineage) | {str(OWN): "a mark"})


@pytest.mark.parametrize("shop", [str(version) for version in versions()], indirect=True)
@pytest.mark.parametrize(
    ("made", "query"),
    [
        (
            "CREATE FUNCTION raw.counts(id bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT id > 0'",
            "SELECT s.id, s.sold_at AS t0 FROM raw.sales s WHERE raw.counts(s.id)",
        ),
        (
            "CREATE FUNCTION raw.less(a bigint, b bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT a < b';"
            "CREATE OPERATOR raw.<<< (FUNCTION = raw.less, LEFTARG = bigint, RIGHTARG = bigint)",
            "SELECT s.id, s.sold_at AS t0 FROM raw.sales s WHERE CAST(0 AS bigint) OPERATOR(raw.<<<) s.id",
        ),
    ],
)
def test_they_do_not_where_a_view_calls_what_can_be_replaced(shop: Shop, made: str, query: str) -> None:
    shop.run(made, f"CREATE VIEW {OWN} AS {query}")
    assert not shows_by_rows_alone(shop.engine, [OWN])
    assert shows_by_rows_alone(shop.engine, [shop.subject().anchors.relation])


@pytest.mark.parametrize("shop", [str(version) for version in versions()], indirect=True)
def test_a_policy_may_hide_rows_that_a_mark_tells_of(shop: Shop) -> None:
    name = RelationName.parse("raw.sales")
    assert not hides_rows(shop.engine, name)
    shop.run("ALTER TABLE raw.sales ENABLE ROW LEVEL SECURITY")
    assert hides_rows(shop.engine, name)
