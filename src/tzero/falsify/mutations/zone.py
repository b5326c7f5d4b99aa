"""Run the query in sessions of other time zones, where the session's zone is not declared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tzero.falsify.mutations.circumstance import Circumstance, Pair, Setting, Stage

ZONES = ("Europe/Oslo", "America/Los_Angeles", "Asia/Kolkata")


def zone(setting: Setting, stage: Stage) -> Iterator[Pair]:
    for name in stage.zones:
        yield setting, replace(setting, zone=name), f"the session's time zone ({setting.zone} or {name})"


ZONE = Circumstance("zone", "the session is in another time zone", zone)
