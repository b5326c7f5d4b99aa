"""A leak told as a story: what happened later, and the earlier row that it reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tzero.report.findings import Cause
from tzero.report.numbers import apart, day_of, shown

_VERBS = {"added": "was added to", "removed": "was removed from", "changed": "was changed in"}


@dataclass(frozen=True, slots=True)
class Story:
    """``told`` says what happened; the row with ``key`` was decided on at ``past``, before ``future``."""

    told: str
    changed: tuple[tuple[str, str], ...]
    key: tuple[tuple[str, str], ...]
    column: str
    before: str
    after: str
    past: str
    future: str
    days: int | None


def story_of(found: Iterable[Cause], anchor: str, key: Iterable[str]) -> Story | None:
    """The first witness that shows a value on both sides; None where there is none."""
    names = tuple(key)
    # what was seen in the rows that are there says more than what was seen in made-up ones
    for cause in sorted(found, key=lambda cause: cause.gate != "C1"):
        told = _told(cause.witness, anchor, names) if cause.witness else None
        if told is not None:
            return told
    return None


def _told(witness: Mapping[str, Any], anchor: str, key: tuple[str, ...]) -> Story | None:
    column, before, after = witness.get("column"), witness.get("before"), witness.get("after")
    if not before or not after or column not in before:
        return None
    change = next(iter(witness.get("changes") or ()), None)
    row = (change["after"] or change["before"]) if change else {}
    past, cut = day_of(before.get(anchor)), day_of(witness.get("cut"))
    future = max((day for day in map(day_of, row.values()) if day and cut and day >= cut), default=cut)
    was, now = apart(before[column], after[column])
    return Story(
        f"A row {_VERBS[change['verb']]} {change['relation']}" if change else str(witness.get("says")),
        tuple((name, shown(value)) for name, value in row.items() if value is not None),
        tuple((name, str(before[name])) for name in (key or tuple(before)[:2]) if name in before),
        str(column),
        was,
        now,
        str(past or "earlier"),
        str(future or "later"),
        (future - past).days if past and future else None,
    )
