"""How the events of segments fall into categories at some anchors, each pair of segment and anchor looked at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tzero.certify.recount.balance import Balance
from tzero.certify.recount.keys import NONE, Whole, different

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Every pair of a segment and a category that events have: sorted by segment, ``first`` the first of each."""

    pairs: Whole
    first: Whole
    size: Whole

    @classmethod
    def of(cls, segments: Whole, pairs: Whole, number: int, number_of_pairs: int) -> Pairs:
        """From the numbers of segment and pair that each event has."""
        owner = np.full(number_of_pairs, NONE, np.int64)
        owner[pairs[pairs != NONE]] = segments[pairs != NONE]
        size = np.bincount(owner, minlength=number).astype(np.int64)
        return cls(np.argsort(owner, kind="stable"), np.cumsum(size) - size, size)

    @property
    def most(self) -> int:
        """The most categories of a segment."""
        return int(self.size.max(initial=0))


class Spread:
    """Of each line, by the number of its segment and its anchor: the categories that events of the segment have."""

    def __init__(self, pairs: Pairs, balance: Balance, segments: Whole, anchors: Whole) -> None:
        moments = different(anchors)
        wanted = segments * len(moments) + np.searchsorted(moments, anchors)
        asked = different(wanted)
        self._asked = np.searchsorted(asked, wanted)
        segment, moment = asked // max(len(moments), 1), moments[asked % max(len(moments), 1)]
        sizes = np.where(segment == NONE, 0, pairs.size[segment]) if len(pairs.size) else np.zeros_like(segment)
        cell = np.repeat(np.arange(len(asked)), sizes)
        within = np.arange(len(cell)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        counts = balance.at(pairs.pairs[pairs.first[segment[cell]] + within], moment[cell])
        self._cell, self._counts, self._number = cell[counts != 0], counts[counts != 0], len(asked)
        self._most, self._least = int(self._counts.max(initial=0)), int(self._counts.min(initial=0))
        self._levels = different(self._place(self._cell, self._counts))

    @property
    def different(self) -> Whole:
        """How many categories there are."""
        return np.bincount(self._cell, minlength=self._number).astype(np.int64)[self._asked]

    @property
    def greatest(self) -> Whole:
        """The greatest number of events of a category; 0 where there is none."""
        each = np.arange(self._number)
        first = np.searchsorted(self._levels, each * self._span)
        level = np.append(self._levels, 0)[first]
        found: Whole = np.where(level // self._span == each, self._most - level % self._span, 0)
        found[first == len(self._levels)] = 0
        return found[self._asked]

    def entropy(self) -> Floats:
        """-sum p ln p over the categories, natural logarithm; 0 where there is none."""
        totals = np.bincount(self._cell, self._counts, self._number)
        shares = self._counts / totals[self._cell]
        each = np.bincount(self._cell, -shares * np.log(shares), self._number)
        return np.asarray(each, np.float64)[self._asked]

    def rank(self, own: Whole) -> Whole:
        """The dense rank of each line's own number among those of its segment's categories, the greatest first."""
        above = np.searchsorted(self._levels, self._place(self._asked, own))
        found: Whole = above - np.searchsorted(self._levels, self._asked * self._span) + 1
        return found

    @property
    def _span(self) -> int:
        return self._most - self._least + 1

    def _place(self, asked: Whole, counts: Whole) -> Whole:
        found: Whole = asked * self._span + self._most - counts
        return found
