"""A baseline: one digest per day of T0 and per column of a relation."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

DIGITS = 16
"""How many hex digits a digest of a column has."""

UNDATED = ""
"""The day of rows that have no T0."""


@dataclass(frozen=True, slots=True)
class DayDigest:
    """What a relation holds of one day: how many rows, and a digest of each column, 16 hex digits.

    ``day`` is an ISO date (as the database writes it: of ``infinity`` too), or empty where rows have no T0. ``seal``
    says whether any of it can have changed since, and is the engine's own.
    """

    day: str
    rows: int
    digests: tuple[str, ...]
    seal: str = ""

    @property
    def sha256(self) -> str:
        return _sha256([self.day, self.rows, *self.digests])


@dataclass(frozen=True)
class Baseline:
    """What a relation holds, day by day, without holding it: the digests of ``columns``, in that order.

    Digests depend on the rows alone, not on their order, the session, or the number of threads. Those of integers,
    texts, booleans, days and moments are the same on every engine; those of floats are the engine's own, and ``probe``
    says by which hash they were made. ``unbroken`` counts the days whose seals were found unbroken, so that their
    digests are those that were kept.

    >>> day = DayDigest("2024-05-01", 2, ("0123456789abcdef",))
    >>> Baseline("shop.features", ("id",), (day,)).sha256[:16]
    'f382316d0ce885fe'
    """

    relation: str
    columns: tuple[str, ...]
    days: tuple[DayDigest, ...]
    probe: str = ""
    unbroken: int = 0

    @cached_property
    def sha256(self) -> str:
        """One digest over all of them: the state of the data. The relation's name has no part in it."""
        return _sha256([list(self.columns), [[day.day, day.rows, *day.digests] for day in self.days]])

    @property
    def rows(self) -> int:
        return sum(day.rows for day in self.days)

    @cached_property
    def by_day(self) -> Mapping[str, DayDigest]:
        return {day.day: day for day in self.days}


def _sha256(value: object) -> str:
    return hashlib.sha256(json.dumps(value, separators=(",", ":")).encode()).hexdigest()
