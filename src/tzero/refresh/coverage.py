"""How much of the data each vocabulary covers.

A vocabulary that is spelt otherwise than the data folds every row into the rest, and nothing else would say so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from tzero.errors import Place
from tzero.sql.names import RelationName

LEAST = 0.5
"""A smaller share than this is most likely a mistake."""
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of ``rows`` that are neither NULL nor empty, how many hold a value that the vocabulary lists.

    ``others`` are the most frequent values that it does not list, with their rows.
    """

    name: str
    column: str
    source: RelationName
    place: Place
    rows: int
    covered: int
    others: tuple[tuple[str, int], ...]

    @classmethod
    def of(
        cls,
        name: str,
        column: str,
        source: RelationName,
        place: Place,
        listed: Collection[str],
        counted: Iterable[tuple[str | None, int]],
    ) -> Coverage:
        """From each value of the column with its number of rows.

        >>> counted = [("Black", 3), ("blue", 1), (None, 7), ("", 1)]
        >>> found = Coverage.of("c", "color", RelationName("s", "t"), Place("f.py", 1), ["black", "blue"], counted)
        >>> found.rows, found.covered, found.others, found.is_low
        (4, 1, (('Black', 3),), True)
        """
        values = [(value, int(number)) for value, number in counted if value]
        others = sorted((item for item in values if item[0] not in listed), key=lambda item: (-item[1], item[0]))
        rows = sum(number for _, number in values)
        covered = rows - sum(number for _, number in others)
        return cls(name, column, source, place, rows, covered, tuple(others[:_SHOWN]))

    @property
    def share(self) -> float:
        return self.covered / self.rows if self.rows else 1.0

    @property
    def is_low(self) -> bool:
        return self.share < LEAST

    def __str__(self) -> str:
        found = f"the vocabulary of {self.name} covers {self.covered:,} of {self.rows:,} rows of {self.source}"
        if self.is_low:
            others = ", ".join(f"{value!r} ({number:,})" for value, number in self.others)
            return f"{found}: values of {self.column} in the data that it does not list: {others} ({self.place})"
        return found

    def as_json(self) -> dict[str, Any]:
        return {
            "vocabulary": self.name,
            "column": self.column,
            "source": str(self.source),
            "place": str(self.place),
            "rows": self.rows,
            "covered": self.covered,
            "low": self.is_low,
            "others": [{"value": value, "rows": number} for value, number in self.others],
        }
