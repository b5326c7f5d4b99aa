"""The base relations as a world needs them: typed columns, keys, and which relation's key another one refers to."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tzero.errors import DeclarationError
from tzero.falsify.literals import Literals
from tzero.falsify.times import Times
from tzero.features.types import ColumnType
from tzero.prove.declarations import Relation


@dataclass(frozen=True)
class Table:
    """A declared relation with the kind of each column."""

    relation: Relation
    kinds: dict[str, ColumnType]
    groups: dict[str, str]
    own: bool = False
    refers_to: dict[str, dict[str, str]] = field(default_factory=dict)
    """Of each relation whose whole key this one holds: its key column -> the column here."""

    @property
    def name(self) -> str:
        return self.relation.name

    @property
    def known(self) -> str | None:
        return self.relation.known

    @property
    def dated(self) -> bool:
        """Whether rows may come and change: the relation says when they became known, and is not static."""
        return self.relation.known is not None and not self.relation.static

    @cached_property
    def key(self) -> tuple[str, ...]:
        return self.relation.keys[0] if self.relation.keys else ()

    @cached_property
    def fresh(self) -> str | None:
        """The key column that tells new rows apart: the last one. The others are drawn like values.

        None where a time is part of the key: then that tells them apart, and rows are about the same things.
        """
        return None if not self.key or any(map(self.is_time, self.key)) else self.key[-1]

    @cached_property
    def late_times(self) -> dict[str, tuple[str, ...]]:
        """Each column that dates late values -> the late columns that it dates, itself among them if it is late."""
        found: dict[str, tuple[str, ...]] = {}
        for column, time in self.relation.late.items():
            found[time] = (*found.get(time, ()), column)
        return found

    def is_time(self, column: str) -> bool:
        return self.kinds[column].is_time

    def nullable(self, column: str) -> bool:
        return not self.relation.is_not_null(column)

    def known_at(self, row: dict[str, Any], times: Times) -> Any:
        """The instant at which a row became known; None for one that never did."""
        return times.known(row[self.known]) if self.known else None


def tables_of(relations: list[Relation], own: str | None, literals: Literals) -> tuple[Table, ...]:
    """The relations, in an order in which each can be filled: what is referred to first.

    Raises DeclarationError for a relation without columns.
    """
    plain = [_table(relation, own, literals) for relation in relations]
    plain.sort(key=lambda table: (not table.own, not table.relation.static, len(table.key) == 0, table.name))
    found: list[Table] = []
    for table in _referred_first(plain):
        refers = {other.name: match for other in found if (match := _match(table, other))}
        found.append(Table(table.relation, table.kinds, table.groups, table.own, refers))
    return tuple(found)


def _referred_first(tables: list[Table]) -> list[Table]:
    """The tables, each after those whose key it holds and that do not hold its own; in a ring as they are."""
    found: list[Table] = []
    left = list(tables)
    while left:
        free = (
            t for t in left if not any(_match(t, other) and not _match(other, t) for other in left if other is not t)
        )
        found.append(next(free, left[0]))
        left.remove(found[-1])
    return found


def _table(relation: Relation, own: str | None, literals: Literals) -> Table:
    if not relation.columns:
        raise DeclarationError(
            f"relation {relation.name} declares no columns, so no rows of it can be made",
            place=relation.place,
            fix=f'[relations."{relation.name}"] columns = {{ name = "type", ... }}',
        )
    kinds = {name: _kind(name, type_, literals) for name, type_ in relation.columns.items()}
    groups = {name: literals.group(name) for name in kinds}
    is_own = own is not None and relation.name.rpartition(".")[2] == own.rpartition(".")[2]
    return Table(relation, kinds, groups, is_own)


def _kind(column: str, type_: str, literals: Literals) -> ColumnType:
    """The declared type; else texts for what is compared with one, and whole numbers."""
    if type_:
        return ColumnType.parse(type_)
    return ColumnType("text" if literals.of(column, str) else "integer")


def _match(table: Table, other: Table) -> dict[str, str]:
    """The columns here that hold the key of another relation; empty when some are missing."""
    here = {group: name for name, group in reversed(table.groups.items())}
    pairs = {column: here.get(other.groups[column], "") for column in other.key}
    same = all(name and table.kinds[name].kind == other.kinds[column].kind for column, name in pairs.items())
    return pairs if pairs and same else {}
