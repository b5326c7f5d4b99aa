"""The small vocabularies underneath: names, types, lengths of time, places, hints."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tzero.errors import DeclarationError, Place
from tzero.features.places import here, placed
from tzero.features.suggest import nearest
from tzero.features.types import ColumnType
from tzero.sql.names import RelationName, own_identifier
from tzero.timeline import Day, Instant, Trail, duration, zone_name


@pytest.mark.parametrize("name", ["a", "_", "a1", "_1", "x" * 63])
def test_own_identifiers(name: str) -> None:
    assert own_identifier(name, "feature") == name


@pytest.mark.parametrize("name", ["", "1a", "A", "a-b", "a b", "ä", "a.b", "x" * 64, "a\n", 'a"'])
def test_refused_identifiers(name: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        own_identifier(name, "feature")
    assert repr(name) in caught.value.what
    assert caught.value.fix == "use 1 to 63 of a-z, 0-9 and _, not starting with a digit"


@pytest.mark.parametrize(("text", "schema", "name"), [
    ("a", None, "a"), ("s.a", "s", "a"), ("S.A", "S", "A"), ('"my s"."a.b"', "my s", "a.b"), ('"a""b"', None, 'a"b'),
    ("data/a.parquet", None, "data/a.parquet"), ("a b.csv.gz", None, "a b.csv.gz"), ("X.JSON", None, "X.JSON"),
])  # fmt: skip
def test_relation_names(text: str, schema: str | None, name: str) -> None:
    found = RelationName.parse(text)
    assert (found.schema, found.name) == (schema, name)
    assert RelationName.parse(str(found)) == found


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a.b.c", "a b", '"a', '"a"b', "a;b\0", '""'])
def test_refused_relation_names(text: str) -> None:
    with pytest.raises(DeclarationError, match="is not a relation name"):
        RelationName.parse(text)


def test_siblings_stay_usable() -> None:
    assert str(RelationName.parse("s.a").sibling("_base")) == "s.a_base"
    with pytest.raises(DeclarationError, match="not usable on every engine"):
        RelationName.parse("x" * 60).sibling("_base")


@pytest.mark.parametrize(("text", "kind", "scale"), [
    ("int", "integer", None), ("BIGINT", "bigint", None), ("HUGEINT", "bigint", None), ("float8", "double", None),
    ("numeric(10,2)", "decimal", 2), ("DECIMAL(18)", "decimal", 0), ("numeric", "decimal", None),
    ("varchar(20)", "text", None), ("character varying", "text", None), ("ENUM('a', 'b')", "text", None),
    ("timestamp(3) with time zone", "timestamptz", None), ("TIMESTAMP WITH TIME ZONE", "timestamptz", None),
    ("timestamp without time zone", "timestamp", None), ("timestamp(6)", "timestamp", None), ("int[]", "other", None),
    ("struct(a int)", "other", None), ("uuid", "other", None), ("", "other", None), ("time", "other", None),
])  # fmt: skip
def test_types(text: str, kind: str, scale: int | None) -> None:
    assert ColumnType.parse(text) == ColumnType(kind, scale)


def test_a_declared_type_must_be_known() -> None:
    assert ColumnType.declared("real") == ColumnType("double")
    with pytest.raises(DeclarationError, match="unknown column type 'uuid'") as caught:
        ColumnType.declared("uuid")
    assert "timestamptz" in (caught.value.fix or "")


@pytest.mark.parametrize(("text", "expected"), [
    ("7d", timedelta(days=7)), ("36h", timedelta(hours=36)), ("90m", timedelta(minutes=90)),
    ("30s", timedelta(seconds=30)), ("2w", timedelta(weeks=2)), ("5ms", timedelta(milliseconds=5)),
    ("5us", timedelta(microseconds=5)), (" 1 d ", timedelta(1)),
    ("0s", timedelta(0)), (timedelta(hours=3), timedelta(hours=3)),
])  # fmt: skip
def test_lengths_of_time(text: str | timedelta, expected: timedelta) -> None:
    assert duration(text) == expected


@pytest.mark.parametrize("text", ["", "7", "d", "1.5h", "1 month", "1y", "-1d", "1d1h", "1D"])
def test_refused_lengths_of_time(text: str) -> None:
    with pytest.raises(DeclarationError, match="is not a length of time"):
        duration(text)


@pytest.mark.parametrize("text", ["999999999999d", "9" * 30 + "us"])
def test_a_length_beyond_all_time_is_refused(text: str) -> None:
    with pytest.raises(DeclarationError, match="length of time"):
        duration(text)


def test_zones_are_names_not_offsets() -> None:
    assert [zone_name(zone) for zone in ("UTC", "Europe/Oslo")] == ["UTC", "Europe/Oslo"]
    for zone in ("+01:00", "CEST", "europe/oslo", "../UTC"):
        with pytest.raises(DeclarationError, match="unknown time zone"):
            Day(zone)


def test_what_a_trail_sees() -> None:
    trail = Trail(window=timedelta(hours=6), lag=timedelta(hours=1))
    assert (trail.enters_after, trail.leaves_after) == (timedelta(hours=1), timedelta(hours=7))
    assert (Trail().enters_after, Trail().leaves_after) == (timedelta(0), None)
    trail.check(Instant())
    with pytest.raises(DeclarationError, match="no whole number of days") as caught:
        trail.check(Day("UTC"))
    assert "before_instant()" in (caught.value.fix or "")


def test_a_place_is_the_line_of_whoever_asked() -> None:
    place = here()
    assert place.file == __file__
    assert str(place).endswith(f"test_names_types_and_time.py:{place.line}")


def test_an_error_keeps_the_first_place_that_it_gets() -> None:
    with pytest.raises(DeclarationError) as caught, placed(Place("outer.py", 2)), placed(Place("inner.py", 1)):
        raise DeclarationError("wrong")
    assert str(caught.value) == "inner.py:1: wrong"


def test_hints() -> None:
    assert nearest("colour", ["color", "price"]) == "did you mean 'color'?"
    assert nearest("PRICE", ["price"]) == "did you mean 'price'?"
    assert nearest("zzz", ["b", "a"]) == "it has a, b"
    assert nearest("zzz", [f"c{number:02}" for number in range(25)]).endswith("c19 ...")
    assert nearest("zzz", []) == "it has no columns"
