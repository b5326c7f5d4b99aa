"""What is known when is decided by clocks: the server's must be right, and days are days of a declared zone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from tzero.doctor.finding import Finding, Level
from tzero.doctor.store import Store

TOLERANCE = dt.timedelta(seconds=2)
_ZONE = "SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'TimeZone'"
_UTC = ("UTC", "Etc/UTC", "GMT", "Etc/GMT", "Zulu")


def check(store: Store) -> Iterator[Finding]:
    if store.engine.dialect != "postgres":
        return  # an embedded database has this machine's clock
    before = dt.datetime.now(dt.UTC)
    server = store.rows("SELECT pg_catalog.clock_timestamp()")[0][0]
    yield from skewed(before, server, dt.datetime.now(dt.UTC))
    zone = store.rows(_ZONE)[0][0]
    if zone not in _UTC:
        yield Finding(
            f"sessions of this role begin in the time zone {zone}; tzero's own are in UTC, whatever is set",
            "cast no instant to a day in SQL of your own without AT TIME ZONE, or set timezone = 'UTC'",
            Level.NOTE,
        )


def skewed(before: dt.datetime, server: dt.datetime, after: dt.datetime) -> Iterator[Finding]:
    """The server was asked between two looks at our own clock."""
    behind, ahead = before - server, server - after
    apart = max(behind, ahead)
    if apart > TOLERANCE:
        which = "behind" if behind > ahead else "ahead of"
        yield Finding(
            f"the server's clock is {apart.total_seconds():.0f} s {which} this machine's",
            "let both follow the same time service",
        )
