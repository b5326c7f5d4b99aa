"""Declarations: what is read, and what is refused with the place and the way out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tzero.errors import DeclarationError, UnknownColumnError
from tzero.prove import Query, Relation, load_toml, parse_header, parse_toml

FULL = """
pure_functions = ["Score"]
[query]
anchor = "T0"
own = "Shop.Sales"
zone = "Europe/Oslo"
tolerance = { "shop.sales" = "24h" }
[queries.daily]
anchor = "day"
spine = ["day", "kind"]
[relations.shop.Sales]
columns = { ID = "integer", At = "timestamptz", kind = "text", paid = "timestamptz" }
key = "id"
time = "at"
unique = [["at", "kind"], ["paid"]]
late = { paid = "paid" }
"""


def test_everything_is_read_and_folded() -> None:
    found = parse_toml(FULL)
    sales = found.relations["shop.sales"]
    assert sales.key == ("id",)
    assert sales.keys == (("id",), ("at", "kind"), ("paid",))
    assert sales.known == "at"
    asked = found.for_query()
    assert asked.query.own == "shop.sales"
    assert asked.query.tolerance_of("shop.sales") == timedelta(hours=24)
    assert asked.query.tolerance_of("other") == timedelta(0)
    assert asked.pure_functions == {"score"}
    assert asked.relation("sales") is sales


def test_a_named_query_stands_on_the_default() -> None:
    with pytest.raises(DeclarationError, match="both 'own' and 'spine'"):
        parse_toml("[queries.wrong]\nspine = ['day']\nown = 'x'")
    assert parse_toml(FULL).queries["daily"].own is None
    query = parse_toml("[query]\nzone = 'UTC'\n[queries.daily]\nspine = ['day']").for_query("daily").query
    assert query == Query(anchor="t0", spine=("day",), zone="UTC", place=query.place)


@pytest.mark.parametrize(("text", "found"), [
    ("[relations.a]\nkye = ['id']", "unknown key 'kye' in a"),
    ("[relations.a]\ncolumns = { id = 'int' }\nkey = ['idd']", "relation a has no column 'idd'"),
    ("[relations.a]\nstatic = 'yes'", "'static' of a is 'yes'"),
    ("[relations.a]\nstatic = true\nmutable = ['x']", "is static, yet declares"),
    ("tolerance = 'a while'", "not a length of time"),
    ("[relations", "not TOML"),
    ("anchor = 3", "'anchor' of query is 3"),
])  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(text: str, found: str) -> None:
    with pytest.raises(DeclarationError, match=found) as caught:
        parse_toml(text, file="d.toml")
    assert caught.value.place is not None
    assert caught.value.place.file == "d.toml"
    assert caught.value.fix


def test_an_unknown_column_names_those_that_there_are() -> None:
    with pytest.raises(UnknownColumnError) as caught:
        Relation("a", columns={"id": "int"}, time="at")
    assert "id" in (caught.value.fix or "")


def test_headers() -> None:
    lines = '-- a report\n-- tzero: anchor = "day"\n-- tzero: own = "sales"\nSELECT 1'
    block = '/* tzero\nanchor = "day"\nown = "sales" */ SELECT 1'
    for text in (lines, block):
        found = parse_header(text)
        assert found is not None
        assert (found.query.anchor, found.query.own) == ("day", "sales")
    assert parse_header("SELECT 1 -- tzero: anchor = 'x'") is None


def test_a_header_adds_single_keys_to_a_file() -> None:
    shared = parse_toml("anchor = 'at'\nown = 'sales'\nzone = 'UTC'\n[queries.daily]\nanchor = 'day'\nspine = ['day']")
    header = parse_header("-- tzero: tolerance = '24h'\n-- tzero: zone = 'Europe/Oslo'\nSELECT 1")
    assert header is not None
    query = shared.merged(header).query
    assert (query.anchor, query.own, query.zone) == ("at", "sales", "Europe/Oslo")
    assert query.tolerance_of("x") == timedelta(hours=24)
    daily = shared.merged(header).for_query("daily").query
    assert (daily.anchor, daily.spine, daily.zone) == ("day", ("day",), "Europe/Oslo")
    assert shared.merged(parse_toml("spine = ['at']")).query.own is None
    assert shared.merged(parse_toml("own = 'none'")).query.own is None
    assert shared.merged(parse_toml("[relations.a]\nstatic = true")).query == shared.query


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "d.toml"
    path.write_text(FULL, encoding="utf-8")
    assert load_toml(path) == parse_toml(FULL, file=str(path))
