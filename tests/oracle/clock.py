"""Days, instants, and which event an anchor sees."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.description import Population, Row, Statistic

Time = Any
"""A date or a datetime: days meet days and instants instants, which no type says."""


def instant(time: date | datetime) -> datetime:
    """A date is its midnight; an instant with a zone is taken to UTC, where adding hours is adding hours."""
    if not isinstance(time, datetime):
        return datetime(time.year, time.month, time.day)
    return time if time.tzinfo is None else time.astimezone(UTC)


def day(time: date | datetime, zone: str) -> date:
    if not isinstance(time, datetime):
        return time
    return time.date() if time.tzinfo is None else time.astimezone(ZoneInfo(zone)).date()


def moment(time: Time, zone: str | None) -> Time:
    """The time as the anchor counts: a day of its zone, or the instant."""
    return instant(time) if zone is None else day(time, zone)


def is_seen(event: Row, anchor: Time, population: Population, statistic: Statistic) -> bool:
    """``known + lag < A <= time + window + lag``, where ``known`` is the latest of everything declared."""
    rows = population.rows
    time = event[rows.time]
    if time is None:
        return False
    known = [time]
    for column in (rows.known_at, statistic.known_at):
        if column is not None:
            known.append(event[column])
    if any(one is None for one in known):
        return False
    known += [instant(time) + sla for sla in waits(population)]
    latest = max(moment(one, population.zone) for one in known)
    if not latest + population.lag < anchor:
        return False
    return statistic.window is None or anchor <= moment(time, population.zone) + statistic.window + population.lag


def waits(population: Population) -> list[timedelta]:
    """How long after its time an event's looked-up columns may still change."""
    slas = [getattr(lookup, "sla", None) for lookup in population.rows.lookups]
    return [sla for sla in slas if sla is not None]
