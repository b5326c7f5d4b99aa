"""Statistics of a population as of a row's anchor."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from tzero.errors import DeclarationError, Place
from tzero.timeline import Trail

if TYPE_CHECKING:
    from tzero.features.populations import Population

MAX_SCALE = 12


class Kind(Enum):
    COUNT = "count"
    SHARE = "share"
    RARITY = "rarity"
    RANK = "rank"
    N_DISTINCT = "n_distinct"
    ENTROPY = "entropy"
    TOP_SHARE = "top_share"
    SHARE_OF = "share_of"
    SUM = "sum"
    MEAN = "mean"
    STD = "std"
    MIN = "min"
    MAX = "max"
    FIRST_SEEN = "first_seen"
    TIME_SINCE_LAST = "time_since_last"


OF_CATEGORIES = frozenset(
    {Kind.SHARE, Kind.RARITY, Kind.RANK, Kind.N_DISTINCT, Kind.ENTROPY, Kind.TOP_SHARE, Kind.SHARE_OF}
)
COUNTS = frozenset({Kind.COUNT, Kind.N_DISTINCT})
"""Statistics that are 0, not NULL, where the own row has no segment."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """What is computed (``kind`` of ``category`` or ``value``) and among which events (``segment``, ``trail``)."""

    kind: Kind
    population: Population
    segment: tuple[str, ...]
    category: tuple[str, ...]
    value: str | None
    constant: str | None
    trail: Trail
    known_at: str | None
    alpha: float
    k: int | None
    scale: int
    place: Place = field(compare=False)

    def __post_init__(self) -> None:
        self.trail.check(self.population.anchor)
        if len(set(self.keys)) != len(self.keys):
            raise DeclarationError(f"{self.kind.value} names a column twice: {', '.join(self.keys)}")
        if self.kind in OF_CATEGORIES and not self.category:
            raise DeclarationError(f"{self.kind.value} of nothing", fix="name the column that it is of")
        if self.alpha < 0:
            raise DeclarationError(f"alpha must not be negative, it is {self.alpha}")
        if not math.isfinite(self.alpha):
            raise DeclarationError(f"alpha must be a number, it is {self.alpha}")
        if self.k is not None and self.k < 1:
            raise DeclarationError(f"k must be at least 1, it is {self.k}")
        if not 0 <= self.scale <= MAX_SCALE:
            raise DeclarationError(f"scale must be 0 to {MAX_SCALE} decimal places, it is {self.scale}")
        self._check_domain()

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns whose own values select the statistic, segment first."""
        return (*self.segment, *self.category)

    @property
    def own_keys(self) -> tuple[str, ...]:
        """The columns of the own row that the value depends on: a distribution depends on the segment alone."""
        if self.kind in (Kind.N_DISTINCT, Kind.ENTROPY, Kind.TOP_SHARE, Kind.SHARE_OF):
            return self.segment
        return self.keys

    @property
    def domain_size(self) -> int | None:
        """K of a smoothed share, where it is fixed; None: the number of values seen by the anchor."""
        if self.k is not None:
            return self.k
        domains = self.population.rows.domains
        if len(self.category) == 1 and self.category[0] in domains:
            return len(domains[self.category[0]])
        return None

    def _check_domain(self) -> None:
        domains = self.population.rows.domains
        domain = domains.get(self.category[0]) if len(self.category) == 1 else None
        if self.kind is Kind.SHARE_OF and domain is not None and self.constant not in domain:
            raise DeclarationError(
                f"{self.constant!r} is not in the vocabulary of {self.category[0]!r}",
                fix="use one of " + ", ".join(domain),
            )
        if domain is not None and self.k is not None and self.k < len(domain):
            raise DeclarationError(
                f"k={self.k} is smaller than the vocabulary of {self.category[0]!r}, which has {len(domain)} values",
                fix=f"leave k out, or use k={len(domain)}",
            )
