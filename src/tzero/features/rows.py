"""The rows that get features: events or a spine, with lookups and derived columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from tzero.errors import DeclarationError, Place
from tzero.features.expressions import Expression, expr
from tzero.features.lookups import Lookup, Ties
from tzero.features.places import here, placed
from tzero.features.populations import Grid, Population
from tzero.features.sources import Names, Role, Source, timed
from tzero.sql.names import RelationName, own_identifier
from tzero.timeline import Day, Instant, duration

T0, T0_DAY = "t0", "t0_day"


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows with a key and a T0. Built by `Events` or `Spine`, extended by `lookup`, `lookup_as_of` and `derive`.

    Every method returns new rows; nothing is changed in place.
    """

    source: Source
    lookups: tuple[Lookup, ...] = ()
    derived: tuple[tuple[str, Expression], ...] = ()
    relation: RelationName | None = None

    def lookup(self, entity: Source, *, on: Mapping[str, str] | None = None, name: str | None = None) -> Rows:
        """Add an entity's attributes: at most one row per own row, NULL where there is none.

        ``on`` maps own columns to the entity's key (default: the same names). ``name`` qualifies its columns in
        expressions (default: the relation's own name).
        """
        place = here()
        if entity.role is not Role.ENTITY:
            raise DeclarationError(
                f"{entity} is not an Entity", place=place, fix="use lookup_as_of() for a History, or declare an Entity"
            )
        return self._with(Lookup.by_key(entity, on, name, place), place)

    def lookup_as_of(
        self,
        history: Source,
        *,
        on: Names | Mapping[str, str],
        ties: Ties = "refuse",
        max_age: str | timedelta | None = None,
        name: str | None = None,
    ) -> Rows:
        """Add the last row of a history that was known strictly before T0: the point-in-time join.

        Rows that share ``on`` and ``time`` are ties: ``"refuse"`` makes them an error at the source; a tuple of
        columns picks the row that is highest in them, then in the history's key. ``max_age`` ignores rows older
        than ``T0 - max_age``.
        """
        place = here()
        if history.role is not Role.HISTORY:
            raise DeclarationError(f"{history} is not a History", place=place, fix="declare it with History(...)")
        with placed(place):
            length = None if max_age is None else duration(max_age)
        return self._with(Lookup.as_of(history, on, ties, length, name, place), place)

    def derive(self, **derived: Expression | str) -> Rows:
        """Add columns computed from the own row, in order; each may use the ones before it.

        A name that begins with ``_`` is a step on the way: usable in later columns, not part of the base relation.
        """
        place = here()
        taken = {T0, T0_DAY, *self.source.key, *(name for name, _ in self.derived)}
        added = []
        for name, value in derived.items():
            with placed(place):
                own_identifier(name, "derived column")
            if name in taken:
                raise DeclarationError(f"the column {name!r} is already there", place=place, fix="use another name")
            added.append((name, expr(value) if isinstance(value, str) else value))
        return replace(self, derived=(*self.derived, *added))

    def named(self, relation: str) -> Rows:
        """Give the base relation its name in the store (default: the view's name and ``_base``)."""
        place = here()
        with placed(place):
            return replace(self, relation=RelationName.own(relation))

    def before_day(
        self,
        *,
        zone: str,
        where: Expression | str | None = None,
        lag: str | timedelta = "0s",
        grid: Grid | str = Grid.AS_OF,
        into: str | None = None,
        index: str | None = None,
    ) -> Population:
        """These rows as a population: those of days strictly before the day of T0 in ``zone``.

        ``where`` restricts the population (not the rows that get features), ``lag`` moves the anchor back.
        ``into`` names the statistics relation, ``grid`` says which rows it has:

        - ``"as_of"``: every day x every segment seen on or before it x every category of its vocabulary
        - ``"full"``: every day x every segment ever seen x every category
        - ``"observed"``: only the keys that the rows of a day use; for domains too large for a grid
        """
        place = here()
        self._require_events(place)
        with placed(place):
            anchor = Day(zone)
            kind = Grid.of(grid)
        return Population.declare(self, anchor, where, lag, kind, into, index, place)

    def before_instant(
        self,
        *,
        where: Expression | str | None = None,
        lag: str | timedelta = "0s",
        into: str | None = None,
        index: str | None = None,
    ) -> Population:
        """These rows as a population: those known strictly before the instant T0."""
        place = here()
        self._require_events(place)
        return Population.declare(self, Instant(), where, lag, Grid.OBSERVED, into, index, place)

    @property
    def domains(self) -> dict[str, tuple[str, ...]]:
        """The closed vocabulary of every derived column that has one."""
        return {name: value.domain for name, value in self.derived if value.domain is not None}

    def _with(self, lookup: Lookup, place: Place) -> Rows:
        if lookup.name in {other.name for other in self.lookups} | {self.source.relation.name}:
            raise DeclarationError(
                f"{lookup.name!r} is already looked up", place=place, fix="give this lookup another name="
            )
        if self.derived:
            raise DeclarationError(
                "a lookup must come before derive()", place=place, fix="write events.lookup(...).derive(...)"
            )
        return replace(self, lookups=(*self.lookups, lookup))

    def _require_events(self, place: Place) -> None:
        if self.source.role is not Role.EVENTS:
            raise DeclarationError(
                f"{self.source} is a spine, not events: it cannot be a population",
                place=place,
                fix="count another relation that is declared with Events(...)",
            )


def Events(
    relation: str,
    *,
    key: Names,
    time: str,
    known_at: str | None = None,
    history: bool | str = False,
    columns: Mapping[str, str] | None = None,
) -> Rows:
    """Things that happened, one row each: ``time`` is the event time, and T0 where these rows get features.

    ``known_at`` names the column that says when the event became known (default: at its time). ``columns`` declares
    the columns and their types; without it they are read from the database when a plan is made. The relation may be
    a Parquet or CSV file on engines that scan files.

    ``history=True`` is for rows that are overwritten in place: every refresh appends the versions that it sees to a
    relation of their own, and features are computed from those. A row gets features as it was first seen; a population
    counts it as its newest version known before the anchor has it. The first version is known at the row's declared
    time, as earlier edits cannot be known, or at its capture with ``history="capture"``; later ones at their capture.

    >>> Events("shop.listings", key="listing_id", time="listed_at").source.time
    'listed_at'
    """
    return Rows(timed(Role.EVENTS, relation, key, time, known_at, columns, history))


def Spine(relation: str, *, key: Names, time: str, columns: Mapping[str, str] | None = None) -> Rows:
    """Rows that get features but are no events themselves: keys and the T0 of each, brought by the user.

    >>> Spine("ml.training_rows", key=("listing_id", "asked_at"), time="asked_at").source.key
    ('listing_id', 'asked_at')
    """
    return Rows(timed(Role.SPINE, relation, key, time, None, columns))
