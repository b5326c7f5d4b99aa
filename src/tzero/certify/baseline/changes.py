"""What differs between what a relation holds now and its accepted baseline, day by day."""

from __future__ import annotations

from dataclasses import dataclass

from tzero.certify.baseline.accepted import Accepted, AcceptedDay
from tzero.certify.baseline.baseline import Baseline, DayDigest


@dataclass(frozen=True, slots=True)
class DayChange:
    """A day whose accepted digests are not those of now, and in which columns."""

    day: str
    columns: tuple[str, ...]
    rows_before: int
    rows_now: int


@dataclass(frozen=True, slots=True)
class Changes:
    """``drifted`` days are settled and must not have changed; ``settling`` ones may; ``grown`` ones are new."""

    drifted: tuple[DayChange, ...] = ()
    settling: tuple[DayChange, ...] = ()
    grown: tuple[str, ...] = ()
    compared: int = 0
    new_columns: tuple[str, ...] = ()
    lost_columns: tuple[str, ...] = ()


def changes(now: Baseline, before: Accepted) -> Changes:
    """Compare. A day that had no rows is new only where it is later than every settled one; else the past gained it."""
    drifted: list[DayChange] = []
    settling: list[DayChange] = []
    grown: list[str] = []
    compared = 0
    known = before.record.columns
    shared = tuple(name for name in now.columns if name in known)
    for day in sorted(now.by_day.keys() | before.days.keys()):
        was, found = before.days.get(day), now.by_day.get(day)
        if was is None and day > before.horizon:
            grown.append(day)
            continue
        compared += len(shared) if was is None or was.settled else 0
        changed = _changed(day, shared, now.columns, was, found)
        if changed is not None:
            (drifted if was is None or was.settled else settling).append(changed)
    return Changes(
        tuple(drifted),
        tuple(settling),
        tuple(grown),
        compared,
        tuple(name for name in now.columns if name not in known),
        tuple(name for name in known if name not in now.columns),
    )


def _changed(
    day: str, shared: tuple[str, ...], columns: tuple[str, ...], was: AcceptedDay | None, found: DayDigest | None
) -> DayChange | None:
    old = was.digests if was else {}
    new = dict(zip(columns, found.digests, strict=True)) if found else {}
    rows_before, rows_now = was.rows if was else 0, found.rows if found else 0
    # a day may have been accepted before a column was there: what was never accepted cannot have changed
    differing = tuple(name for name in shared if old.get(name) != new.get(name) and (name in old or not was))
    if differing or rows_before != rows_now:
        return DayChange(day, differing, rows_before, rows_now)
    return None
