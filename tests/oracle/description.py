"""A neutral description of a feature store: what the oracle computes from and what `translate` declares to tzero.

Times are ``date``, naive ``datetime`` (timestamp) or aware ``datetime`` (timestamptz).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

Row = dict[str, Any]

KINDS = (
    "count", "share", "rarity", "rank", "n_distinct", "entropy", "top_share", "share_of",
    "sum", "mean", "std", "min", "max", "first_seen", "time_since_last",
)  # fmt: skip


@dataclass(frozen=True)
class Table:
    """``columns``: the SQL type of each; every row has them all."""

    columns: Mapping[str, str]
    rows: list[Row]


Tables = Mapping[str, Table]


@dataclass(frozen=True)
class KeyLookup:
    """The row of ``table`` with the same key; ``on`` pairs (own column, key column)."""

    table: str
    on: tuple[tuple[str, str], ...]
    known_at: str | None = None
    sla: timedelta | None = None


@dataclass(frozen=True)
class AsOfLookup:
    """The last row of ``table`` known before T0; ``ties`` are the columns that break ties, None refuses them."""

    table: str
    key: tuple[str, ...]
    on: tuple[tuple[str, str], ...]
    time: str
    known_at: str | None = None
    ties: tuple[str, ...] | None = None
    max_age: timedelta | None = None


@dataclass(frozen=True)
class Vocabulary:
    column: str
    domain: tuple[str, ...]
    missing: str | None = "_MISSING"
    other: str = "_OTHER"

    @property
    def values(self) -> tuple[str, ...]:
        return (*self.domain, self.other) if self.missing is None else (*self.domain, self.missing, self.other)


@dataclass(frozen=True)
class Coalesce:
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Rename:
    column: str


@dataclass(frozen=True)
class Computed:
    """Any other expression: its SQL for tzero, its meaning for the oracle."""

    sql: str
    function: Callable[[Row], Any]


Derivation = Vocabulary | Coalesce | Rename | Computed


@dataclass(frozen=True)
class Rows:
    """Events, or a spine: ``table`` with its key and time, extended by lookups, then by derived columns in order."""

    table: str
    key: tuple[str, ...]
    time: str
    known_at: str | None = None
    lookups: tuple[KeyLookup | AsOfLookup, ...] = ()
    derived: tuple[tuple[str, Derivation], ...] = ()
    is_spine: bool = False

    @property
    def vocabularies(self) -> dict[str, tuple[str, ...]]:
        return {name: value.values for name, value in self.derived if isinstance(value, Vocabulary)}


@dataclass(frozen=True)
class Condition:
    """``column = value``; without a value, ``column IS NOT NULL``."""

    column: str
    value: Any = None


@dataclass(frozen=True)
class Population:
    """Events seen by an anchor: the day of T0 in ``zone``, or T0 itself without a zone."""

    rows: Rows
    name: str
    zone: str | None = None
    where: Condition | None = None
    lag: timedelta = timedelta(0)
    grid: str = "observed"


@dataclass(frozen=True)
class Statistic:
    kind: str
    population: Population
    segment: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    value: str | None = None
    constant: str | None = None
    window: timedelta | None = None
    known_at: str | None = None
    alpha: float = 0.0
    k: int | None = None
    scale: int = 6


@dataclass(frozen=True)
class Store:
    """``features``: a name with a column of the own row (text) or a statistic."""

    name: str
    rows: Rows
    features: tuple[tuple[str, str | Statistic], ...]
    t0: str | None = "t0"

    @property
    def populations(self) -> tuple[Population, ...]:
        return tuple(dict.fromkeys(value.population for _, value in self.features if isinstance(value, Statistic)))

    def statistics_of(self, population: Population) -> tuple[tuple[str, Statistic], ...]:
        return tuple(
            (name, value)
            for name, value in self.features
            if isinstance(value, Statistic) and value.population == population
        )
