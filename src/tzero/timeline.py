"""What "before T0" means: the one place that knows.

An event *reaches* a decision made at anchor ``A`` when it was known strictly before ``A``::

    known = greatest(event time, known-at)            both, or the event is not yet knowledge
    known + lag < A <= event time + window + lag      (no window: no upper bound)

An anchor is an instant (the T0 itself) or the calendar day of T0 in a declared zone; under a day anchor the event's
times are taken as days of that zone first, so nothing of the same day is seen. The comparison is strict, always:
there is no setting for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo, available_timezones

from tzero.errors import DeclarationError

_DURATION = re.compile(r"(?P<n>\d+)\s*(?P<unit>us|ms|s|m|h|d|w)")
_UNITS = {
    "us": timedelta(microseconds=1),
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_ZERO = timedelta(0)


def duration(value: str | timedelta) -> timedelta:
    """Read a fixed length of time: ``"7d"``, ``"24h"``, ``"90m"``, ``"30s"``, ``"2w"``, or a timedelta.

    A day is 24 hours here. Months and years have no fixed length and are refused.

    >>> duration("36h")
    datetime.timedelta(days=1, seconds=43200)
    """
    if isinstance(value, timedelta):
        found = value
    else:
        match = _DURATION.fullmatch(value.strip())
        if match is None:
            raise DeclarationError(
                f"{value!r} is not a length of time", fix="write a whole number and us, ms, s, m, h, d or w, like '36h'"
            )
        try:
            found = int(match["n"]) * _UNITS[match["unit"]]
        except OverflowError:
            raise DeclarationError(f"{value!r} is longer than any length of time that can be counted") from None
    if found < _ZERO:
        raise DeclarationError(f"a length of time cannot be negative: {found}")
    return found


def zone_name(value: str) -> str:
    """Check an IANA zone name and return it.

    >>> zone_name("Europe/Oslo")
    'Europe/Oslo'
    """
    if value != "UTC" and value not in available_timezones():
        raise DeclarationError(f"unknown time zone {value!r}", fix="use an IANA name such as 'UTC' or 'Europe/Oslo'")
    return ZoneInfo(value).key


@dataclass(frozen=True, slots=True)
class Day:
    """Anchor on the calendar day of T0 in ``zone``: only strictly earlier days are seen."""

    zone: str

    def __post_init__(self) -> None:
        zone_name(self.zone)


@dataclass(frozen=True, slots=True)
class Instant:
    """Anchor on T0 itself: events at the same instant do not see each other."""


Anchor = Day | Instant


@dataclass(frozen=True, slots=True)
class Trail:
    """How far back a statistic looks: ``window`` before the anchor, the anchor itself moved back by ``lag``.

    >>> Trail(window=timedelta(days=7), lag=timedelta(days=1)).leaves_after
    datetime.timedelta(days=8)
    """

    window: timedelta | None = None
    lag: timedelta = _ZERO

    @property
    def enters_after(self) -> timedelta:
        """An event is seen by anchors strictly later than its known time plus this."""
        return self.lag

    @property
    def leaves_after(self) -> timedelta | None:
        """An event is no longer seen by anchors strictly later than its event time plus this; None: never."""
        return None if self.window is None else self.window + self.lag

    def check(self, anchor: Anchor) -> None:
        """Refuse a trail that the anchor cannot express."""
        for what, length in (("window", self.window), ("lag", self.lag)):
            if length is None:
                continue
            if what == "window" and length == _ZERO:
                raise DeclarationError("a window of no length sees nothing", fix="give a length such as '7d'")
            if isinstance(anchor, Day) and length % timedelta(days=1):
                raise DeclarationError(
                    f"{what} {length} is no whole number of days, and the anchor is a day",
                    fix="use whole days, or anchor at the instant with before_instant()",
                )
