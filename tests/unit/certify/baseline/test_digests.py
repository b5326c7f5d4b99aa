"""Digests see every change of a value or of its place, and nothing else."""

from __future__ import annotations

import itertools

import pytest
from tests.unit.certify.shop import Shop

from tzero.certify.baseline.baseline import Baseline
from tzero.certify.baseline.taking import take
from tzero.certify.subject import Anchors, Subject
from tzero.sql.names import RelationName

TYPED = RelationName.parse("shop.typed")
COLUMNS = {
    "id": "integer", "name": "text", "moment": "timestamp with time zone", "wall": "timestamp", "on_day": "date",
    "flag": "boolean", "small": "smallint", "big": "bigint", "price": "decimal(12, 2)", "share": "double precision",
}  # fmt: skip
ROWS = (
    "(1, 'a', '2024-01-01 10:00:00+00', '2024-01-01 10:00:00.5', '2024-01-01', TRUE, 1, 9223372036854775807, 1.5, 0.1)",
    "(2, 'b', '2024-01-01 23:30:00+00', '2024-01-01 10:00:00', '1969-12-31', FALSE, -1, -9223372036854775807, 10, 0.3)",
    "(3, NULL, '2024-01-02 00:30:00+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    "(4, '', '2024-01-02 10:00:00+00', 'infinity', 'infinity', FALSE, 0, 0, 0, 0)",
    "(5, 'Ærø, \"x\"', '2024-01-03 10:00:00+00', '1900-01-01', '0001-01-01', TRUE, 7, 4294967296, -0.01, -1e300)",
)
FLOATS = ("share",)


def subject_of_rows(shop: Shop, *rows: str, zone: str = "UTC") -> Subject:
    """A subject that is a table of these rows."""
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    shop.run("DROP TABLE IF EXISTS shop.typed", f"CREATE TABLE shop.typed ({columns})")
    shop.run(*(f"INSERT INTO shop.typed VALUES {row}" for row in rows))
    return shop.subject(relation=TYPED, key=("id",), anchors=Anchors(TYPED, ("id",), "moment", None, zone))


def cells(found: Baseline) -> dict[tuple[str, str], str]:
    return {
        (day.day, name): digest for day in found.days for name, digest in zip(found.columns, day.digests, strict=True)
    }


def changed(before: Baseline, after: Baseline) -> set[tuple[str, str]]:
    old, new = cells(before), cells(after)
    return {cell for cell in old.keys() | new.keys() if old.get(cell) != new.get(cell)}


def test_one_digest_per_day_and_column(store: Shop) -> None:
    found = take(subject_of_rows(store, *ROWS))
    assert [(day.day, day.rows) for day in found.days] == [("2024-01-01", 2), ("2024-01-02", 2), ("2024-01-03", 1)]
    assert found.columns == tuple(COLUMNS)
    assert len(set(cells(found).values())) > 20


def test_the_day_is_of_the_zone_of_the_anchors(store: Shop) -> None:
    found = take(subject_of_rows(store, *ROWS, zone="America/New_York"))
    assert [(day.day, day.rows) for day in found.days] == [("2024-01-01", 3), ("2024-01-02", 1), ("2024-01-03", 1)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(5)))[::17])
def test_the_order_of_rows_does_not_matter(store: Shop, order: tuple[int, ...]) -> None:
    expected = take(subject_of_rows(store, *ROWS))
    assert take(subject_of_rows(store, *(ROWS[at] for at in order))) == expected


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", "NULL"), ("name", "'A'"), ("name", "'a '"), ("name", "''"), ("wall", "'2024-01-01 10:00:00.500001'"),
        ("wall", "NULL"), ("wall", "'infinity'"), ("on_day", "'2024-01-02'"), ("on_day", "NULL"), ("flag", "FALSE"),
        ("flag", "NULL"), ("small", "0"), ("small", "NULL"), ("small", "-1"), ("big", "9223372036854775806"),
        ("big", "NULL"), ("big", "0"), ("price", "1.51"), ("price", "-1.5"), ("price", "NULL"),
        ("share", "0.10000000000000002"), ("share", "NULL"), ("share", "0"), ("share", "-0.1"),
    ],
)  # fmt: skip
def test_a_changed_value_changes_the_digest_of_its_day_and_column_alone(store: Shop, column: str, value: str) -> None:
    subject = subject_of_rows(store, *ROWS)
    before = take(subject)
    store.run(f"UPDATE shop.typed SET {column} = {value} WHERE id = 1")
    assert changed(before, take(subject)) == {("2024-01-01", column)}


@pytest.mark.parametrize("column", [name for name in COLUMNS if name not in ("id", "moment")])
def test_values_that_change_places_are_seen(store: Shop, column: str) -> None:
    subject = subject_of_rows(store, *ROWS)
    before = take(subject)
    for mine, other in ((1, 2), (3, 4)):
        store.run(
            f"CREATE TABLE shop.old AS SELECT id, {column} AS v FROM shop.typed",
            f"UPDATE shop.typed SET {column} = (SELECT v FROM shop.old WHERE old.id = {mine} + {other} - typed.id) "
            f"WHERE id IN ({mine}, {other})",
            "DROP TABLE shop.old",
        )
    assert changed(before, take(subject)) == {("2024-01-01", column), ("2024-01-02", column)}


def test_a_moment_that_moves_to_another_day_is_seen_on_both(store: Shop) -> None:
    subject = subject_of_rows(store, *ROWS)
    before = take(subject)
    store.run("UPDATE shop.typed SET moment = '2024-01-02 10:00:00+00' WHERE id = 1")
    assert {day for day, _ in changed(before, take(subject))} == {"2024-01-01", "2024-01-02"}


def test_rows_without_a_moment_have_a_day_of_their_own(store: Shop) -> None:
    subject = subject_of_rows(store, *ROWS)
    store.run(
        "UPDATE shop.typed SET moment = NULL WHERE id = 1", "UPDATE shop.typed SET moment = 'infinity' WHERE id = 2"
    )
    days = {day.day: day.rows for day in take(subject).days}
    assert days == {"": 1, "2024-01-02": 2, "2024-01-03": 1, "infinity": 1}


def test_rows_are_dated_by_the_relation_of_the_anchors(store: Shop) -> None:
    found = take(store.subject())
    assert found.relation == "shop.features"
    assert found.rows == 120
    assert len(found.days) == 26


def test_engines_agree_on_everything_but_floats() -> None:
    from tests.unit.certify.shop import ENGINES, open_shop

    if len(ENGINES) < 2:
        pytest.skip("there is no second engine")
    shops = [open_shop(engine) for engine in ENGINES]
    typed = [take(subject_of_rows(shop, *ROWS)) for shop in shops]
    stores = [take(shop.subject()) for shop in shops]
    for shop in shops:
        shop.engine.close()
    assert {column for _, column in changed(*typed)} == set(FLOATS)
    assert {column for _, column in changed(*stores)} == {"shade_share"}
    assert typed[0].probe != typed[1].probe
