"""Which rows a read takes, and where no mark can tell of all of them."""

from __future__ import annotations

import pytest
from tests.unit.certify.own import OWN, own_subject
from tests.unit.certify.shop import Shop

from tzero.certify.lineage import lineage_of
from tzero.certify.marks import marks_of


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
