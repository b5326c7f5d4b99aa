"""The starter flights on real flights: its instants, and every column against plain Python."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.e2e.starters import applied, as_table, built, ordered, relation, rows_of
from tests.oracle.compare import differences
from tests.oracle.description import AsOfLookup, Computed, KeyLookup, Population, Row, Rows, Statistic, Store
from tests.oracle.store import entrypoint

import tzero
from tzero.sql.names import RelationName
from tzero.starters.demo.folder import lay_out
from tzero.starters.flights import data

HOME, PUERTO_RICO = ZoneInfo("America/New_York"), "America/Puerto_Rico"
IN_THE_AIR = dt.datetime(2013, 2, 8, 19, 30, tzinfo=dt.UTC)
FLIGHTS, PLANES, WEATHER = "flights.departures", "flights.planes", "flights.weather"
VIEW = "flights.delay_features_t0_v1"
RARE = ("F9", "HA", "YV")
"""Airlines with few aircraft, so that a small sample meets the same ones again."""
OUTCOME = ("dep_delay", "arr_time", "arr_delay", "air_time")


@pytest.fixture(scope="module")
def published() -> dict[str, pa.Table]:
    return {name: data.batches(name).read_all() for name in data.TABLES}


@pytest.fixture(scope="module")
def sampled(published: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """Eight weeks of three airlines around the change of clocks in March, and one afternoon of a blizzard."""
    flights = published["raw.flights"]
    rare = _between(
        flights, dt.datetime(2013, 2, 1), dt.datetime(2013, 3, 28), pc.is_in(flights["carrier"], pa.array(RARE))
    )
    storm = _between(
        flights, dt.datetime(2013, 2, 8, 17), dt.datetime(2013, 2, 8, 20), pc.equal(flights["origin"], "JFK")
    )
    taken = flights.filter(pc.or_(rare, storm))
    planes, weather = published["raw.planes"], published["raw.weather"]
    first, last = pc.min(taken["time_hour"]), pc.max(taken["time_hour"])
    near = pc.and_(pc.greater(weather["time_hour"], first), pc.less(weather["time_hour"], last))
    return published | {
        "raw.flights": taken,
        "raw.planes": planes.filter(pc.is_in(planes["tailnum"], taken["tailnum"].combine_chunks())),
        "raw.weather": weather.filter(near),
    }


def _between(flights: pa.Table, first: dt.datetime, end: dt.datetime, condition: Any) -> Any:
    hour = flights["time_hour"]
    bounds = [pa.scalar(moment.replace(tzinfo=dt.UTC), hour.type) for moment in (first, end)]
    return pc.and_(condition, pc.and_(pc.greater_equal(hour, bounds[0]), pc.less(hour, bounds[1])))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, sampled: dict[str, pa.Table]) -> Iterator[tzero.Project]:
    with built("flights", tmp_path_factory.mktemp("flights"), sampled) as found:
        yield found


def test_what_was_published(published: dict[str, pa.Table]) -> None:
    assert {name: table.num_rows for name, table in published.items()} == {
        "raw.flights": 336_776,
        "raw.airports": 1_458,
        "raw.planes": 3_322,
        "raw.weather": 26_115,
    }
    assert published["raw.flights"]["flight_id"].to_pylist() == list(range(1, 336_777))


def test_instants_of_all_flights(published: dict[str, pa.Table], tmp_path: Path) -> None:
    """The landing is computed from the schedule and the delay; the published clock time of the landing must agree."""
    raw, found = published["raw.flights"], _departures(published, tmp_path)
    minutes = pc.multiply(raw["minute"].cast(pa.int64()), 60_000_000).cast(pa.duration("us"))
    assert found["scheduled_at"].equals(pc.add(raw["time_hour"], minutes))
    assert found["late"].equals(pc.greater_equal(raw["arr_delay"], 15))
    assert found["landed_at"].is_null().equals(raw["arr_delay"].is_null())
    assert pc.all(pc.greater(found["landed_at"], found["scheduled_at"])).as_py()
    airports = published["raw.airports"].to_pydict()
    zones = {faa: zone or PUERTO_RICO for faa, zone in zip(airports["faa"], airports["tzone"], strict=True)}
    zone = pa.array([zones.get(dest, PUERTO_RICO) for dest in raw["dest"].to_pylist()])
    disagree = 0
    for name in set(zone.to_pylist()):
        there = found["landed_at"].filter(pc.equal(zone, name)).cast(pa.timestamp("us", name))
        clock = pc.add(pc.multiply(pc.hour(there), 100), pc.minute(there))
        # midnight is published as 2400
        expected = pc.if_else(pc.equal(raw["arr_time"], 2400), 0, raw["arr_time"]).filter(pc.equal(zone, name))
        disagree += pc.sum(pc.not_equal(clock, expected)).as_py() or 0
    assert disagree == 1, "one flight of the night in which the clocks change"


def _departures(published: dict[str, pa.Table], folder: Path) -> pa.Table:
    """The upstream relation alone, in the order of its file."""
    lay_out("flights", folder)
    with tzero.open(folder, target="duckdb://") as project, project.session() as engine:
        for statement in engine.schema_statements("raw"):
            engine.execute(statement.sql)
        for name in ("raw.flights", "raw.airports"):
            engine.load(RelationName.parse(name), published[name].to_reader())
        query = (folder / "upstream" / "departures.sql").read_text()
        return engine.arrow(f"SELECT * FROM ({query}) ORDER BY flight_id").read_all()


def test_every_column_agrees_with_plain_python(project: tzero.Project) -> None:
    tables = {name: as_table(relation(project, name)) for name in (FLIGHTS, PLANES, WEATHER)}
    expected = entrypoint(described(), tables)
    found = project.read()
    assert found.num_rows == len(expected) > 250
    assert differences(expected, rows_of(found), ("flight_id",)) == []
    empty = [name for name in found.column_names if found[name].null_count == found.num_rows]
    assert empty == [], "a column that is NULL everywhere checks nothing"


def test_no_feature_is_an_outcome(project: tzero.Project, sampled: dict[str, pa.Table], tmp_path: Path) -> None:
    """Rewrite what was learned after a moment, of flights in the air too: what was due by then keeps its features."""
    flights, known = sampled["raw.flights"], relation(project, FLIGHTS)
    later = known.filter(pc.greater(known["landed_at"], pa.scalar(IN_THE_AIR, known["landed_at"].type)))
    rewritten = pc.is_in(flights["flight_id"], later["flight_id"].combine_chunks())
    for name in OUTCOME:
        changed = pc.if_else(rewritten, pa.scalar(900, pa.int32()), flights[name])
        flights = flights.set_column(flights.column_names.index(name), flights.schema.field(name), changed)
    with built("flights", tmp_path, sampled | {"raw.flights": flights}) as again:
        before, after = ordered(project.read()), ordered(again.read())
    kept = pc.less_equal(before["t0"], pa.scalar(IN_THE_AIR, before["t0"].type))
    assert before.filter(kept).equals(after.filter(kept))
    assert 20 < pc.sum(kept).as_py() < before.num_rows - 20
    assert not before.equals(after), "later flights must see that these were late"


def test_runs_and_threads_change_no_bit(project: tzero.Project, sampled: dict[str, pa.Table], tmp_path: Path) -> None:
    expected = ordered(project.read())
    for threads in (1, 2):
        folder = tmp_path / str(threads)
        lay_out("flights", folder)
        with applied(folder, sampled, f"duckdb:///store.duckdb?threads={threads}") as again:
            assert ordered(again.read()).equals(expected)


def described() -> Store:
    """flights for the oracle."""
    rows = Rows(
        FLIGHTS,
        ("flight_id",),
        "scheduled_at",
        lookups=(
            KeyLookup(PLANES, (("tailnum", "tailnum"),)),
            AsOfLookup(
                WEATHER,
                ("origin", "observed_at"),
                (("origin", "origin"),),
                "observed_at",
                known_at="known_at",
                max_age=dt.timedelta(hours=6),
            ),
        ),
        derived=tuple((name, Computed("", function)) for name, function in OWN.items()),
    )
    now = Population(rows, "flights.delay_stats")
    usual = Population(rows, "flights.usual_stats", zone="America/New_York")
    hours, days = (lambda number: dt.timedelta(hours=number)), (lambda number: dt.timedelta(days=number))
    late: dict[str, Any] = {"kind": "mean", "value": "late", "known_at": "landed_at"}
    delay: dict[str, Any] = {"value": "arrival_delay", "known_at": "landed_at"}
    origin, carrier, tail, route, dest = ("origin",), ("carrier",), ("tailnum",), ("origin", "dest"), ("dest",)
    statistics = {
        "origin_departures_1h": Statistic("count", now, origin, window=hours(1)),
        "origin_late_rate_3h": Statistic(population=now, segment=origin, window=hours(3), **late),
        "origin_late_rate_24h": Statistic(population=now, segment=origin, window=hours(24), **late),
        "origin_hour_late_rate_7d": Statistic(population=usual, segment=("origin", "dep_hour"), window=days(7), **late),
        "carrier_departures_24h": Statistic("count", now, carrier, window=hours(24)),
        "carrier_late_rate_24h": Statistic(population=now, segment=carrier, window=hours(24), **late),
        "carrier_late_rate_7d": Statistic(population=usual, segment=carrier, window=days(7), **late),
        "carrier_late_rate_28d": Statistic(population=usual, segment=carrier, window=days(28), **late),
        "carrier_n_dests_28d": Statistic("n_distinct", usual, carrier, dest, window=days(28)),
        "carrier_dest_entropy_28d": Statistic("entropy", usual, carrier, dest, window=days(28)),
        "route_departures_28d": Statistic("count", usual, route, window=days(28)),
        "route_late_rate_7d": Statistic(population=usual, segment=route, window=days(7), **late),
        "route_late_rate_28d": Statistic(population=usual, segment=route, window=days(28), **late),
        "route_delay_mean_28d": Statistic("mean", usual, route, window=days(28), **delay),
        "route_delay_std_28d": Statistic("std", usual, route, window=days(28), **delay),
        "route_carrier_share_28d": Statistic("share", usual, route, carrier, alpha=1.0, window=days(28)),
        "dest_rarity_28d": Statistic("rarity", usual, origin, dest, alpha=1.0, window=days(28)),
        "tail_departures_24h": Statistic("count", now, tail, window=hours(24)),
        "tail_seconds_since_last": Statistic("time_since_last", now, tail),
        "tail_first_seen": Statistic("first_seen", now, tail),
        "tail_delay_max_24h": Statistic("max", now, tail, window=hours(24), **delay),
        "tail_late_rate_28d": Statistic(population=usual, segment=tail, window=days(28), **late),
    }
    own = tuple((name, name) for name in (*OWN, *AS_THEY_ARE))
    listed = dict((*own, *statistics.items()))
    return Store(VIEW, rows, tuple((name, listed[name]) for name in COLUMNS))


def _at_home(row: Row) -> dt.datetime:
    found: dt.datetime = row["scheduled_at"].astimezone(HOME)
    return found


def _minutes(first: dt.datetime | None, last: dt.datetime) -> float | None:
    return None if first is None else (last - first).total_seconds() / 60


AS_THEY_ARE = ("distance", "temp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib")
OWN: dict[str, Any] = {
    "origin_ewr": lambda row: int(row["origin"] == "EWR"),
    "origin_jfk": lambda row: int(row["origin"] == "JFK"),
    "origin_lga": lambda row: int(row["origin"] == "LGA"),
    "scheduled_minutes": lambda row: _minutes(row["scheduled_at"], row["scheduled_arrival_at"]),
    "dep_hour": lambda row: _at_home(row).hour,
    "dep_weekday": lambda row: _at_home(row).isoweekday(),
    "plane_age_years": lambda row: None if row["built_in"] is None else _at_home(row).year - row["built_in"],
    "plane_seats": lambda row: row["seats"],
    "weather_age_minutes": lambda row: _minutes(row["observed_at"], row["scheduled_at"]),
}
COLUMNS = (
    "origin_ewr", "origin_jfk", "origin_lga", "distance", "scheduled_minutes", "dep_hour", "dep_weekday",
    "plane_age_years", "plane_seats", "temp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib",
    "weather_age_minutes", "origin_departures_1h", "origin_late_rate_3h", "origin_late_rate_24h",
    "origin_hour_late_rate_7d", "carrier_departures_24h", "carrier_late_rate_24h", "carrier_late_rate_7d",
    "carrier_late_rate_28d", "carrier_n_dests_28d", "carrier_dest_entropy_28d", "route_departures_28d",
    "route_late_rate_7d", "route_late_rate_28d", "route_delay_mean_28d", "route_delay_std_28d",
    "route_carrier_share_28d", "dest_rarity_28d", "tail_departures_24h", "tail_seconds_since_last", "tail_first_seen",
    "tail_delay_max_24h", "tail_late_rate_28d",
)  # fmt: skip
