"""The steps of a plan: small frozen records that are explained, run and recorded alike."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from tzero.compile import SourceCheck
from tzero.engines.catalog import Statement
from tzero.errors import Place
from tzero.features.views import FeatureView
from tzero.sql.names import RelationName
from tzero.state.definition import Definition
from tzero.state.migrations import Migration
from tzero.state.run import RunRecord


class Change(Enum):
    CREATE = "create"
    REPLACE = "replace"
    REFRESH = "refresh"
    EXTEND = "extend"
    CAPTURE = "capture"

    @property
    def is_renewal(self) -> bool:
        """Whether the relation's definition stays as it is."""
        return self in (Change.REFRESH, Change.CAPTURE)


@dataclass(frozen=True, slots=True)
class CreateSchema:
    schema: str
    statements: tuple[Statement, ...]

    @property
    def title(self) -> str:
        return f"create schema {self.schema}"


@dataclass(frozen=True, slots=True)
class MigrateState:
    migration: Migration
    statements: tuple[Statement, ...]

    @property
    def title(self) -> str:
        return f"migrate state to version {self.migration.version}: {self.migration.why}"


@dataclass(frozen=True, slots=True)
class BuildRelation:
    """Create, replace, refresh, extend or append to one relation.

    ``why`` says what made it necessary, ``place`` where it is declared. ``beneath`` are the stored relations of tzero's
    own that it reads, directly or through views.
    """

    definition: Definition
    change: Change
    stored: bool
    why: str
    statements: tuple[Statement, ...]
    place: Place
    beneath: tuple[RelationName, ...] = ()

    @property
    def title(self) -> str:
        return f"{self.change.value} {self.definition.role} {self.definition.relation}: {self.why}"


@dataclass(frozen=True, slots=True)
class KeepRelation:
    """Leave a relation as a run that did not end had refreshed it: nothing that it is made from has changed since."""

    definition: Definition
    run_id: int
    record: RunRecord
    statements: tuple[Statement, ...] = ()

    @property
    def title(self) -> str:
        relation = f"{self.definition.role} {self.definition.relation}"
        return f"keep {relation}: run {self.run_id} refreshed it, and nothing has changed since"


@dataclass(frozen=True, slots=True)
class DropReplaced:
    """Drop the old form of relations that were replaced, now that what read it reads the new one."""

    relations: tuple[str, ...]
    statements: tuple[Statement, ...]

    @property
    def title(self) -> str:
        return f"drop what was replaced: {', '.join(self.relations)}"


@dataclass(frozen=True, slots=True)
class CheckSources:
    """Queries that must return no row before anything is built from the sources."""

    checks: tuple[SourceCheck, ...]
    statements: tuple[Statement, ...]

    @property
    def title(self) -> str:
        sources = dict.fromkeys(str(check.source) for check in self.checks)
        return f"check {', '.join(sources)} ({len(self.checks)} conditions)"


@dataclass(frozen=True, slots=True)
class WriteContract:
    view: FeatureView
    why: str
    statements: tuple[Statement, ...] = ()

    @property
    def title(self) -> str:
        return f"write contract {self.view.contract} of {self.view.name}: {self.why}"


Step = CreateSchema | MigrateState | BuildRelation | KeepRelation | DropReplaced | CheckSources | WriteContract


def step_relation(step: Step) -> str | None:
    """The relation that a step is about, if it is one."""
    if isinstance(step, BuildRelation | KeepRelation):
        return step.definition.relation
    return str(step.view.name) if isinstance(step, WriteContract) else None


def step_kind(step: Step) -> str:
    """The short name of what a step does, as runs record it.

    >>> step_kind(CreateSchema("shop", ()))
    'create schema'
    """
    match step:
        case CreateSchema():
            return "create schema"
        case MigrateState():
            return "migrate state"
        case BuildRelation():
            return f"{step.change.value} {step.definition.role}"
        case KeepRelation():
            return f"keep {step.definition.role}"
        case DropReplaced():
            return "drop replaced"
        case CheckSources():
            return "check sources"
        case WriteContract():
            return "write contract"


def as_json(step: Step) -> dict[str, Any]:
    return {
        "step": step_kind(step),
        "relation": step_relation(step),
        "title": step.title,
        "statements": [{"sql": statement.sql, "lock": statement.lock} for statement in step.statements],
    }
