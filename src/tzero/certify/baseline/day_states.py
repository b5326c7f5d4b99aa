"""The state of every digest: of each column, one letter per day of T0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tzero.certify.baseline.changes import DayChange
from tzero.certify.baseline.comparison import Comparison

SAME, NEW, SETTLING, DRIFT, GONE = "s", "n", "t", "d", "g"


def day_states(found: Comparison) -> dict[str, Any]:
    """``days``, and ``cells`` with a letter per day for every column: s (same), n (new), t (settling), d (drift),
    g (gone). A day or a column that was accepted and is not there any more is gone."""
    days = sorted(found.now.by_day.keys() | (found.before.days.keys() if found.before else set()))
    columns = (*found.now.columns, *found.changes.lost_columns)
    states = {day: dict(zip(columns, _of_day(found, day, columns), strict=True)) for day in days}
    return {
        "days": days,
        "cells": {name: "".join(states[day][name] for day in days) for name in columns},
    }


def _of_day(found: Comparison, day: str, columns: tuple[str, ...]) -> Iterator[str]:
    drift = next((change for change in found.changes.drifted if change.day == day), None)
    was = found.before.days.get(day) if found.before else None
    for name in columns:
        if day not in found.now.by_day or name not in found.now.columns:
            yield GONE
        elif drift is not None and _reaches(drift, name):
            yield DRIFT
        elif was is None or name not in was.digests:
            yield NEW
        else:
            yield SAME if was.settled else SETTLING


def _reaches(drift: DayChange, column: str) -> bool:
    """Whether a change is of a column; rows that came or went without a digest of their own are of all."""
    return column in drift.columns or not drift.columns
