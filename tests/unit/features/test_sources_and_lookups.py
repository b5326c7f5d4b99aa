"""Sources, lookups and derived columns: what can be declared, and what is refused where."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.unit.features.refusals import Refusal, check, named

from tzero.errors import DeclarationError, ExpressionError, UnknownColumnError
from tzero.features.expressions import expr, vocabulary
from tzero.features.rows import Events, Spine
from tzero.features.sources import Entity, History, Role

SALES = Events("shop.sales", key="id", time="at", columns={"id": "int", "at": "timestamp", "brand": "text"})
BRANDS = Entity("shop.brands", key=("brand", "country"), columns={"brand": "text", "country": "text"})
PRICES = History("shop.prices", key="no", time="since", columns={"no": "int", "since": "timestamp", "sku": "text"})


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(
            lambda: Events("a b", key="id", time="at"), DeclarationError, "'a b' is not a relation name", "schema.name"
        ),
        Refusal(lambda: Events("a.b.c", key="id", time="at"), DeclarationError, "'a.b.c' is not a relation name"),
        Refusal(lambda: Events("", key="id", time="at"), DeclarationError, "'' is not a relation name"),
        Refusal(lambda: Events("sales", key=(), time="at"), DeclarationError, "sales has no key", "name the columns"),
        Refusal(lambda: Events("sales", key=("id", "id"), time="at"), DeclarationError, "lists a column twice"),
        Refusal(
            lambda: Events("sales", key="id", time="at", columns={"id": "int", "sold_at": "timestamp"}),
            UnknownColumnError,
            "sales has no column 'at'",
        ),
        Refusal(
            lambda: Events("sales", key="ID", time="at", columns={"id": "int", "at": "timestamp"}),
            UnknownColumnError,
            "sales has no column 'ID'",
            "did you mean 'id'?",
        ),
        Refusal(
            lambda: Events("sales", key="id", time="at", known_at="seen", columns={"id": "int", "at": "date"}),
            UnknownColumnError,
            "sales has no column 'seen'",
            "it has at, id",
        ),
        Refusal(
            lambda: Events("sales", key="id", time="at", columns={"id": "money"}),
            DeclarationError,
            "unknown column type 'money'",
            "use one of",
        ),
        Refusal(lambda: Spine("asked", key=(), time="at"), DeclarationError, "asked has no key"),
        Refusal(
            lambda: Entity("brands", key="b", sla="24h"), DeclarationError, "an sla but no known_at", "name the column"
        ),
        Refusal(
            lambda: Entity("brands", key="b", known_at="k", sla="1 month"),
            DeclarationError,
            "'1 month' is not a length",
        ),
        Refusal(
            lambda: Entity("brands", key="b", known_at="k", sla=timedelta(hours=-1)),
            DeclarationError,
            "a length of time cannot be negative",
        ),
        Refusal(
            lambda: History("prices", key="no", time="t", columns={"no": "int"}), UnknownColumnError, "no column 't'"
        ),
    ],
    ids=named,
)
def test_refused_sources(refusal: Refusal) -> None:
    check(refusal)


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(lambda: SALES.lookup(PRICES), DeclarationError, "shop.prices is not an Entity", "use lookup_as_of()"),
        Refusal(lambda: SALES.lookup(SALES.source), DeclarationError, "shop.sales is not an Entity"),
        Refusal(
            lambda: SALES.lookup(BRANDS, on={"brand": "brand"}),
            DeclarationError,
            "must use its whole key (brand, country)",
            "map every key column once",
        ),
        Refusal(
            lambda: SALES.lookup(BRANDS, on={"a": "brand", "b": "brand"}), DeclarationError, "must use its whole key"
        ),
        Refusal(
            lambda: SALES.lookup(BRANDS).lookup(BRANDS),
            DeclarationError,
            "'brands' is already looked up",
            "another name=",
        ),
        Refusal(lambda: SALES.lookup(BRANDS, name="sales"), DeclarationError, "'sales' is already looked up"),
        Refusal(
            lambda: SALES.derive(x="brand").lookup(BRANDS),
            DeclarationError,
            "a lookup must come before derive()",
            "write events.lookup(...).derive(...)",
        ),
        Refusal(
            lambda: SALES.lookup_as_of(BRANDS, on="brand"),
            DeclarationError,
            "shop.brands is not a History",
            "declare it with History(...)",
        ),
        Refusal(
            lambda: SALES.lookup_as_of(PRICES, on="skus"), UnknownColumnError, "no column 'skus'", "did you mean 'sku'?"
        ),
        Refusal(
            lambda: SALES.lookup_as_of(PRICES, on={"brand": "nope"}),
            UnknownColumnError,
            "shop.prices has no column 'nope'",
        ),
        Refusal(
            lambda: SALES.lookup_as_of(PRICES, on="sku", ties="last"), DeclarationError, "unknown rule for ties: 'last'"
        ),
        Refusal(
            lambda: SALES.lookup_as_of(PRICES, on="sku", ties=("z",)),
            UnknownColumnError,
            "shop.prices has no column 'z'",
        ),
        Refusal(
            lambda: SALES.lookup_as_of(PRICES, on="sku", max_age="soon"), DeclarationError, "'soon' is not a length"
        ),
        Refusal(
            lambda: SALES.lookup_as_of(PRICES, on=()),
            DeclarationError,
            "the lookup joins shop.prices on nothing",
            "name a column",
        ),
    ],
    ids=named,
)
def test_refused_lookups(refusal: Refusal) -> None:
    check(refusal)


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(lambda: SALES.derive(Brand="brand"), DeclarationError, "derived column name 'Brand' is not usable"),
        Refusal(
            lambda: SALES.derive(**{"a b": "brand"}), DeclarationError, "derived column name 'a b'", "a-z, 0-9 and _"
        ),
        Refusal(lambda: SALES.derive(id="brand"), DeclarationError, "the column 'id' is already there", "another name"),
        Refusal(lambda: SALES.derive(t0="at"), DeclarationError, "the column 't0' is already there"),
        Refusal(lambda: SALES.derive(t0_day="at"), DeclarationError, "the column 't0_day' is already there"),
        Refusal(lambda: SALES.derive(b="brand").derive(b="brand"), DeclarationError, "the column 'b' is already there"),
        Refusal(
            lambda: SALES.derive(b="now()"),
            ExpressionError,
            "'CURRENT_TIMESTAMP' is not in the portable subset in 'now()'",
        ),
        Refusal(lambda: SALES.named("Shop Base"), DeclarationError, "'Shop Base' is not a relation name"),
        Refusal(lambda: SALES.named("ShopBase"), DeclarationError, "relation name 'ShopBase' is not usable"),
    ],
    ids=named,
)
def test_refused_derived_columns(refusal: Refusal) -> None:
    check(refusal)


def test_a_lookup_takes_the_key_of_the_entity_by_default() -> None:
    lookup = SALES.lookup(BRANDS).lookups[0]
    assert lookup.on == (("brand", "brand"), ("country", "country"))
    assert lookup.name == "brands"
    assert not lookup.is_as_of


def test_an_as_of_lookup_keeps_its_order_and_age() -> None:
    lookup = SALES.lookup_as_of(PRICES, on={"brand": "sku"}, ties=("no",), max_age="36h", name="price").lookups[0]
    assert (lookup.on, lookup.ties, lookup.max_age) == ((("brand", "sku"),), ("no",), timedelta(hours=36))
    assert lookup.name == "price"
    assert lookup.is_as_of
    assert SALES.lookup_as_of(PRICES, on="sku").lookups[0].ties is None


def test_rows_are_not_changed_by_what_is_added() -> None:
    extended = SALES.lookup(BRANDS).derive(a="brand", _step=expr("lower(a)")).derive(b=vocabulary("_step", ["x"]))
    assert SALES.lookups == ()
    assert SALES.derived == ()
    assert [name for name, _ in extended.derived] == ["a", "_step", "b"]
    assert extended.domains == {"b": ("x", "_MISSING", "_OTHER")}


def test_roles_and_times() -> None:
    assert SALES.source.role is Role.EVENTS
    assert Spine("asked", key=("id", "at"), time="at").source.role is Role.SPINE
    assert Entity("e", key="id", known_at="k", sla="24h").sla == timedelta(days=1)
    assert Entity("e", key="id").known_at is None
    assert (PRICES.role, PRICES.time, PRICES.known_at) == (Role.HISTORY, "since", None)


def test_equal_declarations_are_equal_wherever_they_are_written() -> None:
    one = Events("sales", key="id", time="at").derive(b="brand")
    two = Events("sales", key=("id",), time="at").derive(b="brand")
    assert one == two
    assert hash(one) == hash(two)
    assert one != two.derive(c="brand")


def test_a_static_entity_has_no_known_at() -> None:
    assert Entity("shop.countries", key="code", static=True).static
    with pytest.raises(DeclarationError, match="is static, and yet has a known_at"):
        Entity("shop.countries", key="code", static=True, known_at="seen_at")
