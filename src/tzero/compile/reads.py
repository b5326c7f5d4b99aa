"""Which columns of its sources some rows are made from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tzero.compile.base import Base
from tzero.compile.scope import EVENT_ALIAS, RawColumn
from tzero.sql.names import RelationName


def columns_read(bases: Iterable[Base]) -> dict[RelationName, frozenset[str]]:
    """The columns by source, as the user declared the source: what stands in features, finds rows or dates them."""
    found: dict[RelationName, frozenset[str]] = {}
    for base in bases:
        for relation, columns in _of(base):
            found[relation] = found.get(relation, frozenset()).union(columns)
    return found


def _of(base: Base) -> Iterator[tuple[RelationName, Iterable[str]]]:
    source, lookups = base.rows.source.declared_source, base.rows.lookups
    yield source.relation, (*source.key, *_times(source.time, source.known_at), *_raw(base, EVENT_ALIAS))
    for position, lookup in enumerate(lookups):
        other = lookup.source.declared_source
        yield source.relation, (own for own, _ in lookup.on)
        named = (*other.key, *_times(other.time, other.known_at), *(theirs for _, theirs in lookup.on))
        yield other.relation, (*named, *_raw(base, base.scope.alias_of(position)))


def _raw(base: Base, alias: str) -> Iterator[str]:
    for column in base.outputs.values():
        inputs = {column} if isinstance(column, RawColumn) else base.scope.inputs(column)
        yield from (raw.name for raw in inputs if raw.alias == alias)


def _times(*names: str | None) -> Iterator[str]:
    return (name for name in names if name is not None)
