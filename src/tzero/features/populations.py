"""Populations: which events a statistic counts, as of each row's anchor."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

from tzero.errors import DeclarationError, Place
from tzero.features.expressions import Expression, expr
from tzero.features.places import here, placed
from tzero.features.sources import Names, names_of
from tzero.features.statistics import Kind, Statistic
from tzero.sql.names import RelationName, own_identifier
from tzero.timeline import Anchor, Trail, duration

if TYPE_CHECKING:
    from tzero.features.rows import Rows

Window = str | timedelta | None


class Grid(Enum):
    """Which rows a statistics relation has."""

    AS_OF = "as_of"
    FULL = "full"
    OBSERVED = "observed"

    @classmethod
    def of(cls, value: Grid | str) -> Grid:
        """A grid by its name."""
        names = [grid.value for grid in cls]
        if value not in (*cls, *names):
            raise DeclarationError(f"unknown grid {value!r}", fix="use one of " + ", ".join(names))
        return cls(value)


@dataclass(frozen=True, slots=True)
class Population:
    """Events seen as of an anchor; its methods declare statistics of them.

    Every statistic takes ``window`` (how far back, default: all), and ``known_at``, a column of the population that
    says when the value counted became known, for labels that are learned after the event.
    """

    rows: Rows
    anchor: Anchor
    where: Expression | None
    lag: timedelta
    grid: Grid
    into: RelationName | None
    index: str | None
    place: Place = field(compare=False)

    @classmethod
    def declare(
        cls,
        rows: Rows,
        anchor: Anchor,
        where: Expression | str | None,
        lag: str | timedelta,
        grid: Grid,
        into: str | None,
        index: str | None,
        place: Place,
    ) -> Population:
        with placed(place):
            length = duration(lag)
            Trail(lag=length).check(anchor)
            relation = None if into is None else RelationName.own(into)
            index_name = None if index is None else own_identifier(index, "index")
        condition = expr(where) if isinstance(where, str) else where
        return cls(rows, anchor, condition, length, grid, relation, index_name, place)

    def count(self, by: Names = (), *, window: Window = None, known_at: str | None = None) -> Statistic:
        """How many events share the own row's values of ``by`` (nothing: all events). Integer; 0 of none."""
        return self._statistic(Kind.COUNT, segment=by, window=window, known_at=known_at)

    def share(
        self,
        of: Names,
        *,
        within: Names = (),
        alpha: float = 0.0,
        k: int | None = None,
        window: Window = None,
        known_at: str | None = None,
    ) -> Statistic:
        """The smoothed share ``(n(own value) + alpha) / (n + alpha K)`` of ``of`` within a segment. Double.

        ``k`` is the number of possible values: default the size of the vocabulary of ``of``, else the number of
        values seen by the anchor (at least 1).
        """
        return self._statistic(
            Kind.SHARE, category=of, segment=within, alpha=alpha, k=k, window=window, known_at=known_at
        )

    def rarity(
        self,
        of: Names,
        *,
        within: Names = (),
        alpha: float = 0.0,
        k: int | None = None,
        window: Window = None,
        known_at: str | None = None,
    ) -> Statistic:
        """``-ln(max(share, 1e-12))`` of the same share, in nats. Double."""
        return self._statistic(
            Kind.RARITY, category=of, segment=within, alpha=alpha, k=k, window=window, known_at=known_at
        )

    def rank(self, of: Names, *, within: Names = (), window: Window = None, known_at: str | None = None) -> Statistic:
        """Dense rank of the own value by count, the most frequent first, zero counts included. Integer from 1."""
        return self._statistic(Kind.RANK, category=of, segment=within, window=window, known_at=known_at)

    def n_distinct(
        self, of: Names, *, within: Names = (), window: Window = None, known_at: str | None = None
    ) -> Statistic:
        """How many values of ``of`` were seen in the segment. Integer; 0 of none."""
        return self._statistic(Kind.N_DISTINCT, category=of, segment=within, window=window, known_at=known_at)

    def entropy(
        self, of: Names, *, within: Names = (), window: Window = None, known_at: str | None = None
    ) -> Statistic:
        """Shannon entropy of ``of`` in the segment, in nats. Double; 0 of none."""
        return self._statistic(Kind.ENTROPY, category=of, segment=within, window=window, known_at=known_at)

    def top_share(
        self, of: Names, *, within: Names = (), window: Window = None, known_at: str | None = None
    ) -> Statistic:
        """The share of the segment's most frequent value of ``of``. Double; NULL of none."""
        return self._statistic(Kind.TOP_SHARE, category=of, segment=within, window=window, known_at=known_at)

    def share_of(
        self, of: str, value: str, *, within: Names = (), window: Window = None, known_at: str | None = None
    ) -> Statistic:
        """The plain share of one given value of ``of`` in the segment. Double; 0 of none."""
        return self._statistic(
            Kind.SHARE_OF, category=of, segment=within, constant=value, window=window, known_at=known_at
        )

    def sum(
        self, of: str, *, by: Names = (), window: Window = None, known_at: str | None = None, scale: int = 6
    ) -> Statistic:
        """The sum of a numeric column, added exactly at ``scale`` decimal places. NULL of none."""
        return self._statistic(Kind.SUM, value=of, segment=by, window=window, known_at=known_at, scale=scale)

    def mean(
        self, of: str, *, by: Names = (), window: Window = None, known_at: str | None = None, scale: int = 6
    ) -> Statistic:
        """The mean of a numeric or boolean column: an exact sum, divided once. Double; NULL of none."""
        return self._statistic(Kind.MEAN, value=of, segment=by, window=window, known_at=known_at, scale=scale)

    def std(
        self, of: str, *, by: Names = (), window: Window = None, known_at: str | None = None, scale: int = 6
    ) -> Statistic:
        """The sample standard deviation, from exact sums. Double; NULL of fewer than two."""
        return self._statistic(Kind.STD, value=of, segment=by, window=window, known_at=known_at, scale=scale)

    def min(self, of: str, *, by: Names = (), window: Window = None, known_at: str | None = None) -> Statistic:
        """The least value of a column, of the column's type. NULL of none."""
        return self._statistic(Kind.MIN, value=of, segment=by, window=window, known_at=known_at)

    def max(self, of: str, *, by: Names = (), window: Window = None, known_at: str | None = None) -> Statistic:
        """The greatest value of a column, of the column's type. NULL of none."""
        return self._statistic(Kind.MAX, value=of, segment=by, window=window, known_at=known_at)

    def first_seen(self, by: Names = (), *, known_at: str | None = None) -> Statistic:
        """The event time of the first event (its day under a day anchor). NULL of none."""
        return self._statistic(Kind.FIRST_SEEN, segment=by, known_at=known_at)

    def time_since_last(self, by: Names = (), *, window: Window = None, known_at: str | None = None) -> Statistic:
        """From the last event to the anchor: seconds (double) before an instant, days (integer) before a day."""
        return self._statistic(Kind.TIME_SINCE_LAST, segment=by, window=window, known_at=known_at)

    def _statistic(
        self,
        kind: Kind,
        *,
        segment: Names = (),
        category: Names = (),
        value: str | None = None,
        constant: str | None = None,
        window: Window = None,
        known_at: str | None = None,
        alpha: float = 0.0,
        k: int | None = None,
        scale: int = 6,
    ) -> Statistic:
        place = here()
        with placed(place):
            return Statistic(
                kind,
                self,
                names_of(segment),
                names_of(category),
                value,
                constant,
                Trail(None if window is None else duration(window), self.lag),
                known_at,
                alpha,
                k,
                scale,
                place,
            )
