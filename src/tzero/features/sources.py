"""The relations that features are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum

from tzero.errors import DeclarationError, Place, UnknownColumnError
from tzero.features.places import here, placed
from tzero.features.suggest import nearest
from tzero.features.types import ColumnType
from tzero.sql.names import RelationName
from tzero.timeline import duration

Names = str | Sequence[str]


def names_of(value: Names) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


class Role(Enum):
    EVENTS = "events"
    SPINE = "spine"
    ENTITY = "entity"
    HISTORY = "history"


class FirstKnown(Enum):
    """When the first version of a row counts as known, of a relation whose versions are kept."""

    DECLARED = "declared"
    CAPTURE = "capture"


@dataclass(frozen=True, slots=True)
class Source:
    """A relation, its key, its times, and what was declared of its columns.

    ``history`` says that its versions are to be kept. A source that reads kept versions has the declared one as its
    ``origin``; where it holds changes, the column ``change`` is 1 in a row that begins to count and -1 in one that
    ceases to.
    """

    role: Role
    relation: RelationName
    key: tuple[str, ...]
    time: str | None = None
    known_at: str | None = None
    sla: timedelta | None = None
    static: bool = False
    declared: Mapping[str, ColumnType] | None = field(default=None, hash=False)
    place: Place = field(default=Place("?", 0), compare=False)
    history: FirstKnown | None = None
    origin: Source | None = None
    change: str | None = None

    def __post_init__(self) -> None:
        if not self.key:
            raise DeclarationError(f"{self} has no key", place=self.place, fix="name the columns of its key")
        if len(set(self.key)) != len(self.key):
            raise DeclarationError(f"the key of {self} lists a column twice", place=self.place)
        if self.sla is not None and self.known_at is None:
            raise DeclarationError(
                f"{self} has an sla but no known_at",
                place=self.place,
                fix="name the column that says when a row became known",
            )
        if self.static and self.known_at is not None:
            raise DeclarationError(
                f"{self} is static, and yet has a known_at",
                place=self.place,
                fix="leave out static where its rows arrive over time, or known_at where they never change",
            )
        if self.history is not None and (self.static or self.sla is not None):
            raise DeclarationError(
                f"{self} keeps its versions, and yet is {'static' if self.static else 'read with an sla'}",
                place=self.place,
                fix="leave out history where its rows never change; a version counts from its capture on, with no sla",
            )
        for name in (*self.key, self.time, self.known_at):
            if name is not None:
                self.check_column(name, self.place)

    @property
    def declared_source(self) -> Source:
        """The relation of the user's own that the rows come from, itself or as kept versions."""
        return self.origin or self

    @property
    def never_null(self) -> frozenset[str]:
        """The times that every row has. A version of a row that is not known yet has none at which it is known."""
        if self.change is None or self.origin is None:
            return frozenset(name for name in (self.time,) if name)
        known = None if self.origin.known_at else self.known_at or self.time
        return frozenset(name for name in (self.origin.time, known) if name)

    def check_column(self, name: str, place: Place) -> None:
        """Refuse a column that is not among the declared ones; without declared columns the catalog checks later."""
        if self.declared is not None and name not in self.declared:
            raise UnknownColumnError(f"{self} has no column {name!r}", place=place, fix=nearest(name, self.declared))

    def __str__(self) -> str:
        return str(self.relation)


def Entity(
    relation: str,
    *,
    key: Names,
    known_at: str | None = None,
    sla: str | timedelta | None = None,
    static: bool = False,
    history: bool | str = False,
    columns: Mapping[str, str] | None = None,
) -> Source:
    """Attributes that are looked up by key: one row per key.

    ``known_at`` names the column that says when the row became known. With it, a row counts only where it was known
    strictly before T0, or before ``T0 + sla``; elsewhere its columns are NULL. ``static`` says that the rows never
    change and were known before every T0 (a calendar, a list of countries): every certificate names it as something
    that is assumed. With neither the time is *undeclared*: the values are used as they are, and every report says so.

    ``history`` keeps every version of the rows that a refresh sees, and looks up the one known before T0: see `Events`.
    Without ``known_at`` a row's first version, too, is known from its capture on.

    >>> Entity("shop.sellers", key="seller_id", known_at="updated_at", sla="24h").key
    ('seller_id',)
    """
    place = here()
    with placed(place):
        length = None if sla is None else duration(sla)
    return _source(Role.ENTITY, relation, key, columns, known_at=known_at, sla=length, static=static, history=history)


def History(
    relation: str,
    *,
    key: Names,
    time: str,
    known_at: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> Source:
    """Versions over time, read with ``lookup_as_of``: the last row known strictly before T0.

    ``key`` identifies one version (one row). ``time`` is when the version began to hold, ``known_at`` when it became
    known (default: ``time``).

    >>> History("shop.prices", key=("sku", "changed_at"), time="changed_at").time
    'changed_at'
    """
    return _source(Role.HISTORY, relation, key, columns, time=time, known_at=known_at)


def timed(
    role: Role,
    relation: str,
    key: Names,
    time: str,
    known_at: str | None,
    columns: Mapping[str, str] | None,
    history: bool | str = False,
) -> Source:
    return _source(role, relation, key, columns, time=time, known_at=known_at, history=history)


def _first_known(history: bool | str) -> FirstKnown | None:
    if isinstance(history, bool):
        return FirstKnown.DECLARED if history else None
    names = [each.value for each in FirstKnown]
    if history not in names:
        raise DeclarationError(
            f"unknown history {history!r}", fix="use True, or one of " + ", ".join(repr(name) for name in names)
        )
    return FirstKnown(history)


def _source(
    role: Role,
    relation: str,
    key: Names,
    columns: Mapping[str, str] | None,
    *,
    time: str | None = None,
    known_at: str | None = None,
    sla: timedelta | None = None,
    static: bool = False,
    history: bool | str = False,
) -> Source:
    place = here()
    with placed(place):
        name = RelationName.parse(relation)
        declared = None if columns is None else {c: ColumnType.declared(t) for c, t in columns.items()}
        kept = _first_known(history)
    return Source(role, name, names_of(key), time, known_at, sla, static, declared, place, kept)
