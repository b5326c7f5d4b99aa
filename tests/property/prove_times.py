"""Further ways to write that one moment is before another."""

from __future__ import annotations


def more_ways(event: str, anchor: str) -> tuple[str, ...]:
    """Further ways to say that an event is before an anchor, and some that do not quite."""
    return (
        f"{anchor} - {event} > INTERVAL '0 seconds'",
        f"date_diff('microsecond', {event}, {anchor}) > 0",
        f"date_diff('day', {event}, {anchor}) > 0",
        f"epoch_us({event}) < epoch_us({anchor})",
        f"epoch_ms({event}) < epoch_ms({anchor})",
        f"epoch_ms({event}) <= epoch_ms({anchor})",
        f"CAST(epoch({event}) AS BIGINT) < CAST(epoch({anchor}) AS BIGINT)",
        f"floor(epoch({event})) < floor(epoch({anchor}))",
        f"({event} <= {anchor} AND {event} <> {anchor})",
        f"({event} <= {anchor} AND {event} IS DISTINCT FROM {anchor})",
        f"CASE WHEN {event} < {anchor} THEN TRUE ELSE FALSE END",
        f"CASE WHEN {event} >= {anchor} THEN FALSE ELSE TRUE END",
        f"LEAST({event}, {anchor}) < {anchor}",
        f"GREATEST({event}, {anchor} - INTERVAL '1 hour') < {anchor}",
        f"({event}, 1) < ({anchor}, 2)",
        f"({event}, 1) < ({anchor}, 0)",
        f"NOT ({event} >= {anchor} OR {event} IS NULL)",
        f"strftime({event} AT TIME ZONE 'UTC', '%Y-%m-%d') < strftime({anchor} AT TIME ZONE 'UTC', '%Y-%m-%d')",
        f"strftime({event} AT TIME ZONE 'UTC', '%d') < strftime({anchor} AT TIME ZONE 'UTC', '%d')",
        f"time_bucket(INTERVAL '6 hours', {event}) < time_bucket(INTERVAL '6 hours', {anchor})",
        f"date_trunc('hour', {event}) < date_trunc('hour', {anchor})",
        f"date_trunc('month', {event}) <= {anchor}",
        f"{event} < date_trunc('day', {anchor})",
        f"{event} < {anchor} - INTERVAL '1 month'",
        f"{event} < {anchor} + INTERVAL '-1 day'",
        f"{event} < {anchor} + INTERVAL '1 day'",
        f"{event} <= {anchor} + INTERVAL '6 hours'",
        f"{event} <= {anchor} + INTERVAL '1 microsecond'",
        f"{event} BETWEEN {anchor} - INTERVAL '30 hours' AND {anchor}",
        f"({event} < {anchor}) = TRUE",
        f"{event} < TIMESTAMPTZ '2024-03-31 00:00:00+00' AND {anchor} >= TIMESTAMPTZ '2024-03-31 00:00:00+00'",
        f"COALESCE({event}, {anchor}) < {anchor}",
        f"NULLIF({event}, {anchor}) <= {anchor}",
        f"({event} < {anchor}) IS NOT FALSE",
        f"{event} AT TIME ZONE 'UTC' < {anchor} AT TIME ZONE 'UTC'",
        f"{event} AT TIME ZONE 'Europe/Oslo' < {anchor} AT TIME ZONE 'UTC'",
        f"CAST({event} AS DATE) < CAST({anchor} AS DATE)",
        f"EXTRACT(DOY FROM {event} AT TIME ZONE 'UTC') < EXTRACT(DOY FROM {anchor} AT TIME ZONE 'UTC')",
        f"CAST({event} AT TIME ZONE 'UTC' AS DATE) + 1 <= CAST({anchor} AT TIME ZONE 'UTC' AS DATE)",
    )
