"""Which of the rows that a relation is made from are not what they were: what may explain a digest that changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tzero.certify.baseline.sources import sources_of
from tzero.certify.subject import Subject
from tzero.state import base_row

_SEPARATOR = "\x1f"
_LENGTH = re.compile(r"(\d+):")


class How(StrEnum):
    APPEARED = "appeared"
    VANISHED = "vanished"
    MOVED = "moved"
    EDITED = "edited"


@dataclass(frozen=True, slots=True)
class BaseChange:
    """Rows of one source that changed in one way, the earliest day of each being ``day``; and one of them.

    ``day`` is empty where nothing says when a row was known: it may then explain anything.
    """

    source: str
    how: How
    day: str
    rows: int
    key: str
    day_before: str
    day_now: str

    def reaches(self, day: str) -> bool:
        """Whether it is of that day or before, so that the day may depend on it."""
        return not self.day or self.day <= day

    def __str__(self) -> str:
        times = {
            How.APPEARED: f"of {self.day_now}" if self.day_now else "",
            How.VANISHED: f"of {self.day_before}" if self.day_before else "",
            How.MOVED: f"from {self.day_before or 'no day'} to {self.day_now or 'no day'}",
            How.EDITED: f"of {self.day}" if self.day else "",
        }
        return f"({self.key}) of {self.source} {self.how} {times[self.how]}".rstrip()

    def as_json(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "how": self.how.value,
            "day": self.day or None,
            "rows": self.rows,
            "key": self.key,
            "day_before": self.day_before or None,
            "day_now": self.day_now or None,
        }


@dataclass(frozen=True, slots=True)
class Evidence:
    """The changes of the base rows, earliest first, and the sources of which nothing was kept to compare with."""

    changes: tuple[BaseChange, ...] = ()
    unknown: tuple[str, ...] = ()


def evidence_of(subject: Subject) -> Evidence:
    """Compare the rows that a subject is made from with what was kept of them. Reads every source once."""
    found: list[BaseChange] = []
    unknown: list[str] = []
    for source in sources_of(subject):
        series = base_row.find(subject.state, str(subject.relation), str(source.source), source.hashed)
        if series is None:
            unknown.append(str(source.source))
            continue
        differing = base_row.differing(subject.state, series, source.query)
        found += [_change(str(source.source), row) for row in subject.engine.rows(_grouped(differing))]
    return Evidence(tuple(sorted(found, key=lambda change: (change.day, change.source, change.how))), tuple(unknown))


def _grouped(differing: str) -> str:
    before, now = "coalesce(CAST(day_before AS text), '')", "coalesce(CAST(day_now AS text), '')"
    example = f"min(row_key || '{_SEPARATOR}' || {before} || '{_SEPARATOR}' || {now})"
    return (
        f"SELECT how, CAST(least(day_before, day_now) AS text) AS day, count(*), {example} "
        f"FROM ({differing}) AS differing GROUP BY how, least(day_before, day_now)"
    )


def _change(source: str, row: tuple[Any, ...]) -> BaseChange:
    how, day, rows, example = row
    key, before, now = str(example).rsplit(_SEPARATOR, 2)
    # a row that lost its day, or got one, may explain any day
    undated = how == How.MOVED and not (before and now)
    return BaseChange(source, How(how), "" if undated else day or "", int(rows), shown_key(key), before, now)


def shown_key(key: str) -> str:
    """A key as it is kept, for people: without the lengths of its texts.

    >>> shown_key("15,4:a, b,,")
    '15, a, b, NULL'
    """
    parts, at = [], 0
    while at < len(key):
        length = _LENGTH.match(key, at)
        end = length.end() + int(length[1]) if length else key.find(",", at)
        end = len(key) if end < 0 else end
        parts.append(key[length.end() if length else at : end] if length or end > at else "NULL")
        at = end + 1
    return ", ".join(parts)
