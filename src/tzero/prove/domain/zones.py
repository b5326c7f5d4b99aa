"""What is certain about a time zone: the range of its offsets, and whether its local date ever runs backwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tzero.prove.domain.terms import SECOND

_FIRST, _LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_UTC_NAMES = frozenset({"utc", "etc/utc", "gmt", "etc/gmt", "z", "zulu", "etc/zulu", "uct", "etc/uct", "universal"})
# No zone has ever been further from UTC; a zone that changes its rules after 2100 stays inside.
WIDEST = 26 * 3600 * SECOND


def is_utc(zone: str) -> bool:
    """Whether local time in the zone is UTC, always.

    >>> is_utc("UTC"), is_utc("Europe/Oslo")
    (True, False)
    """
    return zone.lower() in _UTC_NAMES


def is_known(zone: str) -> bool:
    return is_utc(zone) or _transitions(zone) is not None


@cache
def offsets(zone: str) -> tuple[int, int]:
    """The least and the greatest offset from UTC that the zone has ever had, in microseconds."""
    found = _transitions(zone)
    if is_utc(zone) or found is None:
        return (0, 0) if is_utc(zone) else (-WIDEST, WIDEST)
    values = [_microseconds(offset) for _, offset in found]
    return min(values), max(values)


@cache
def date_is_monotone(zone: str) -> bool:
    """Whether a later instant never has an earlier local date: false where clocks are set back over midnight."""
    found = _transitions(zone)
    if is_utc(zone) or found is None:
        return is_utc(zone)
    for (_, old), (at, new) in pairwise(found):
        if (at + new).date() < (at + old - timedelta(microseconds=1)).date():
            return False
    return True


@cache
def _transitions(zone: str) -> tuple[tuple[datetime, timedelta], ...] | None:
    """The instants at which the offset changes, each with its new offset; None when the zone is unknown."""
    try:
        info = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    found = [(_FIRST, _offset(info, _FIRST))]
    step = timedelta(days=7)
    at = _FIRST
    while at < _LAST:
        after = at + step
        if _offset(info, after) != _offset(info, at):
            found.append((_bisect(info, at, after), _offset(info, after)))
        at = after
    return tuple(found)


def _bisect(info: ZoneInfo, low: datetime, high: datetime) -> datetime:
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        low, high = (middle, high) if _offset(info, middle) == _offset(info, low) else (low, middle)
    return high


def _offset(info: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(info).utcoffset() or timedelta(0)


def _microseconds(offset: timedelta) -> int:
    return offset // timedelta(microseconds=1)
