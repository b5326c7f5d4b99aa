"""What is certified: one relation of a database, with all that is declared of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tzero.compile import Deployment
from tzero.engines.base import Engine
from tzero.falsify.closure import renamed
from tzero.prove import Declarations
from tzero.sql.names import RelationName
from tzero.sql.render import Tree
from tzero.state.schema import StateSchema


@dataclass(frozen=True, slots=True)
class Anchors:
    """Where the T0 of each row of the subject stands: column ``time`` of ``relation``, joined on ``key``.

    The relation is the subject itself where it shows its T0. ``day`` is a column that already holds the day in
    ``zone``; where there is none the day is taken from ``time`` in that zone.
    """

    relation: RelationName
    key: tuple[str, ...]
    time: str
    day: str | None = None
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Subject:
    """One relation and what is declared of it; a compiled feature view or a view of the user's own SQL.

    ``views`` are definitions that the database does not keep, such as those of stored tables; ``sources`` are the
    relations that are declared, at which a proof and a trial stop. ``deployment`` is there for compiled views alone.
    ``firewall`` are names of relations that must not stand in the closure (labels; ``*`` stands for any text), and
    ``current`` names of columns that mark the current row, which no past row can know. ``reviewed`` maps the
    signatures of functions that the user has reviewed to who did and why they are harmless. The last ``settling_days``
    days of T0 may still change without being drift. ``held`` maps views to temporary tables that hold their rows.
    """

    engine: Engine
    state: StateSchema
    relation: RelationName
    contract: str
    key: tuple[str, ...]
    anchors: Anchors
    declarations: Declarations
    views: Mapping[RelationName, Tree] = field(default_factory=dict)
    sources: frozenset[RelationName] = frozenset()
    deployment: Deployment | None = None
    firewall: tuple[str, ...] = ()
    current: frozenset[str] = frozenset()
    reviewed: Mapping[str, str] = field(default_factory=dict)
    settling_days: int = 1
    held: Mapping[RelationName, RelationName] = field(default_factory=dict)

    def place(self, name: RelationName) -> RelationName:
        """Where the rows of a relation are read: where they are held, else in itself."""
        return self.held.get(name, name)

    def render(self, tree: Tree) -> str:
        """A query as text of the engine, over what is held of the relations that it reads."""
        return self.engine.render(renamed(tree, {name: place.name for name, place in self.held.items()}))
