"""Time zones against what zoneinfo says hour by hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tzero.prove.domain import zones


@pytest.mark.parametrize("zone", ["Europe/Oslo", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])
def test_offsets_cover_every_hour(zone: str) -> None:
    low, high = zones.offsets(zone)
    at = datetime(2019, 1, 1, tzinfo=UTC)
    for _ in range(2 * 365 * 24):
        offset = at.astimezone(ZoneInfo(zone)).utcoffset()
        assert offset is not None
        assert low <= offset // timedelta(microseconds=1) <= high
        at += timedelta(hours=1)


def test_clocks_that_are_set_back_over_midnight() -> None:
    assert zones.date_is_monotone("Europe/Oslo")
    assert zones.date_is_monotone("UTC")
    assert not zones.date_is_monotone("America/St_Johns")


def test_an_unknown_zone_is_not_trusted() -> None:
    assert not zones.is_known("Mars/Olympus")
    assert not zones.date_is_monotone("Mars/Olympus")
