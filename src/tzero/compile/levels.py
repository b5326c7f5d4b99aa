"""How the count of every single value moves over time, and what follows from it for a segment as a running total.

An event moves the count of one value only, from ``before`` to ``after``. So the number of different values changes when
a count leaves or returns to zero, and the sum of ``n ln n`` over all values, from which the entropy follows, by the
difference of two terms. Both cost one step per event, however many values a segment has.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from sqlglot import exp

from tzero.compile.dialects.base import Dialect
from tzero.compile.events import NUMBER
from tzero.sql.build import case_when, cast, columns, double, equal, integer, named, over, quoted_column

AFTER = "level"
UNIT = 1e15
"""``n ln n`` is added in units of 1e-15, as integers, so that no order of additions can change it."""


@dataclass(frozen=True, slots=True)
class OfValues(ABC):
    """A running total of a segment that follows from the counts of the values of ``columns`` in it."""

    name: str
    columns: tuple[str, ...]

    @abstractmethod
    def change(self, dialect: Dialect) -> exp.Expr:
        """By how much one step of one value's count moves the total."""


@dataclass(frozen=True, slots=True)
class Distinct(OfValues):
    """The number of different values."""

    def change(self, dialect: Dialect) -> exp.Expr:  # noqa: ARG002  the same in every dialect
        after, before = quoted_column(AFTER), _before()
        risen = exp.And(this=exp.GT(this=after, expression=integer(0)), expression=equal(before, integer(0)))
        fallen = exp.And(
            this=equal(after.copy(), integer(0)), expression=exp.GT(this=before.copy(), expression=integer(0))
        )
        return exp.Case().when(risen, integer(1)).when(fallen, integer(-1)).else_(integer(0))


@dataclass(frozen=True, slots=True)
class Surprise(OfValues):
    """The sum of ``n ln n`` over the values, in units of 1e-15."""

    def change(self, dialect: Dialect) -> exp.Expr:
        return exp.Sub(this=n_ln_n(quoted_column(AFTER), dialect), expression=n_ln_n(_before(), dialect))


def n_ln_n(number: exp.Expr, dialect: Dialect) -> exp.Expr:
    """``n ln n`` in units of 1e-15, rounded to an integer; 0 of 0 and of 1."""
    n = cast(number, "double")
    units = exp.Mul(this=exp.Mul(this=n, expression=exp.Ln(this=n.copy())), expression=double(UNIT))
    whole = dialect.exact_of_double(exp.Floor(this=exp.Add(this=units, expression=exp.Literal.number("0.5"))))
    return case_when(exp.GT(this=number.copy(), expression=integer(1)), whole, cast(integer(0), dialect.exact_type))


def entropy(number: exp.Expr, surprise: exp.Expr, dialect: Dialect) -> exp.Expr:
    """``(n ln n - sum of n(c) ln n(c)) / n`` in nats; exactly 0 of one value, and 0 of none."""
    spread = exp.Paren(this=exp.Sub(this=n_ln_n(number, dialect), expression=surprise))
    whole = exp.Paren(this=exp.Mul(this=cast(number.copy(), "double"), expression=double(UNIT)))
    return case_when(
        exp.GT(this=number.copy(), expression=integer(0)),
        exp.Div(this=cast(spread, "double"), expression=whole),
        double(0.0),
    )


def level_query(changes: str, names: tuple[str, ...], moment: str) -> exp.Query:
    """``(*names, moment, event_count, level)``: each step of each value's count, and the count after it."""
    number = quoted_column(NUMBER)
    summed = (
        exp.select(*columns(names), quoted_column(moment), exp.alias_(exp.Sum(this=number), NUMBER, quoted=True))
        .from_(named(changes))
        .group_by(*columns(names), quoted_column(moment))
    )
    after = over(exp.Sum(this=number.copy()), partition=columns(names), order=[quoted_column(moment)], running=True)
    return exp.select(
        *columns(names), quoted_column(moment), quoted_column(NUMBER), exp.alias_(after, AFTER, quoted=True)
    ).from_(summed.subquery(alias="summed"))


def _before() -> exp.Expr:
    return exp.Paren(this=exp.Sub(this=quoted_column(AFTER), expression=quoted_column(NUMBER)))
