"""Whatever is declared and drawn: a mutated world agrees with its database on all that was known before the cut."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tzero.falsify.constraints import holds
from tzero.falsify.cut import Cut
from tzero.falsify.database import random_world
from tzero.falsify.literals import Literals
from tzero.falsify.mutations import MUTATIONS, Mutation, Scene
from tzero.falsify.mutations.applied import mutated
from tzero.falsify.tables import Table, tables_of
from tzero.falsify.times import Times
from tzero.falsify.values import Values
from tzero.falsify.world import World, changes
from tzero.prove import Relation

SALES = Relation(
    "sales",
    columns={
        "region": "integer",
        "id": "integer",
        "brand": "text",
        "price": "decimal(10, 2)",
        "version": "integer",
        "weight": "double",
        "sold_at": "timestamptz",
        "seen_at": "timestamptz",
        "closed_at": "timestamptz",
        "verdict": "text",
        "label": "boolean",
    },
    key=("region", "id"),
    time="sold_at",
    known_at="seen_at",
    not_null=frozenset({"sold_at", "seen_at"}),
    unique=(("seen_at",),),
    late={"closed_at": "closed_at", "verdict": "closed_at"},
    mutable=frozenset({"label"}),
    after={"closed_at": "sold_at"},
    nonnegative=frozenset({"price"}),
    monotone={"version": "seen_at"},
)
DAILY = Relation(
    "daily",
    columns={"day": "date", "brand": "text", "n": "bigint"},
    key=("day", "brand"),
    time="day",
    not_null=frozenset({"n"}),
)
ITEMS = Relation(
    "items",
    columns={"region": "integer", "id": "integer", "colour": "text", "added_at": "timestamp"},
    key=("region", "id"),
    known_at="added_at",
    unique=(("added_at",),),
)
COLOURS = Relation("colours", columns={"colour": "text", "name": "text"}, key=("colour",), static=True)


def scene_of(seed: int, zone: str, tolerance: int) -> Scene:
    random, times = Random(seed), Times(zone)
    tables = tables_of([SALES, DAILY, ITEMS, COLOURS], "sales", Literals())
    values = Values.around(random, Literals(), times)
    world = random_world(values, tables)
    own = world.rows["sales"]
    moment = random.choice([row["seen_at"] for row in own.values()])
    kept = frozenset(uid for uid, row in own.items() if row["seen_at"] == moment and random.random() < 0.7)
    return Scene(tables, world, Cut(moment, times, kept, {"items": timedelta(hours=tolerance)}), values)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**9),
    zone=st.sampled_from(["UTC", "Europe/Oslo", "Asia/Kolkata"]),
    tolerance=st.sampled_from([0, 24]),
)
def test_the_past_stays(mutation: Mutation, seed: int, zone: str, tolerance: int) -> None:
    scene = scene_of(seed, zone, tolerance)
    world = mutated(mutation, scene)
    tables = {table.name: table for table in scene.tables}
    for table in scene.tables:
        assert holds(table, scene.world.rows[table.name])
        assert holds(table, world.rows[table.name]), f"{mutation.name} repeats a key of {table.name}"
        _as_declared(table, world, scene)
    for change in changes(scene.world, world):
        table = tables[change.relation]
        assert not table.relation.static
        if change.before is None or change.after is None:
            row = dict(change.before or change.after or {})
            assert change.uid not in scene.cut.kept
            assert is_future(scene, table, row), f"{mutation.name} {change.verb} a row of the past"
            continue
        if change.uid not in scene.cut.kept and is_future(scene, table, dict(change.before)):
            assert is_future(scene, table, dict(change.after)), f"{mutation.name} moves a row into the past"
            continue
        for column, value in change.after.items():
            if value != change.before[column]:
                assert _may_change(scene, table, change.before, change.after, column), f"{mutation.name}: {column}"


def is_future(scene: Scene, table: Table, row: dict[str, object]) -> bool:
    """Written again, to check the one under test."""
    known = row[table.known] if table.known else None
    if known is None:
        return True
    zone = ZoneInfo(scene.cut.times.zone)
    if isinstance(known, datetime):
        moment = known if known.tzinfo else known.replace(tzinfo=zone)
    else:
        assert isinstance(known, date)
        moment = datetime(known.year, known.month, known.day, 23, 59, 59, 999999, tzinfo=zone)
    allowed = scene.cut.tolerance.get(table.name)
    return moment > scene.cut.moment + allowed if allowed else moment >= scene.cut.moment


def _may_change(scene: Scene, table: Table, before: object, after: object, column: str) -> bool:
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    if column in table.relation.mutable:
        return True
    time = table.relation.late.get(column)
    return time is not None and scene.cut.is_late(table, before, time) and scene.cut.is_late(table, after, time)


def _as_declared(table: Table, world: World, scene: Scene) -> None:
    times = scene.cut.times
    for row in world.rows[table.name].values():
        assert all(row[column] is not None for column in table.relation.not_null)
        assert all(row[column] is None or row[column] >= 0 for column in table.relation.nonnegative)
        for later, earlier in table.relation.after.items():
            first, second = times.instant(row[earlier]), times.instant(row[later])
            assert first is None or second is None or first < second
        for column, time in table.relation.monotone.items():
            for other in world.rows[table.name].values():
                if row[time] < other[time]:
                    assert row[column] <= other[column]
        for column, time in table.relation.late.items():
            assert row[time] is not None or row[column] is None


@given(seed=st.integers(0, 10**9))
@settings(max_examples=40, deadline=None)
def test_databases_are_full_of_ties(seed: int) -> None:
    scene = scene_of(seed, "UTC", 0)
    days = [row["day"] for row in scene.world.rows["daily"].values()]
    assert len(set(days)) < len(days) or len(days) < 5
