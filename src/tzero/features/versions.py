"""Kept versions: the relations that a source with ``history`` becomes, and a view computed from them.

Beside its source stands one relation of *changes*, to which rows are only ever added. A row with change 1 is a version
that begins to count when it becomes known; one with change -1 repeats a version that ceases to, because it was
overwritten or deleted. The sum of the changes known before a moment is what the source held then, so whoever adds them
up needs no other row of the same key. Version 1 of each key, the row as it was first seen, is a relation of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from tzero.errors import DeclarationError
from tzero.features.lookups import Lookup
from tzero.features.rows import Rows
from tzero.features.sources import FirstKnown, Role, Source
from tzero.features.statistics import Kind
from tzero.features.views import FeatureView
from tzero.sql.names import RelationName

VERSION, CHANGE, KNOWN, CAPTURED = "t0_version", "t0_change", "t0_known_at", "t0_captured_at"
ADDED = (VERSION, CHANGE, KNOWN, CAPTURED)
"""The columns of changes besides those of the source."""
_NOT_ADDED_UP = frozenset({Kind.MIN, Kind.MAX, Kind.FIRST_SEEN, Kind.TIME_SINCE_LAST})


@dataclass(frozen=True, slots=True)
class Versions:
    """The changes of one source and its first versions; ``clock`` is a column whose type their times have."""

    source: Source
    changes: RelationName
    first: RelationName
    clock: tuple[RelationName, str]

    @property
    def never_null(self) -> tuple[str, ...]:
        """The columns besides the key that every change has."""
        return CAPTURED, *(() if self.source.known_at else (KNOWN,))

    @property
    def first_known(self) -> str | None:
        """The column that says when a first version became known; None: its capture."""
        if self.source.history is FirstKnown.CAPTURE:
            return None
        return self.source.known_at or self.source.time


def from_versions(view: FeatureView, schema: str) -> FeatureView:
    """The view over kept versions wherever its sources have a history; the view itself where none has.

    >>> from tzero.features.rows import Events
    >>> sales = Events("shop.sales", key="id", time="sold_at", history=True)
    >>> view = FeatureView("shop.features", sales, n=sales.before_day(zone="UTC").count("brand"))
    >>> found = from_versions(view, "state")
    >>> str(found.rows.source), str(found.populations[0].rows.source)
    ('state.t0_first_sales', 'state.t0_version_sales')
    """
    if not any(source.history for source in _sources(view)):
        return view
    for name, statistic in view.statistics:
        if statistic.kind in _NOT_ADDED_UP and statistic.population.rows.source.history:
            raise DeclarationError(
                f"{name} is the {statistic.kind.value} of rows whose versions are kept: "
                "a value that was taken back cannot be subtracted from it",
                place=statistic.place,
                fix="use count, share, sum, mean or std, or leave out history=",
            )
    return view.recast(lambda rows: _own(rows, schema), lambda rows: _counted(rows, schema))


def versions_of(views: Iterable[FeatureView], schema: str) -> tuple[Versions, ...]:
    """What is kept for the sources with a history, each source once.

    Raises DeclarationError where two would be kept under one name, or one source in two ways.
    """
    found: dict[RelationName, Versions] = {}
    for view in views:
        own = view.rows.source.declared_source
        for source in (each.declared_source for each in _sources(view)):
            if source.history is None:
                continue
            time = source.known_at or source.time
            clock = (source.relation, time) if time else (own.relation, own.time or "")
            versions = Versions(source, _changes(source, schema), _first(source, schema), clock)
            known = found.setdefault(versions.changes, versions)
            if known.source != source:
                raise DeclarationError(
                    f"the versions of {source} and of {known.source} would be kept differently in {versions.changes}",
                    place=source.place,
                    fix="declare it once, with one key, time and history; or rename one of the two relations",
                )
    return tuple(found.values())


def _sources(view: FeatureView) -> Iterable[Source]:
    for rows in (view.rows, *(population.rows for population in view.populations)):
        yield from (rows.source, *(lookup.source for lookup in rows.lookups))


def _own(rows: Rows, schema: str) -> Rows:
    """Rows that get features: each as it was first seen."""
    source = rows.source
    if source.history is not None:
        source = replace(source, relation=_first(source, schema), history=None, origin=source)
    return replace(rows, source=source, lookups=_lookups(rows, schema))


def _counted(rows: Rows, schema: str) -> Rows:
    """Rows that are counted: every version from when it was known to when it was taken back."""
    source = rows.source
    if source.history is not None:
        source = replace(_of_changes(source, schema), known_at=KNOWN)
    return replace(rows, source=source, lookups=_lookups(rows, schema))


def _lookups(rows: Rows, schema: str) -> tuple[Lookup, ...]:
    return tuple(_lookup(lookup, schema) if lookup.source.history else lookup for lookup in rows.lookups)


def _lookup(lookup: Lookup, schema: str) -> Lookup:
    """The version known last before T0, if it was not taken back."""
    source = replace(_of_changes(lookup.source, schema), role=Role.HISTORY, time=KNOWN, known_at=None)
    return replace(lookup, source=source)


def _of_changes(source: Source, schema: str) -> Source:
    return replace(
        source,
        relation=_changes(source, schema),
        key=(*source.key, VERSION, CHANGE),
        declared=None,
        history=None,
        origin=source,
        change=CHANGE,
    )


def _changes(source: Source, schema: str) -> RelationName:
    return RelationName.own(f"{schema}.t0_version_{_bare(source)}")


def _first(source: Source, schema: str) -> RelationName:
    return RelationName.own(f"{schema}.t0_first_{_bare(source)}")


def _bare(source: Source) -> str:
    """The relation's own name as a part of others: without a schema, or a file's folder and ending."""
    name = source.relation.name
    bare = PurePosixPath(name).name.partition(".")[0] if source.relation.is_file else name
    return re.sub(r"[^a-z0-9_]", "_", bare.lower())[:52]
