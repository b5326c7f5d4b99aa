"""Times of a world: every time value as one instant, whatever its type, and back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Times:
    """Reads times in one zone: that of days, and of wall readings where instants are stored beside them.

    >>> Times("Europe/Oslo").instant(date(2024, 1, 2)).isoformat()
    '2024-01-01T23:00:00+00:00'
    """

    zone: str = "UTC"

    def instant(self, value: Any) -> datetime | None:
        """The instant of a time; the start of a day."""
        if isinstance(value, datetime):
            if value in (datetime.max, datetime.min):
                return value.replace(tzinfo=UTC)  # how drivers show infinities: no zone moves them
            return (value if value.tzinfo else value.replace(tzinfo=ZoneInfo(self.zone))).astimezone(UTC)
        if isinstance(value, date):
            return datetime.combine(value, time(), ZoneInfo(self.zone)).astimezone(UTC)
        if isinstance(value, str):
            # a time that Python does not reach: infinity, or a year that it does not count to
            end = datetime.min if value.startswith("-") or "BC" in value else datetime.max
            return end.replace(tzinfo=UTC)
        return None

    def known(self, value: Any) -> datetime | None:
        """When something dated so is known: what is dated by a day, at the end of it."""
        if isinstance(value, date) and not isinstance(value, datetime):
            start = self.instant(value + DAY)
            return start - TICK if start else None
        return self.instant(value)

    def written(self, kind: str, moment: datetime) -> datetime | date:
        """An instant as a value of a type: ``timestamptz``, ``timestamp`` or ``date``."""
        if kind == "timestamptz":
            return moment.astimezone(UTC)
        local = moment.astimezone(ZoneInfo(self.zone))
        return local.date() if kind == "date" else local.replace(tzinfo=None)

    def day_start(self, moment: datetime) -> datetime:
        """The start of the day in which an instant falls."""
        local = moment.astimezone(ZoneInfo(self.zone))
        return datetime.combine(local.date(), time(), ZoneInfo(self.zone)).astimezone(UTC)
