"""What the compiler makes of a feature view: relations, in the order in which they are built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from sqlglot import exp

from tzero.compile.named_rows import NamedRows
from tzero.features.populations import Population
from tzero.features.views import FeatureView
from tzero.sql.names import RelationName


class RelationRole(Enum):
    BASE = "base"
    STATISTICS = "statistics"
    ENTRYPOINT = "entrypoint"


@dataclass(frozen=True, slots=True)
class Relation:
    """One relation to create. Statistics are stored (a table or materialized view), the others are plain views.

    ``key`` is unique and, for statistics, gets an index called ``index``; ``reads`` are the relations that the query
    names, sources and own relations alike.
    """

    name: RelationName
    role: RelationRole
    query: exp.Query
    key: tuple[str, ...]
    index: str | None
    reads: tuple[RelationName, ...]

    @property
    def is_stored(self) -> bool:
        return self.role is RelationRole.STATISTICS


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """A query that must return no row; its rows are examples of the problem, with the count of all in column ``n``."""

    source: RelationName
    problem: str
    fix: str
    query: exp.Query


@dataclass(frozen=True, slots=True)
class Deployment:
    """A compiled feature view; ``reads`` are the columns that it reads of each source as the user declared it.

    ``rows`` are the rows that get features, by what statistics are kept for; ``events`` the rows that each population
    counts. Neither is built: they are for those who count again.
    """

    view: FeatureView
    relations: tuple[Relation, ...]
    checks: tuple[SourceCheck, ...]
    rows: NamedRows
    events: tuple[tuple[Population, NamedRows], ...]
    reads: Mapping[RelationName, frozenset[str]]

    @property
    def entrypoint(self) -> Relation:
        return self.relations[-1]
