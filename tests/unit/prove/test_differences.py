"""Difference constraints against brute force over small integers."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from tzero.prove.domain.facts import Le, NotNull
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import DAY, INT, NAIVE, Var, app, shift

SPAN = range(-3, 4)
constraint = st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(-2, 2))


def _solutions(facts: list[tuple[int, int, int]]) -> list[tuple[int, ...]]:
    return [p for p in itertools.product(SPAN, repeat=4) if all(p[i] - p[j] <= c for i, j, c in facts)]


@settings(max_examples=150, deadline=None)
@given(st.lists(constraint, max_size=6), constraint)
def test_what_is_entailed_holds_of_every_solution(
    facts: list[tuple[int, int, int]], asked: tuple[int, int, int]
) -> None:
    variables = [Var(f"x{i}", INT) for i in range(4)]
    store = Store().assume(
        [*(NotNull(v) for v in variables), *(Le(variables[i], variables[j], c) for i, j, c in facts)]
    )
    i, j, c = asked
    if store.le(variables[i], variables[j], c):
        assert all(p[i] - p[j] <= c for p in _solutions(facts))


@settings(max_examples=100, deadline=None)
@given(st.lists(constraint, max_size=5), st.integers(0, 3), st.integers(0, 3))
def test_nothing_is_missed(facts: list[tuple[int, int, int]], i: int, j: int) -> None:
    """Shortest paths are complete: a bound that is not entailed has a solution beyond it."""
    variables = [Var(f"x{i}", INT) for i in range(4)]
    store = Store().assume(
        [*(NotNull(v) for v in variables), *(Le(variables[a], variables[b], c) for a, b, c in facts)]
    )
    upper = store.upper(variables[i], variables[j])
    wide = [p for p in itertools.product(range(-8, 9), repeat=4) if all(p[a] - p[b] <= c for a, b, c in facts)]
    if upper is not None and wide and upper <= 8:
        assert max(p[i] - p[j] for p in wide) == upper


def test_an_earlier_day_is_over_before_the_later_one_begins() -> None:
    x, y = Var("x", NAIVE), Var("y", NAIVE)
    day_x, day_y = (app("floor", t, type_="date", params=(DAY, DAY)) for t in (x, y))
    store = Store().assume([Le(day_x, day_y, -1)])
    assert store.le(x, y, -1)
    assert store.le(x, day_y, -1)
    assert not store.le(x, shift(day_y, -DAY), -1)


def test_the_same_day_says_nothing_of_the_order() -> None:
    x, y = Var("x", NAIVE), Var("y", NAIVE)
    day_x, day_y = (app("floor", t, type_="date", params=(DAY, DAY)) for t in (x, y))
    assert not Store().assume([Le(day_x, day_y, 0)]).le(x, y, 0)


def test_a_contradiction_has_no_rows() -> None:
    x, y = Var("x", INT), Var("y", INT)
    store = Store().assume([Le(x, y, -1), Le(y, x, -1)])
    assert store.upper(x, y) is not None
    assert store.le(x, y, -100)


def test_paths_that_are_known_get_shorter_with_what_is_asked_later() -> None:
    x, y = Var("x", NAIVE), Var("y", NAIVE)
    store = Store().assume([NotNull(x), NotNull(y), Le(x, y, -1)])
    first, second = (app("epoch", time, type_=INT) for time in (x, y))
    assert store.upper(second, first) is None, "the paths from both are known now, and have no end"
    assert store.upper(first, second) == -1
