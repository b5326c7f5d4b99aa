"""What keeping versions makes of a view, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tzero import Entity, Events, FeatureView, column
from tzero.errors import DeclarationError
from tzero.features.rows import Rows
from tzero.features.versions import from_versions, versions_of
from tzero.refresh.declared import Declared


def sales(**given: Any) -> Rows:
    return Events("shop.sales", key="id", time="sold_at", history=True, **given)


def view_of(rows: Rows, **features: Any) -> FeatureView:
    return FeatureView("shop.features", rows, price=column("price"), **features)


def test_a_view_without_history_is_left_as_it_is() -> None:
    view = view_of(Events("shop.sales", key="id", time="sold_at"))
    assert from_versions(view, "state") is view
    assert versions_of([view], "state") == ()


def test_rows_are_first_versions_and_populations_are_changes() -> None:
    rows = sales()
    (view,) = Declared((view_of(rows, n=rows.before_day(zone="UTC").count("brand")),), state_schema="state").views
    counted = view.populations[0].rows.source
    assert (str(view.rows.source), view.rows.source.key) == ("state.t0_first_sales", ("id",))
    assert (str(counted), counted.known_at, counted.change) == ("state.t0_version_sales", "t0_known_at", "t0_change")
    assert counted.never_null == {"sold_at", "t0_known_at"}


def test_what_is_known_late_may_be_known_never() -> None:
    rows = sales(known_at="seen_at")
    view = from_versions(view_of(rows, n=rows.before_day(zone="UTC").count("brand")), "state")
    assert view.populations[0].rows.source.never_null == {"sold_at"}


@pytest.mark.parametrize("kind", ["min", "max"])
def test_what_cannot_be_subtracted_is_refused(kind: str) -> None:
    rows = sales()
    statistic = getattr(rows.before_day(zone="UTC"), kind)("price")
    with pytest.raises(DeclarationError, match=f"lowest is the {kind} of rows whose versions are kept"):
        from_versions(view_of(rows, lowest=statistic), "state")


@pytest.mark.parametrize("given", [{"static": True}, {"known_at": "at", "sla": "1h"}])
def test_an_entity_with_history_is_neither_static_nor_late(given: dict[str, Any]) -> None:
    with pytest.raises(DeclarationError, match="keeps its versions, and yet"):
        Entity("shop.sellers", key="seller", history=True, **given)


def test_history_is_true_or_capture() -> None:
    with pytest.raises(DeclarationError, match="unknown history 'ever'"):
        Entity("shop.sellers", key="seller", history="ever")


def test_two_ways_to_keep_one_relation_are_refused() -> None:
    other = Events("old.sales", key="id", time="sold_at", history=True)
    views = [view_of(sales()), FeatureView("shop.others", other, price=column("price"))]
    with pytest.raises(DeclarationError, match=r"versions of old.sales and of shop.sales would be kept differently"):
        versions_of(views, "state")
