"""What the user declares about relations and about a query: the only facts that a proof may assume.

Every name is folded to lower case, as the three dialects do with unquoted names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from tzero.errors import DeclarationError, Place, UnknownColumnError

if TYPE_CHECKING:
    from collections.abc import Mapping

EVERY_RELATION = "*"


@dataclass(frozen=True, slots=True)
class Relation:
    """A base relation: what its rows are, when each row and each value became known, and what is unique.

    ``time`` is the event time, ``known_at`` the column that holds when the row became known (``time`` when absent).
    ``late`` maps a column that is NULL until it becomes known to the column with the time at which it does.
    ``mutable`` columns may be overwritten in place. A ``static`` relation never changes. ``after`` maps a column to
    one that is always strictly earlier; ``monotone`` maps a column to a time that orders rows in the same way.

    >>> Relation("sales", columns={"id": "integer", "at": "timestamptz"}, key=("id",), time="at").known
    'at'
    """

    name: str
    columns: Mapping[str, str] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    time: str | None = None
    known_at: str | None = None
    not_null: frozenset[str] = frozenset()
    unique: tuple[tuple[str, ...], ...] = ()
    late: Mapping[str, str] = field(default_factory=dict)
    mutable: frozenset[str] = frozenset()
    static: bool = False
    after: Mapping[str, str] = field(default_factory=dict)
    nonnegative: frozenset[str] = frozenset()
    monotone: Mapping[str, str] = field(default_factory=dict)
    place: Place | None = None
    inferred: bool = False
    """Whether no columns are declared, and ``columns`` are those that queries read."""

    def __post_init__(self) -> None:
        if self.static and (self.late or self.mutable):
            raise DeclarationError(
                f"relation {self.name} is static, yet declares late or mutable columns",
                place=self.place,
                fix="drop 'static', or drop 'late' and 'mutable'",
            )
        if not self.columns:
            return
        for column in sorted(self.mentioned()):
            if column not in self.columns:
                raise UnknownColumnError(
                    f"relation {self.name} has no column '{column}'",
                    place=self.place,
                    fix=f"declare it under 'columns', or use one of: {', '.join(self.columns)}",
                )

    def mentioned(self) -> set[str]:
        """Every column that a declaration names."""
        names = {*self.key, *self.not_null, *self.mutable, *self.nonnegative}
        for unique in self.unique:
            names.update(unique)
        for pairs in (self.late, self.after, self.monotone):
            names.update(pairs.keys(), pairs.values())
        return names | {name for name in (self.time, self.known_at) if name}

    @property
    def known(self) -> str | None:
        """The column that holds when a row became known, if one is declared."""
        return self.known_at or self.time

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        """Every declared candidate key, the primary one first."""
        return ((self.key,) if self.key else ()) + self.unique

    def is_not_null(self, column: str) -> bool:
        """Whether a column never holds NULL; key columns never do."""
        return column in self.not_null or column in self.key


@dataclass(frozen=True, slots=True)
class Query:
    """What one query is asked: the output column that holds T0, and which row is its own.

    ``own`` names the relation whose row the output row is about (its own attributes are allowed); ``spine`` names the
    output columns whose existing combinations are a given. With neither, nothing is exempt: rows of a grid.
    ``zone`` is the zone of days, and the session's zone, pinned. ``tolerance`` allows rows of a relation that became
    known up to that long after T0 (``*`` stands for every relation).
    """

    anchor: str = "t0"
    own: str | None = None
    spine: tuple[str, ...] = ()
    zone: str | None = None
    tolerance: Mapping[str, timedelta] = field(default_factory=dict)
    place: Place | None = None

    def __post_init__(self) -> None:
        if self.own and self.spine:
            raise DeclarationError(
                "a query declares both 'own' and 'spine'",
                place=self.place,
                fix="use 'own' when each output row is about one row of a relation, 'spine' for a given set of keys",
            )

    def tolerance_of(self, relation: str) -> timedelta:
        """How long after T0 rows of a relation may have become known; zero unless declared."""
        return self.tolerance.get(relation, self.tolerance.get(EVERY_RELATION, timedelta(0)))


@dataclass(frozen=True, slots=True)
class Declarations:
    """The declared relations, the query's own declarations, and user functions promised to be pure."""

    relations: Mapping[str, Relation] = field(default_factory=dict)
    query: Query = field(default_factory=Query)
    pure_functions: frozenset[str] = frozenset()

    def relation(self, name: str) -> Relation | None:
        """The declaration of a relation by its qualified name, or by its bare name when that is unambiguous.

        >>> Declarations({"shop.sales": Relation("shop.sales")}).relation("sales").name
        'shop.sales'
        """
        name = name.lower()
        if name in self.relations:
            return self.relations[name]
        bare = name.rpartition(".")[2]
        found = [
            key for key in self.relations if key.rpartition(".")[2] == bare and ("." not in key or "." not in name)
        ]
        return self.relations[found[0]] if len(found) == 1 else None
