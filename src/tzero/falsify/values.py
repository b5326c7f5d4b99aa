"""Drawing values: few and repeated, so that rows meet; the query's own constants among them; new ones after the cut."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tzero.falsify.literals import Literals
from tzero.falsify.tables import Table
from tzero.falsify.times import DAY, Times

START = datetime(2024, 3, 28, tzinfo=UTC)
"""Just before a change to summer time in Europe, so that zones that have one differ."""
DAYS = 9
HOURS = (0, 6, 12, 18)
NEAR_MIDNIGHT = (0.5, 22.5, 23.5)
"""Hours about midnight, in UTC and in the zones that a session is tried in."""
_PART = 7_919
_FINE, _TIED = 0.5, 0.5
"""So often times have parts of seconds where the query takes them for numbers, and what it orders by repeats."""
_TIED_VALUES = 3
_NULLS = (0.15, 0.15, 0.15, 0.7)
FEW = 4
"""Of many words that a query names, one database holds so many: else its rows would never meet."""
FLOATS = (0.1, 0.2, 0.3, 0.7, 1e-3, 1e6 / 3, 1e9 / 7)
_FIRST_KEY = 100
_FAR = 1_000_000
_TOPS = (("tiny", 100), ("small", 30_000), ("int2", 30_000))
"""How far values go of types that are too small for others."""
_PRECISION = re.compile(r"\((\d+)(?:\s*,\s*(\d+))?\)")
_WORDS = ("a", "b", "c")
_NEW_WORDS = ("z", "y", *_WORDS)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


@dataclass(slots=True)
class Values:
    """Draws values for one database; what it draws depends on the seed of ``random`` alone."""

    random: Random
    literals: Literals
    times: Times
    start: datetime = START
    spans: dict[str, int] = field(default_factory=dict)
    reach: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    """The smallest and the largest value of key columns, where they are known."""
    words: dict[str, list[str]] = field(default_factory=dict)
    nulls: dict[str, float] = field(default_factory=dict)
    tied: dict[str, bool] = field(default_factory=dict)
    fine: bool = False
    """Whether times have parts of seconds: sums of such numbers depend on their order."""
    crowd: int = 0
    """A number of rows that the query counts to: so many are about the same thing here. 0: no crowd."""

    @classmethod
    def around(cls, random: Random, literals: Literals, times: Times) -> Values:
        """Values whose days lie about a time that the query names, if it names one."""
        start = START
        if literals.times and random.random() < 0.8:
            near = random.choice(sorted(literals.times)).replace(hour=0, minute=0, second=0, microsecond=0)
            if 1970 < near.year < 2200:
                start = near + random.randrange(-DAYS + 1, 3) * DAY
        sizes = sorted(literals.sizes)
        crowd = random.choice(sizes) if sizes and random.random() < 0.5 else 0
        return cls(random, literals, times, start, crowd=crowd, fine=literals.measured and random.random() < _FINE)

    def moment(self, after: datetime | None = None) -> datetime:
        """An instant on a coarse grid; not before ``after``, and then often at it."""
        if after is not None and self.random.random() < 0.4:
            return after
        for _ in range(20):
            found = self._refined(self.start + self.random.randrange(DAYS) * DAY + self._hour())
            if after is None or found >= after:
                return found
        assert after is not None
        return after + self.random.choice((hours(0.5), hours(6), hours(24)))

    def _refined(self, moment: datetime) -> datetime:
        """An instant with a part of a second that is its own, where times have any: what is tied stays so."""
        if not self.fine:
            return moment
        return moment.replace(microsecond=(moment.day * 24 + moment.hour) * _PART % 1_000_000)

    def time(self, kind: str, after: datetime | None = None) -> Any:
        return self.times.written(kind, self.moment(after))

    def value(self, table: Table, column: str, *, new: bool = False) -> Any:
        """A value of a column that is neither a key nor a time of the row; ``new`` ones reach further."""
        nullable = table.nullable(column) and column not in table.relation.monotone
        if nullable and self.random.random() < self._nulls(table, column, new):
            return None
        kind = table.kinds[column].kind
        if kind in ("integer", "bigint"):
            return self._integer(table, column, new)
        if kind in ("decimal", "double") and self._is_tied(table, column):
            return (Decimal if kind == "decimal" else float)(self.random.randrange(_TIED_VALUES + new))
        if kind == "decimal":
            return self._decimal(table, column, new)
        if kind == "double":
            return self._float(column, new)
        if kind == "text":
            return self._word(table.groups[column], column, new)
        if kind == "boolean":
            return self.random.random() < 0.5
        if table.kinds[column].is_time:
            return self.time(kind)
        return None

    def _is_tied(self, table: Table, column: str) -> bool:
        """Whether a column that the query orders by holds few values here: of equal ones any may be first."""
        if column not in self.literals.ordered:
            return False
        return self.tied.setdefault(f"{table.name}.{column}", self.random.random() < _TIED)

    def _nulls(self, table: Table, column: str, new: bool) -> float:
        """The share of NULLs: in some databases most of a column, and what comes after the cut is the first value."""
        share = self.nulls.setdefault(f"{table.name}.{column}", self.random.choice(_NULLS))
        return _NULLS[0] if new else share

    def _hour(self) -> timedelta:
        return hours(self.random.choice(NEAR_MIDNIGHT if self.random.random() < 0.25 else HOURS))

    def _integer(self, table: Table, column: str, new: bool) -> int:
        known = self.literals.of(column, int)
        if known and self.random.random() < 0.5:
            value = int(self.random.choice(known)) + self.random.choice((-1, 0, 0, 1))
        else:
            span = 3 if column in table.key else self.random.choice((3, 9, 9, 1000))
            span = self.spans.setdefault(f"{table.name}.{column}", span)
            value = self.random.randrange(-span if new else -span // 3, span * (4 if new else 1))
        top = 100 if "tiny" in table.relation.columns[column].lower() else 30_000
        value = max(-top, min(top, value))
        return abs(value) if column in table.relation.nonnegative else value

    def _float(self, column: str, new: bool) -> float:
        known = [float(v) for type_ in (int, Decimal) for v in self.literals.of(column, type_)]
        if known and self.random.random() < 0.5:
            return self.random.choice(known) * self.random.choice((0.5, 1, 1, 2))
        value = self.random.choice(FLOATS) * self.random.randrange(1, 9)
        return value * self.random.choice((1, 1e3)) if new else value

    def _decimal(self, table: Table, column: str, new: bool) -> Decimal:
        known = [Decimal(v) for type_ in (int, Decimal) for v in self.literals.of(column, type_)]
        if known and self.random.random() < 0.5:
            value = self.random.choice(known) + self.random.choice((Decimal(-1), Decimal(0), Decimal(1)))
        else:
            value = Decimal(self.random.randrange(4, 400 if new else 80)) / 4
        found = _PRECISION.search(table.relation.columns[column])
        digits, scale = (int(found[1]), int(found[2] or 0)) if found else (18, 2)
        return min(round(value, min(scale, 2)), Decimal(10 ** min(digits - scale, 9) - 1))

    def crowded(self) -> bool:
        """Whether to draw what the others have, too."""
        return bool(self.crowd) and self.random.random() < 0.7

    def _word(self, group: str, column: str, new: bool) -> str:
        bound = self.literals.of(column, str) or self.literals.of(group, str)
        # one word that the query names must not crowd out those that are not it
        if bound and self.random.random() < min(len(bound) / (len(bound) + 1), 0.75):
            return str(self.random.choice(self._few(column, bound)))
        free = self.literals.of("", str)
        if free and self.random.random() < 0.3:
            return str(self.random.choice(free))
        return _WORDS[0] if self.crowded() else self.random.choice(_NEW_WORDS if new else _WORDS)

    def _few(self, column: str, words: list[str]) -> list[str]:
        if column not in self.words:
            self.words[column] = self.random.sample(words, FEW) if len(words) > FEW + 2 else words
        return self.words[column]

    def gap(self) -> timedelta | None:
        """A length of time that the query adds or subtracts; None where it has none, or now and then."""
        if not self.literals.gaps or self.random.random() < 0.3:
            return None
        return self.random.choice(sorted(self.literals.gaps))

    def key(self, column: str, kind: str, place: int, *, new: bool = False, below: bool = False) -> Any:
        """A value of a key column. Keys that are there from the start are multiples of ten: new ones go between.

        Those ``below`` are smaller than all that are there. Where the keys of real data are known (``reach``), the
        others are larger than all of them.
        """
        if column in self.reach:
            return self._outside(column, kind, place, below=below)
        number = _FIRST_KEY + 10 * place
        if new:
            number = self.random.randrange(1, _FIRST_KEY) if below else self.random.randrange(_FIRST_KEY, number + 60)
            number += 1 if number % 10 == 0 else 0
        if kind == "text":
            return (
                f"{string.ascii_lowercase[number % 26] if not below else '!'}{number:04d}" if new else f"k{number:04d}"
            )
        if kind == "decimal":
            return Decimal(number)
        if kind == "double":
            return float(number)
        return number

    def _outside(self, column: str, kind: str, place: int, *, below: bool) -> Any:
        lowest, highest = self.reach[column]
        step = 1 + place + self.random.randrange(1000)
        if kind == "text":
            return f"!{step:05d}" if below else f"~{step:05d}"
        edge = lowest if below else highest
        if edge is None or kind not in ("integer", "bigint", "decimal", "double"):
            return step
        return edge - step if below else edge + step

    def novel(self, table: Table, column: str) -> Any:
        """A text or a whole number that no row has: the first or the last of all, or one far from the others."""
        number = self.random.randrange(1, 4)
        if table.kinds[column].kind == "text":
            return f"{self.random.choice('!~')}{number}"
        far = number + next((top for word, top in _TOPS if word in table.relation.columns[column].lower()), _FAR)
        return far if column in table.relation.nonnegative else self.random.choice((far, -far))
