"""How a segment's events spread over a small closed vocabulary: the counts of all its values side by side in one row.

The counts are running totals of the segment, one per value, so the timeline has one row per anchor and segment, not one
per anchor, segment and value; what ranks and entropy need then stands in a list, and no cell has to be looked up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from tzero.compile.anchors import ANCHOR, position_column, vocabulary_name
from tzero.compile.dialects.base import Dialect
from tzero.compile.distributions import LEVELS, SPREAD, TOP, TOTAL
from tzero.compile.lookups import Cte
from tzero.sql.build import alias, case_when, cast, columns, double, integer, named, quoted_column

NUMBERS = "numbers"


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of every value of ``category``, at every (anchor, segment) of the running totals ``totals``.

    ``numbers`` are the columns of ``totals`` that hold them, in the order of the vocabulary.
    """

    name: str
    totals: str
    segment: tuple[str, ...]
    category: str
    numbers: tuple[str, ...]
    dialect: Dialect

    @property
    def own_number(self) -> exp.Expr:
        """The count of the value of the anchor's own cell."""
        position = quoted_column(position_column(self.category), vocabulary_name(self.category))
        return self.dialect.lists.element(quoted_column(NUMBERS, self.name), position)

    def ctes(self) -> list[Cte]:
        side_by_side = alias(self.dialect.lists.of(self._counts), NUMBERS)
        query = exp.select(quoted_column(ANCHOR), *columns(self.segment), side_by_side)
        return [(self.name, query.from_(named(self.totals)))]

    @property
    def _counts(self) -> list[exp.Expr]:
        return [cast(column, self.dialect.count_type) for column in columns(self.numbers)]


@dataclass(frozen=True, slots=True)
class Histogram(Tally):
    """A tally with what follows from all its counts together: ranks, entropy, the top share."""

    @property
    def own_rank(self) -> exp.Expr:
        """Its dense rank among all counts, zeros included."""
        return self.dialect.lists.place(quoted_column(LEVELS, self.name), self.own_number)

    @property
    def top(self) -> exp.Expr:
        return quoted_column(TOP, self.name)

    @property
    def total(self) -> exp.Expr:
        return quoted_column(TOTAL, self.name)

    @property
    def entropy(self) -> exp.Expr:
        return quoted_column(SPREAD, self.name)

    def ctes(self) -> list[Cte]:
        counted = exp.select(
            quoted_column(ANCHOR),
            *columns(self.segment),
            *columns(self.numbers),
            alias(_sum(self._counts), TOTAL),
            alias(self.dialect.lists.of(self._counts), NUMBERS),
        ).from_(named(self.totals))
        summary = exp.select(
            quoted_column(ANCHOR),
            *columns(self.segment),
            quoted_column(NUMBERS),
            quoted_column(TOTAL),
            alias(self.dialect.lists.levels(quoted_column(NUMBERS)), LEVELS),
            alias(_greatest(columns(self.numbers)), TOP),
            alias(_sum([_surprise(name) for name in self.numbers]), SPREAD),
        ).from_(named(f"{self.name}_counts"))
        return [(f"{self.name}_counts", counted), (self.name, summary)]


def _surprise(name: str) -> exp.Expr:
    """``p ln(1/p)`` of one value; its sum over the vocabulary has one order, that of the text."""
    number, total = cast(quoted_column(name), "double"), cast(quoted_column(TOTAL), "double")
    share = exp.Div(this=number, expression=total)
    inverse = exp.Ln(this=exp.Div(this=total.copy(), expression=number.copy()))
    some = exp.GT(this=quoted_column(name), expression=integer(0))
    return case_when(some, exp.Mul(this=share, expression=inverse), double(0.0))


def _greatest(numbers: Sequence[exp.Expr]) -> exp.Expr:
    return exp.Greatest(this=numbers[0], expressions=list(numbers[1:]))


def _sum(terms: Sequence[exp.Expr]) -> exp.Expr:
    found = terms[0]
    for term in terms[1:]:
        found = exp.Add(this=found, expression=term.copy())
    return found
