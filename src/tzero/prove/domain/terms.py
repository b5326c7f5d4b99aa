"""Symbolic values: a column of a row is a term over the variables that the row's base rows supply.

Terms are interned, so equal terms are the same object and compare by identity. Times of every type lie on one
line of integer microseconds: an instant at its UTC reading, a local timestamp at its wall reading, a day at its
midnight. Only a conversion that is written in the query relates an instant to a wall reading.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterator
from typing import Any
from weakref import WeakValueDictionary

MICROSECOND = 1
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

INSTANT, NAIVE, DATE, INT = "instant", "naive", "date", "int"
TIME_TYPES = frozenset({INSTANT, NAIVE, DATE})
WALL_TYPES = frozenset({NAIVE, DATE})
MEASURELESS = frozenset({"epoch", "version"})
ORDERED_TYPES = TIME_TYPES | MEASURELESS | {INT}

_uids = itertools.count(1)


class Term:
    """A symbolic value with an SQL type; its subclasses say which."""

    __slots__ = ("__weakref__", "chooses", "grain", "leaves", "type")
    type: str
    # A divisor of every value that it takes, in microseconds; 0 for the origin, which every number divides.
    grain: int
    leaves: frozenset[Var]
    # Whether it may turn out to be one of its arguments, once more is known of NULLs.
    chooses: bool

    @property
    def is_time(self) -> bool:
        return self.type in TIME_TYPES


class Var(Term):
    """A value that nothing more is known of than its label, its facts and its grain."""

    __slots__ = ("is_bound", "name", "uid")

    def __init__(self, name: str, type_: str, grain: int = 0, *, is_bound: bool = False) -> None:
        self.name = name
        self.is_bound = is_bound
        self.type = type_
        self.grain = grain or (DAY if type_ == DATE else 1)
        self.uid = next(_uids)
        self.leaves = frozenset((self,))
        self.chooses = False

    def __repr__(self) -> str:
        return self.name


class Const(Term):
    """A literal. ``at`` is its position on the line when it is a time or an integer."""

    __slots__ = ("at", "value")

    def __init__(self, value: Hashable, type_: str, at: int | None) -> None:
        self.value = value
        self.type = type_
        self.at = at
        self.grain = DAY if type_ == DATE else 1
        self.leaves = frozenset()
        self.chooses = False

    def __repr__(self) -> str:
        return repr(self.value)


_CHOICES = frozenset({"coalesce", "least", "greatest", "present"})


class App(Term):
    """A pure function of terms; ``params`` are its literal parameters (a unit, a zone, an offset)."""

    __slots__ = ("args", "op", "params")

    def __init__(self, op: str, args: tuple[Term, ...], type_: str, params: tuple[Hashable, ...]) -> None:
        self.op = op
        self.args = args
        self.type = type_
        self.params = params
        self.grain = _grain_of(op, type_, params)
        self.leaves = frozenset().union(*(arg.leaves for arg in args)) if args else frozenset()
        splits = op == "case" and isinstance(args[0], App) and args[0].op == "is_null"
        self.chooses = splits or op in _CHOICES or any(arg.chooses for arg in args)

    def __repr__(self) -> str:
        inside = ", ".join(map(repr, (*self.params, *self.args)))
        return f"{self.op}({inside})"


def _grain_of(op: str, type_: str, params: tuple[Hashable, ...]) -> int:
    if op == "floor":
        unit = params[0]
        assert isinstance(unit, int)
        return unit
    return DAY if type_ == DATE or op == "trunc" else 1


_interned: WeakValueDictionary[Any, Term] = WeakValueDictionary()


def const(value: Hashable, type_: str, at: int | None = None) -> Const:
    """A literal; an integer lies on the line at its own value."""
    if at is None and type_ == INT and isinstance(value, int):
        at = value
    key = ("const", type(value), value, type_, at)
    found = _interned.get(key)
    if found is None:
        found = _interned[key] = Const(value, type_, at)
    assert isinstance(found, Const)
    return found


NULL = const(None, "null")
TRUE = const(True, "bool")
FALSE = const(False, "bool")
ORIGIN = const("origin", NAIVE, 0)
ORIGIN.grain = 0


def app(op: str, *args: Term, type_: str = "unknown", params: tuple[Hashable, ...] = ()) -> App:
    """The interned application of a function."""
    key = ("app", op, tuple(map(id, args)), type_, params)
    found = _interned.get(key)
    if found is None:
        found = _interned[key] = App(op, args, type_, params)
    assert isinstance(found, App)
    return found


def shift(base: Term, offset: int, type_: str | None = None) -> Term:
    """``base`` moved by ``offset`` microseconds along the line.

    >>> x = Var("x", NAIVE)
    >>> shift(shift(x, 5), -5) is x
    True
    """
    type_ = type_ or base.type
    if isinstance(base, Const) and base.at is not None:
        return const(f"{base.value}{offset:+d}", type_, base.at + offset) if offset else base
    if isinstance(base, App) and base.op == "shift":
        moved = base.params[0]
        assert isinstance(moved, int)
        return shift(base.args[0], moved + offset, type_)
    if not offset and type_ == base.type:
        return base
    return app("shift", base, type_=type_, params=(offset,))


def walk(term: Term) -> Iterator[Term]:
    """The term and every term inside it."""
    yield term
    if isinstance(term, App):
        for arg in term.args:
            yield from walk(arg)


def substitute(term: Term, replace: Callable[[Term], Term | None], memo: dict[Term, Term] | None = None) -> Term:
    """The term with every inner term exchanged for what ``replace`` answers, outermost first."""
    memo = {} if memo is None else memo
    found = memo.get(term)
    if found is not None:
        return found
    new = replace(term)
    if new is None:
        new = term
        if isinstance(term, App):
            args = tuple(substitute(arg, replace, memo) for arg in term.args)
            if any(a is not b for a, b in zip(args, term.args, strict=True)):
                new = rebuild(term, args)
    memo[term] = new
    return new


def rebuild(term: App, args: tuple[Term, ...]) -> Term:
    """The same function of other arguments."""
    if term.op == "shift":
        moved = term.params[0]
        assert isinstance(moved, int)
        return shift(args[0], moved, term.type)
    return app(term.op, *args, type_=term.type, params=term.params)
