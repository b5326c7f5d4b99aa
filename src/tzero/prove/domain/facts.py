"""Facts: what is true of every row of a relation, or of the rows on which a guard holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from tzero.prove.domain.terms import MEASURELESS, ORDERED_TYPES, Term, Var


@dataclass(frozen=True, slots=True)
class Le:
    """``left - right <= offset`` in microseconds (or units of an integer), and neither is NULL."""

    left: Term
    right: Term
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Bound:
    """``left - right <= offset`` where ``right`` is not NULL; it says nothing of whether it is."""

    left: Term
    right: Term
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Same:
    """Both are equal, or both are NULL."""

    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class NotNull:
    term: Term


@dataclass(frozen=True, slots=True)
class Null:
    term: Term


@dataclass(frozen=True, slots=True)
class Holds:
    """A boolean term is TRUE."""

    term: Term


@dataclass(frozen=True, slots=True)
class RowOf:
    """The terms are one row of a relation; rows with an equal key are the same row."""

    relation: str
    keys: tuple[tuple[Term, ...], ...]
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """No row is like this."""


Fact: TypeAlias = Le | Bound | Same | NotNull | Null | Holds | RowOf | Contradiction


def equal(left: Term, right: Term) -> tuple[Fact, ...]:
    """What ``left = right`` says when it is TRUE.

    Equal is not the same where values that are equal can be told apart: 1.0 and 1.00, 0.0 and -0.0, a day and its
    midnight.
    """
    there = (NotNull(left), NotNull(right))
    if left.type == right.type and left.type in IDENTICAL_WHEN_EQUAL:
        return Same(left, right), *there
    if {left.type, right.type} <= ORDERED_TYPES - MEASURELESS:
        return Le(left, right, 0), Le(right, left, 0), *there
    return there


IDENTICAL_WHEN_EQUAL = frozenset({"int", "text", "bool", "instant", "naive", "date", "version"})


def before(left: Term, right: Term) -> Le:
    """What ``left < right`` says when it is TRUE; the line has a resolution of one microsecond."""
    return Le(left, right, -1)


def fact_terms(fact: Fact) -> tuple[Term, ...]:
    """The terms that a fact is about."""
    match fact:
        case Le(left, right) | Bound(left, right) | Same(left, right):
            return left, right
        case NotNull(term) | Null(term) | Holds(term):
            return (term,)
        case RowOf(_, keys, terms):
            return (*terms, *(term for key in keys for term in key))
        case Contradiction():
            return ()


def fact_leaves(fact: Fact) -> frozenset[Var]:
    """The variables that a fact is about."""
    return frozenset().union(*(term.leaves for term in fact_terms(fact)))
