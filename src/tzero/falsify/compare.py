"""What must not move, and whether it did."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tzero.errors import DeclarationError
from tzero.falsify.bench import Cells, Output
from tzero.falsify.cut import Cut
from tzero.falsify.times import Times
from tzero.prove.declarations import Query
from tzero.prove.proof import PRESENCE

_A_PAIR = 2
"""One row that is gone, and one that came."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that moved: its cells before and after (None: not there), the column that did, what tells the row apart.

    ``also`` are the other columns of it that moved, where a key says that both are one row.
    """

    column: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    key: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """Where the anchor and the identifying columns are in the output of a query."""

    columns: tuple[str, ...]
    anchor: int
    key: tuple[int, ...]
    spine: bool
    own: bool

    @classmethod
    def of(cls, output: Output, query: Query, own_key: tuple[str, ...], *, any_keys: bool = False) -> Shape:
        """The shape of an output. ``any_keys``: which keys there are is not compared, where rows have one.

        Raises DeclarationError where a declared column is not in the output.
        """
        names = [name.lower() for name in output.columns]
        if query.anchor not in names:
            raise DeclarationError(
                f"the query has no column '{query.anchor}', its anchor",
                place=query.place,
                fix=f"declare 'anchor' as one of: {', '.join(names)}",
            )
        missing = [name for name in query.spine if name not in names]
        if missing:
            raise DeclarationError(f"the query has no column '{missing[0]}' of its spine", place=query.place)
        wanted = query.spine or (own_key if all(name in names for name in own_key) else ())
        key = tuple(names.index(name) for name in wanted)
        given = bool(query.spine) or (any_keys and bool(key))
        return cls(output.columns, names.index(query.anchor), key, given, query.own is not None)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that tell a row apart: its key and its anchor."""
        return tuple(self.columns[at] for at in dict.fromkeys((*self.key, self.anchor)))

    def key_of(self, row: Cells) -> Cells:
        return tuple(row[at] for at in self.key)

    def moment(self, row: Cells, times: Times) -> Any:
        return times.instant(row[self.anchor])


@dataclass(frozen=True, slots=True)
class Halves:
    """The rows of an output that a cut protects, those at the cut that only may not vanish, and the rest."""

    fixed: list[Cells]
    lasting: list[Cells]
    free: list[Cells]


def halves(output: Output, shape: Shape, cut: Cut, kept: frozenset[Cells]) -> Halves:
    """Split an output at a cut. ``kept`` holds the keys of the own rows at the cut that stay."""
    found = Halves([], [], [])
    for row in output.rows:
        moment = shape.moment(row, cut.times)
        if moment is None or moment < cut.moment:
            found.fixed.append(row)
        elif moment > cut.moment:
            found.free.append(row)
        elif not shape.own or (shape.key and shape.key_of(row) in kept):
            found.fixed.append(row)
        elif not shape.key:
            found.lasting.append(row)
        else:
            found.free.append(row)
    return found


def moved(before: Halves, after: Halves, shape: Shape) -> Difference | None:
    """The first difference between the protected rows of two worlds."""
    old, new = Counter(before.fixed), Counter(after.fixed)
    if shape.spine:
        # which keys there are is given: only those on both sides are compared
        both = {shape.key_of(row) for row in old} & {shape.key_of(row) for row in new}
        old = Counter({row: n for row, n in old.items() if shape.key_of(row) in both})
        new = Counter({row: n for row, n in new.items() if shape.key_of(row) in both})
    gone, come = old - new, new - old
    if not gone and not come:
        gone = Counter(before.lasting) - Counter(after.lasting)
        come = Counter(after.lasting) - Counter(before.lasting) if gone else come
    return difference(gone, come, shape) if gone else difference(gone, come, shape) if come else None


def difference(gone: Counter[Cells], come: Counter[Cells], shape: Shape) -> Difference:
    """Pair a row that is gone with one that came instead; a pair differs in a column, a single row in its presence."""
    by_key = defaultdict(list)
    for row in come:
        by_key[_identity(row, shape)].append(row)
    times = Counter(_identity(row, shape) for row in (*gone.elements(), *come.elements()))
    for row in gone:
        identity = _identity(row, shape)
        for other in by_key[identity]:
            column, *rest = (shape.columns[at] for at in range(len(row)) if row[at] != other[at])
            also = tuple(rest) if shape.key and times[identity] == _A_PAIR else ()
            return Difference(column, _named(shape, row), _named(shape, other), shape.names, also)
    if gone:
        return Difference(PRESENCE, _named(shape, next(iter(gone))), None, shape.names)
    return Difference(PRESENCE, None, _named(shape, next(iter(come))), shape.names)


def moved_share(before: Iterable[Cells], after: Iterable[Cells]) -> tuple[int, int, frozenset[int]]:
    """Of rows that were free to move: how many did, of how many, and in which columns."""
    old, new = Counter(before), Counter(after)
    gone, come = old - new, new - old
    columns: set[int] = set()
    for at in range(len(next(iter(gone or come or [()])))):
        if Counter(_column(gone, at)) != Counter(_column(come, at)):
            columns.add(at)
    return max(gone.total(), come.total()), max(old.total(), new.total()), frozenset(columns)


def _column(rows: Counter[Cells], at: int) -> Iterable[Any]:
    return (row[at] for row in rows.elements())


def _identity(row: Cells, shape: Shape) -> Cells:
    return (row[shape.anchor], *shape.key_of(row))


def _named(shape: Shape, row: Cells) -> dict[str, Any]:
    return dict(zip(shape.columns, row, strict=True))
