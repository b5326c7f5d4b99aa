"""Whole numbers that a query compares at a distance: ``a = b + 900``, ``a - 1 = b * 10``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from sqlglot import exp

_MOST = 1_000_000
"""Links of links grow: larger numbers than this may not fit their type."""


@dataclass(frozen=True, slots=True)
class Link:
    """``left`` is ``right`` times ``factor`` plus ``offset``.

    >>> Link("a", "b", Fraction(1, 10), Fraction(1)).value(20)
    3
    >>> Link("a", "b", Fraction(1, 10), Fraction(1)).value(7) is None
    True
    """

    left: str
    right: str
    factor: Fraction
    offset: Fraction

    def value(self, right: int) -> int | None:
        """What ``left`` has to be; None where that is no whole number, or a very large one."""
        found = right * self.factor + self.offset
        return int(found) if found.denominator == 1 and abs(found) <= _MOST else None


def links_of(node: exp.EQ) -> Iterator[Link]:
    """What an equation says of its two columns, read from either side; nothing where they are just equal.

    >>> import sqlglot
    >>> [str(link.offset) for link in links_of(sqlglot.parse_one("a.x - 1 = b.y"))]
    ['1', '-1']
    """
    one, other = _line(node.this), _line(node.expression)
    if one is None or other is None or (one[1:] == other[1:]):
        return
    for (left, a, b), (right, c, d) in ((one, other), (other, one)):
        yield Link(left, right, c / a, (d - b) / a)


def _line(node: exp.Expr) -> tuple[str, Fraction, Fraction] | None:
    """A column times a number, not 0, plus a number."""
    if isinstance(node, (exp.Paren, exp.Cast)):
        return _line(node.this)
    if isinstance(node, exp.Column):
        return node.name.lower(), Fraction(1), Fraction(0)
    if isinstance(node, exp.Neg):
        return _times(_line(node.this), Fraction(-1))
    if not isinstance(node, (exp.Add, exp.Sub, exp.Mul)):
        return None
    one, other = _line(node.this), _line(node.expression)
    number = _number(node.expression if one else node.this)
    line = one or other
    if line is None or number is None:
        return None
    if isinstance(node, exp.Mul):
        return _times(line, number)
    if isinstance(node, exp.Sub):
        line, number = (line, -number) if one else (_times(line, Fraction(-1)), number)
    return (line[0], line[1], line[2] + number) if line else None


def _times(line: tuple[str, Fraction, Fraction] | None, number: Fraction) -> tuple[str, Fraction, Fraction] | None:
    return (line[0], line[1] * number, line[2] * number) if line and number else None


def _number(node: exp.Expr) -> Fraction | None:
    if isinstance(node, exp.Paren):
        return _number(node.this)
    if isinstance(node, exp.Neg):
        found = _number(node.this)
        return None if found is None else -found
    is_whole = isinstance(node, exp.Literal) and not node.is_string and node.name.isdigit()
    return Fraction(int(node.name)) if is_whole else None
