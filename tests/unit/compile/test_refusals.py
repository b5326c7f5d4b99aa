"""What the compiler refuses, and what it says."""

from __future__ import annotations

import pytest

from tzero import Entity, Events, FeatureView, History, Rows, column, expr
from tzero.compile import compile_view
from tzero.errors import DeclarationError, ExpressionError, MissingRelationError, TzeroError, UnknownColumnError
from tzero.features.types import ColumnType, TableSchema
from tzero.features.views import Value
from tzero.sql.names import RelationName

SALES = {"id": "bigint", "at": "timestamp", "shop": "text", "price": "double", "anchor": "text", "tz": "timestamptz"}
SHOPS = {"shop": "text", "city": "text", "since": "timestamp", "price": "double"}


def schema(columns: dict[str, str]) -> TableSchema:
    return {name: ColumnType.parse(kind) for name, kind in columns.items()}


CATALOG = {
    RelationName("s", "sales"): schema(SALES),
    RelationName("s", "shops"): schema(SHOPS),
    RelationName("s", "days"): schema({"id": "bigint", "day": "date", "shop": "integer"}),
    RelationName("s", "prices"): schema({"shop": "text", "from_": "timestamptz", "price": "double"}),
}
sales = Events("s.sales", key="id", time="at")


def refused(rows: Rows, **features: Value) -> TzeroError:
    view = FeatureView("s.features", rows, **features)
    with pytest.raises(TzeroError) as found:
        compile_view(view, CATALOG, "duckdb")
    assert found.value.place is None or found.value.place.file == __file__
    return found.value


def test_a_relation_that_is_not_there() -> None:
    error = refused(Events("s.sale", key="id", time="at"), x=column("shop"))
    assert isinstance(error, MissingRelationError)
    assert "there is no relation s.sale" in str(error)
    assert "did you mean 's.sales'?" in str(error)


def test_a_column_that_is_not_there_names_the_nearest() -> None:
    error = refused(sales, x=column("shopp"))
    assert isinstance(error, UnknownColumnError)
    assert error.fix == "did you mean 'shop'?"
    assert error.place is not None


def test_a_key_or_time_that_is_not_there() -> None:
    assert "no column 'idd'" in refused(Events("s.sales", key="idd", time="at"), x=column("shop")).what
    assert "no column 'when'" in refused(Events("s.sales", key="id", time="when"), x=column("shop")).what


def test_a_time_that_is_none() -> None:
    error = refused(Events("s.sales", key="id", time="shop"), x=column("price"))
    assert "s.sales.shop is no time, it is text" in error.what


def test_declared_types_are_held_against_the_relation() -> None:
    declared = Events("s.sales", key="id", time="at", columns={"id": "int", "at": "date"})
    assert "s.sales.at is declared as date and is timestamp" in refused(declared, x=column("id")).what


def test_a_name_in_two_lookups_must_be_qualified() -> None:
    other = Entity("s.prices", key="shop")
    rows = sales.lookup(Entity("s.shops", key="shop"), name="home").lookup(other, name="list")
    assert compile_view(FeatureView("s.f", rows, p=column("home.price"), q=column("list.price")), CATALOG, "duckdb")
    narrowed = {**CATALOG, RelationName("s", "sales"): schema({"id": "bigint", "at": "timestamp", "shop": "text"})}
    with pytest.raises(DeclarationError, match="is in home and in list"):
        compile_view(FeatureView("s.f", rows, p=column("price")), narrowed, "duckdb")


def test_the_session_zone_may_not_decide_an_hour() -> None:
    error = refused(sales, x=expr("extract(hour from tz)"))
    assert isinstance(error, ExpressionError)
    assert "depends on the session's time zone" in error.what
    assert error.fix is not None


def test_an_instant_anchor_needs_instants() -> None:
    days = Events("s.days", key="id", time="day")
    assert "days, an instant anchor needs instants" in refused(days, n=days.before_instant().count()).what


def test_two_clocks_do_not_compare() -> None:
    prices = History("s.prices", key=("shop", "from_"), time="from_")
    rows = sales.lookup_as_of(prices, on="shop", name="price_then")
    assert "are timestamptz, T0 is timestamp" in refused(rows, x=column("price_then.price")).what


def test_keys_of_two_tables_must_have_one_type() -> None:
    days = Events("s.days", key="id", time="day").before_day(zone="UTC")
    assert "'shop' is text in s.sales and integer in s.days" in refused(sales, n=days.count("shop")).what


def test_sums_need_numbers_and_extremes_an_order() -> None:
    before = sales.before_day(zone="UTC")
    assert "mean needs numbers, 'shop' is text" in refused(sales, m=before.mean("shop")).what
    assert "max needs numbers or times, 'shop' is text" in refused(sales, m=before.max("shop")).what


def test_a_reserved_column_name() -> None:
    error = refused(sales, n=sales.before_day(zone="UTC").count("anchor"))
    assert "'anchor' has a meaning of its own" in error.what
    assert error.fix == "derive the column under another name"
