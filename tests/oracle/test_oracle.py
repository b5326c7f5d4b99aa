"""The oracle against numbers worked out by hand: every row of the table in docs/reference/semantics.md."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.oracle.description import (
    AsOfLookup,
    Coalesce,
    Computed,
    Condition,
    KeyLookup,
    Population,
    Rename,
    Row,
    Rows,
    Statistic,
    Store,
    Table,
    Vocabulary,
)
from tests.oracle.store import entrypoint, statistics_relation

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2024, 3, day, hour, minute)


def table(names: str, *rows: tuple[Any, ...]) -> Table:
    columns = names.split()
    return Table(dict.fromkeys(columns, "any"), [dict(zip(columns, row, strict=True)) for row in rows])


SALES = table(
    "id at seg cat price",
    (1, at(1, 9), "a", "x", 10),
    (2, at(1, 12), "a", "x", 20),
    (3, at(2, 9), "a", "y", 40),
    (4, at(2, 9), "b", "x", None),
    (5, at(3, 9), "a", None, 1),
    (6, at(4, 9), None, "x", 2),
)
EVENTS = Rows("sales", ("id",), "at")
BEFORE_DAY = Population(EVENTS, "stats", zone="UTC")
SEGMENT, CATEGORY = ("seg",), ("cat",)


def ask(statistic: Statistic, sales: Table = SALES, *, when: Any = None, seg: Any = "a", cat: Any = "x") -> Any:
    """The statistic of one question asked after everything (or ``when``)."""
    questions = table("id at seg cat", (100, when or at(5, 9), seg, cat))
    store = Store("view", Rows("questions", ("id",), "at", is_spine=True), (("f", statistic),))
    (row,) = entrypoint(store, {"questions": questions, "sales": sales})
    return row["f"]


def day(kind: str, **options: Any) -> Statistic:
    return Statistic(kind, BEFORE_DAY, **options)


def of_category(kind: str, **options: Any) -> Statistic:
    return day(kind, segment=SEGMENT, category=CATEGORY, **options)


SEEN_OF_A = [
    (day("count"), 6),
    (day("count", segment=SEGMENT), 4),
    (day("count", segment=("seg", "cat")), 2),
    (of_category("share"), 2 / 3),
    (of_category("share", alpha=0.5, k=4), 0.5),
    (of_category("share", alpha=1.0), 3 / 5),
    (day("share", category=CATEGORY, alpha=0.5), 4.5 / 6),
    (day("share", category=SEGMENT, alpha=0.5), 4.5 / 6),
    (of_category("rarity", alpha=0.5, k=4), math.log(2)),
    (of_category("rank"), 1),
    (of_category("n_distinct"), 2),
    (of_category("entropy"), math.log(3) - 2 / 3 * math.log(2)),
    (of_category("top_share"), 2 / 3),
    (of_category("share_of", constant="y"), 1 / 3),
    (day("sum", segment=SEGMENT, value="price"), 71),
    (day("mean", segment=SEGMENT, value="price"), 17.75),
    (day("mean", value="price"), 14.6),
    # 10, 20, 40, 1 around 17.75: squared deviations 60.0625 + 5.0625 + 495.0625 + 280.5625
    (day("std", segment=SEGMENT, value="price"), math.sqrt(840.75 / 3)),
    (day("min", segment=SEGMENT, value="price"), 1),
    (day("max", segment=SEGMENT, value="price"), 40),
    (day("first_seen", segment=SEGMENT), date(2024, 3, 1)),
    (day("time_since_last", segment=SEGMENT), 2),
]


@pytest.mark.parametrize(("statistic", "expected"), SEEN_OF_A, ids=lambda value: getattr(value, "kind", ""))
def test_value(statistic: Statistic, expected: Any) -> None:
    found = ask(statistic)
    assert found == (pytest.approx(expected, rel=1e-15) if isinstance(expected, float) else expected)
    assert type(found) is type(expected)


OF_NO_EVENTS = [
    (day("count", segment=SEGMENT), 0),
    (of_category("share", alpha=0.5, k=4), 0.25),
    (of_category("share", alpha=0.5), 1.0),
    (of_category("share", alpha=0.0, k=4), None),
    (of_category("rarity", alpha=0.5, k=4), math.log(4)),
    (of_category("rarity"), None),
    (of_category("rank"), 1),
    (of_category("n_distinct"), 0),
    (of_category("entropy"), 0.0),
    (of_category("top_share"), None),
    (of_category("share_of", constant="y"), 0.0),
    (day("sum", segment=SEGMENT, value="price"), None),
    (day("mean", segment=SEGMENT, value="price"), None),
    (day("std", segment=SEGMENT, value="price"), None),
    (day("min", segment=SEGMENT, value="price"), None),
    (day("max", segment=SEGMENT, value="price"), None),
    (day("first_seen", segment=SEGMENT), None),
    (day("time_since_last", segment=SEGMENT), None),
]


@pytest.mark.parametrize(("statistic", "expected"), OF_NO_EVENTS, ids=lambda value: getattr(value, "kind", ""))
def test_value_of_no_events(statistic: Statistic, expected: Any) -> None:
    empty = table("id at seg cat price")
    for found in (ask(statistic, seg="z"), ask(statistic, when=at(1, 23)), ask(statistic, empty)):
        assert found == (expected if expected is None else pytest.approx(expected, rel=1e-15))


@pytest.mark.parametrize(("statistic", "of_none"), [(s, 0 if s.kind in ("count", "n_distinct") else None) for s, _ in
                         OF_NO_EVENTS], ids=lambda value: getattr(value, "kind", ""))  # fmt: skip
def test_own_null_segment(statistic: Statistic, of_none: Any) -> None:
    assert ask(statistic, seg=None) == of_none


def test_own_null_category_matters_only_where_it_is_used() -> None:
    assert ask(of_category("share"), cat=None) is None
    assert ask(of_category("rank"), cat=None) is None
    assert ask(day("count", segment=("seg", "cat")), cat=None) == 0
    assert ask(of_category("n_distinct"), cat=None) == 2
    assert ask(of_category("top_share"), cat=None) == 2 / 3
    assert ask(day("count", segment=SEGMENT), cat=None) == 4


def test_rarity_stops_at_one_in_a_million_million() -> None:
    assert ask(of_category("rarity"), cat="never") == pytest.approx(12 * math.log(10))


def test_rank_is_dense_and_counts_zero() -> None:
    counts = {"w": 3, "x": 2, "y": 2, "z": 1}
    rows = [(at(1), "a", cat, None) for cat, n in counts.items() for _ in range(n)]
    sales = table("id at seg cat price", *((number, *row) for number, row in enumerate(rows)))
    ranks = {cat: ask(of_category("rank"), sales, cat=cat) for cat in (*counts, "never")}
    assert ranks == {"w": 1, "x": 2, "y": 2, "z": 3, "never": 4}


def test_domain_size_is_k_then_the_vocabulary_then_what_was_seen() -> None:
    rows = Rows("sales", ("id",), "at", derived=(("bucket", Vocabulary("cat", ("x", "y", "z"))),))
    population = Population(rows, "stats", zone="UTC")
    store = Store("view", rows, (("f", Statistic("share", population, category=("bucket",), alpha=1.0)),))
    found = {row["id"]: row["f"] for row in entrypoint(store, {"sales": SALES})}
    assert found[1] == 1 / 5  # x, y, z, _MISSING, _OTHER
    assert found[6] == (3 + 1) / (5 + 5)
    assert ask(day("share", category=CATEGORY, alpha=1.0, k=10)) == (4 + 1) / (5 + 10)


@pytest.mark.parametrize(("zone", "when", "expected"), [
    ("UTC", at(2, 23), 2), ("UTC", at(3, 0), 4), (None, at(2, 9), 2), (None, at(2, 9, 1), 4), (None, at(1, 9), 0),
])  # fmt: skip
def test_strictly_before(zone: str | None, when: datetime, expected: int) -> None:
    assert ask(Statistic("count", Population(EVENTS, "stats", zone=zone)), when=when) == expected


@pytest.mark.parametrize(("lag", "window", "expected"), [
    (0 * DAY, None, 6), (0 * DAY, DAY, 1), (0 * DAY, 2 * DAY, 2), (0 * DAY, 3 * DAY, 4),
    (1 * DAY, None, 5), (1 * DAY, DAY, 1), (1 * DAY, 2 * DAY, 3), (3 * DAY, None, 2), (4 * DAY, None, 0),
])  # fmt: skip
def test_lag_and_window_in_days(lag: timedelta, window: timedelta | None, expected: int) -> None:
    """Events on days 1, 1, 2, 2, 3, 4 seen from day 5; the far end of a window is in it."""
    statistic = Statistic("count", Population(EVENTS, "stats", zone="UTC", lag=lag), window=window)
    assert ask(statistic) == expected


@pytest.mark.parametrize(("when", "expected"), [
    (at(1, 11), 0), (at(1, 11, 1), 1), (at(1, 14), 1), (at(1, 15), 2), (at(1, 15, 1), 1), (at(1, 18), 1),
    (at(1, 18, 1), 0),
])  # fmt: skip
def test_lag_and_window_in_hours(when: datetime, expected: int) -> None:
    """Events at 9 and 12: entering two hours later, leaving six hours after that at the last."""
    statistic = Statistic("count", Population(EVENTS, "stats", lag=2 * HOUR), window=4 * HOUR)
    assert ask(statistic, when=when) == expected


def test_lag_of_time_since_last_counts_from_the_anchor() -> None:
    assert ask(Statistic("time_since_last", Population(EVENTS, "stats", zone="UTC", lag=2 * DAY))) == 3
    assert ask(Statistic("time_since_last", Population(EVENTS, "stats"), segment=SEGMENT), when=at(3, 10)) == 3600.0


LATE = table(
    "id at known learned price",
    (1, at(1), at(1), at(1), 1),
    (2, at(1), at(3), at(1), 10),
    (3, at(1), at(1), at(3), 100),
    (4, at(1), None, at(1), 1000),
    (5, at(1), at(1), None, 10000),
    (6, at(4), at(1), at(1), 100000),
)


@pytest.mark.parametrize(("when", "own", "learned"), [(at(2), 10101, 1), (at(3), 10101, 1), (at(4), 10111, 111),
                                                      (at(9), 110111, 100111)])  # fmt: skip
def test_known_at_of_the_source_and_of_the_statistic(when: datetime, own: int, learned: int) -> None:
    population = Population(Rows("sales", ("id",), "at", known_at="known"), "stats", zone="UTC")
    assert ask(Statistic("sum", population, value="price"), LATE, when=when) == own
    assert ask(Statistic("sum", population, value="price", known_at="learned"), LATE, when=when) == learned


def test_sla_of_a_lookup_holds_back_the_events_and_shows_late_columns() -> None:
    votes = table("id colour seen", (1, "red", at(1, 20)), (2, "blue", at(3, 12)), (3, "green", None))
    rows = Rows("sales", ("id",), "at", lookups=(KeyLookup("votes", (("id", "id"),), "seen", 24 * HOUR),),
                derived=(("c", Rename("colour")),))  # fmt: skip
    store = Store("view", rows, (("c", "c"), ("n", Statistic("count", Population(rows, "stats")))))
    sales = table("id at", (1, at(1)), (2, at(2, 12)), (3, at(2)), (4, at(2, 0, 1)), (5, at(9)))
    found = {row["id"]: (row["c"], row["n"]) for row in entrypoint(store, {"sales": sales, "votes": votes})}
    assert found == {1: ("red", 0), 2: (None, 1), 3: (None, 0), 4: (None, 1), 5: (None, 4)}


@pytest.mark.parametrize(("known_at", "expected"), [(None, ["old", "new"]), ("seen", ["old", None])])
def test_lookup_by_key_without_sla(known_at: str | None, expected: list[str | None]) -> None:
    rows = Rows("sales", ("id",), "at", lookups=(KeyLookup("things", (("id", "thing"),), known_at),))
    things = table("thing name seen", (1, "old", at(1)), (2, "new", at(2)))
    sales = table("id at", (1, at(2)), (2, at(2)), (3, at(2)))
    store = Store("view", rows, (("name", "things.name"),))
    assert [row["name"] for row in entrypoint(store, {"sales": sales, "things": things})] == [*expected, None]


@pytest.mark.parametrize(("when", "options", "expected"), [
    (at(1), {}, None), (at(1, 1), {}, "one"), (at(3), {}, "one"), (at(3, 1), {}, "three b"),
    (at(3, 1), {"ties": ("rank",)}, "three a"), (at(4, 1), {}, "three b"), (at(9), {}, "three b"),
    (at(9), {"max_age": 6 * DAY}, "three b"), (at(9, 1), {"max_age": 6 * DAY}, None),
    (at(4), {"known_at": "seen"}, "one"), (at(4, 1), {"known_at": "seen"}, "three a"),
])  # fmt: skip
def test_lookup_as_of(when: datetime, options: dict[str, Any], expected: str | None) -> None:
    prices = table(
        "no thing at seen rank name",
        (1, 7, at(1), at(1), None, "one"),
        (3, 7, at(3), None, None, "three b"),
        (2, 7, at(3), at(4), 0, "three a"),
        (4, 8, at(2), at(2), 9, "another thing"),
    )
    lookup = AsOfLookup("prices", ("no",), (("thing", "thing"),), "at", **{"ties": (), **options})
    store = Store("view", Rows("sales", ("id",), "at", lookups=(lookup,)), (("name", "name"),))
    sales = table("id at thing", (1, when, 7), (2, when, None))
    assert [row["name"] for row in entrypoint(store, {"sales": sales, "prices": prices})] == [expected, None]


def test_days_of_a_zone_around_the_end_of_summer_time() -> None:
    """In Oslo the 27th of October 2024 has 25 hours: it begins at 22:00 UTC and ends at 23:00 UTC."""
    instants = (datetime(2024, 10, 26, 22), datetime(2024, 10, 27, 22, 59), datetime(2024, 10, 27, 23))
    sales = table("id at", *((number, when.replace(tzinfo=UTC)) for number, when in enumerate(instants)))
    counts = {
        zone: [row["n"] for row in entrypoint(store, {"sales": sales})]
        for zone in ("UTC", "Europe/Oslo")
        for store in [Store("view", EVENTS, (("n", Statistic("count", Population(EVENTS, "stats", zone=zone))),))]
    }
    assert counts == {"UTC": [0, 1, 1], "Europe/Oslo": [0, 0, 2]}


def test_a_wall_clock_reading_is_its_own_day_in_every_zone() -> None:
    assert ask(Statistic("count", Population(EVENTS, "stats", zone="Pacific/Auckland")), when=at(2, 23)) == 2
    assert ask(Statistic("count", Population(EVENTS, "stats", zone="Pacific/Auckland")), when=at(2).date()) == 2


@pytest.mark.parametrize(("where", "expected"), [(None, 6), (Condition("seg", "a"), 4), (Condition("price"), 5)])
def test_where_restricts_the_population_not_the_rows(where: Condition | None, expected: int) -> None:
    store = Store("view", EVENTS, (("n", Statistic("count", Population(EVENTS, "stats", where=where))),))
    assert len(entrypoint(store, {"sales": SALES})) == 6
    assert ask(Statistic("count", Population(EVENTS, "stats", zone="UTC", where=where))) == expected


def test_an_event_without_a_time_is_nowhere() -> None:
    sales = table("id at", (1, at(1)), (2, None), (3, at(2)))
    store = Store("view", EVENTS, (("n", Statistic("count", BEFORE_DAY)),))
    assert [(row["id"], row["n"]) for row in entrypoint(store, {"sales": sales})] == [(1, 0), (3, 1)]


@pytest.mark.parametrize(("values", "scale", "kind", "expected"), [
    ((0.1, 0.2), 6, "sum", 0.3), ((0.1,) * 10, 6, "sum", 1.0), ((1.25, -1.25), 1, "sum", 0.1),
    ((0.004, 0.004), 2, "sum", 0.0), ((0.004, 0.004), 3, "sum", 0.008), ((2.5, 3.5), 0, "mean", 3.5),
    ((math.nan, math.inf, -math.inf, None, 2.0), 6, "sum", 2.0), ((math.nan, None), 6, "sum", None),
    ((math.nan, 7.0, -math.inf), 6, "max", 7.0), ((math.nan, 7.0, -math.inf), 6, "min", 7.0),
    ((math.nan, 1.0), 6, "std", None), ((1.0, 2.0), 6, "std", math.sqrt(0.5)), ((3, 3, 3), 6, "std", 0.0),
    ((True, False, True), 6, "sum", 2), ((True, False), 6, "mean", 0.5), ((2**62, 2**61), 6, "sum", 2**62 + 2**61),
    ((Decimal("0.10"), Decimal("0.20")), 0, "sum", 0.3), ((Decimal("0.10"), Decimal("0.20")), 0, "mean", 0.15),
    ((date(2024, 1, 2), None, date(2024, 1, 1)), 6, "min", date(2024, 1, 1)),
])  # fmt: skip
def test_values_are_added_exactly(values: tuple[Any, ...], scale: int, kind: str, expected: Any) -> None:
    sales = table("id at price", *((number, at(1), value) for number, value in enumerate(values)))
    found = ask(day(kind, value="price", scale=scale), sales)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("derivation", "expected"), [
    (Vocabulary("cat", ("x",)), ["x", "_OTHER", "_MISSING", "_MISSING", "_MISSING"]),
    (Vocabulary("cat", ("x",), missing=None), ["x", "_OTHER", None, "_OTHER", "_OTHER"]),
    (Vocabulary("cat", ("x",), missing="none", other="_MISSING"), ["x", "_MISSING", "none", "none", "_MISSING"]),
    (Coalesce(("cat", "seg")), ["x", "y", "s", "", "_MISSING"]),
    (Rename("seg"), ["s", "s", "s", "s", "s"]),
    (Computed("upper(seg)", lambda row: row["seg"].upper()), ["S", "S", "S", "S", "S"]),
])  # fmt: skip
def test_derived_columns(derivation: Any, expected: list[str | None]) -> None:
    sales = table("id at cat seg", *((n, at(1), cat, "s") for n, cat in enumerate(("x", "y", None, "", "_MISSING"))))
    store = Store("view", Rows("sales", ("id",), "at", derived=(("d", derivation),)), (("d", "d"),))
    assert [row["d"] for row in entrypoint(store, {"sales": sales})] == expected


def grid(name: str, sales: Table, **derived: Vocabulary) -> list[Row]:
    rows = Rows("sales", ("id",), "at", derived=tuple(derived.items()))
    population = Population(rows, "stats", zone="UTC", grid=name)
    statistics = (
        ("n", Statistic("count", population, segment=SEGMENT)),
        ("c", Statistic("share", population, segment=SEGMENT, category=("bucket",), alpha=1.0)),
    )
    keys = ("seg", "bucket")
    return statistics_relation(Store("view", rows, statistics), population, ("n", "c"), keys, {"sales": sales})


def test_grids_of_the_statistics_relation() -> None:
    rows = ((1, at(1), "a", "x"), (2, at(2), "b", "y"), (3, at(2), "a", "y"), (4, at(3), None, "x"))
    sales = table("id at seg cat", *rows)
    vocabulary = Vocabulary("cat", ("x",), missing=None)
    found = {
        name: sorted(
            (row["anchor"].day, row["seg"], row["bucket"], row["n"]) for row in grid(name, sales, bucket=vocabulary)
        )
        for name in ("observed", "as_of", "full")
    }
    both = ("_OTHER", "x")
    day_2 = [(2, "a", c, 1) for c in both] + [(2, "b", c, 0) for c in both]
    day_3 = [(3, "a", c, 2) for c in both] + [(3, "b", c, 1) for c in both]
    assert found["observed"] == [(1, "a", "x", 0), (2, "a", "_OTHER", 1), (2, "b", "_OTHER", 0)]
    assert found["as_of"] == [(1, "a", c, 0) for c in both] + day_2 + day_3
    assert found["full"] == [(1, s, c, 0) for s in ("a", "b") for c in both] + day_2 + day_3


def test_grid_of_no_segment_has_one_row_for_each_anchor() -> None:
    store = Store("view", EVENTS, (("n", Statistic("count", BEFORE_DAY)),))
    found = statistics_relation(store, BEFORE_DAY, ("n",), (), {"sales": SALES})
    assert sorted((row["anchor"].day, row["n"]) for row in found) == [(1, 0), (2, 2), (3, 4), (4, 5)]


def test_as_of_grid_takes_the_segments_of_the_rows_and_of_the_population() -> None:
    asked = table("id at seg", (1, at(2), "asked"), (2, at(4), "later"))
    sold = table("id at seg", (1, at(3), "sold"), (2, at(9), "never"))
    population = Population(Rows("sold", ("id",), "at"), "stats", zone="UTC", grid="as_of")
    rows = Rows("asked", ("id",), "at", is_spine=True)
    store = Store("view", rows, (("n", Statistic("count", population, segment=SEGMENT)),))
    found = statistics_relation(store, population, ("n",), SEGMENT, {"asked": asked, "sold": sold})
    assert sorted((row["anchor"].day, row["seg"], row["n"]) for row in found) == [
        (2, "asked", 0), (4, "asked", 0), (4, "later", 0), (4, "sold", 1),
    ]  # fmt: skip
