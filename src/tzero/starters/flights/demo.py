"""The published flights as raw data for a demonstration, and what a late rate says that counts flights in the air."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import partial
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from tzero.engines.base import Engine
from tzero.errors import UsageError
from tzero.starters.demo.feed import Example, Feed, RawTable
from tzero.starters.flights.data import TABLES, batches

_START = dt.datetime(2013, 1, 1, 5, tzinfo=dt.UTC)
"""Midnight in New York, where the year of the published flights begins."""
_YEAR, _LATER_DAYS = 365, 31
_HOUR = "time_hour"
_HOME = ZoneInfo("America/New_York")
_EVERY = 97
"""An example is looked for among one flight of so many: prime, so that no timetable is met in step."""

# late rates of an airport's last three hours, of all flights and of those that had landed
_IN_THE_AIR = f"""
WITH seen AS (
  SELECT
    f.flight_id,
    count(o.late) AS n_ever,
    sum(CASE WHEN o.late THEN 1 ELSE 0 END) AS late_ever,
    sum(CASE WHEN o.landed_at < f.scheduled_at THEN 1 ELSE 0 END) AS n_then,
    sum(CASE WHEN o.landed_at < f.scheduled_at AND o.late THEN 1 ELSE 0 END) AS late_then
  FROM flights.departures f
  JOIN flights.departures o
    ON o.origin = f.origin
   AND o.scheduled_at < f.scheduled_at
   AND o.scheduled_at >= f.scheduled_at - INTERVAL '3 hours'
  WHERE f.flight_id % {_EVERY} = 0
  GROUP BY f.flight_id
)
SELECT
  f.carrier, f.flight, f.origin, f.dest, f.scheduled_at,
  s.n_ever, s.late_ever, s.n_then, s.late_then, v.origin_late_rate_3h
FROM seen s
JOIN flights.departures f ON f.flight_id = s.flight_id
JOIN flights.delay_features_t0_v1 v ON v.flight_id = s.flight_id
WHERE s.n_then >= 15
ORDER BY CAST(s.late_ever AS float8) / s.n_ever - CAST(s.late_then AS float8) / s.n_then DESC, s.flight_id
LIMIT 1
"""


def feed(days: int = _YEAR) -> Feed:
    """The flights of the first days of 2013. Raises UsageError for a number out of range."""
    if not 2 <= days <= _YEAR:
        raise UsageError(f"days={days} is out of range", fix=f"choose 2 to {_YEAR}")
    later = min(_LATER_DAYS, max(1, days // 6))
    end = _START + dt.timedelta(days=days)
    tables = tuple(
        RawTable(name, file.schema, partial(_until, name, end), _HOUR if _HOUR in file.columns else None)
        for name, file in TABLES.items()
    )
    return Feed(
        "flights",
        "flights that left New York in 2013" + ("" if days == _YEAR else f", the first {days} days"),
        tables,
        end - dt.timedelta(days=later),
        f"{later} {'day' if later == 1 else 'days'} later",
        ("distance", "dep_hour", "plane_seats", "wind_speed", "origin_departures_1h", "origin_late_rate_3h",
         "carrier_late_rate_24h", "route_late_rate_28d", "route_delay_std_28d", "carrier_dest_entropy_28d",
         "tail_seconds_since_last"),
        in_the_air,
        "",
    )  # fmt: skip


def in_the_air(engine: Engine) -> Example:
    """A flight before which many others were late, and nobody could know yet: they were still in the air."""
    found = engine.rows(_IN_THE_AIR)
    if not found:
        return Example("no flight had others before it", (), (), "Take more days to see the difference.")
    carrier, flight, origin, dest, due, n_ever, late_ever, n_then, late_then, stored = found[0]
    when = due.astimezone(_HOME)
    return Example(
        f"{carrier} {flight} from {origin} to {dest}, due to leave on {when:%Y-%m-%d at %H:%M}",
        (f"flights due from {origin} in the 3 hours before", "flights", "late", "late rate"),
        (
            ("landed before T0: what the store counts", n_then, int(late_then), _rounded(stored)),
            ("all, those still in the air included", n_ever, int(late_ever), _rounded(late_ever / n_ever)),
        ),
        f"Of the {n_ever} flights due before it, {n_then} had landed: at {when:%H:%M} one could know that "
        f"{late_then / n_then:.0%} were late. A join that takes labels where it finds them says "
        f"{late_ever / n_ever:.0%}.",
    )


def _until(name: str, end: dt.datetime) -> Iterator[pa.RecordBatch]:
    for batch in batches(name):
        if _HOUR in batch.schema.names:
            yield batch.filter(pc.less(batch.column(_HOUR), pa.scalar(end, batch.schema.field(_HOUR).type)))
        else:
            yield batch


def _rounded(value: float) -> float:
    return round(value, 4)
