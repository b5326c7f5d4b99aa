"""The steps that follow from what a survey found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from tzero.compile import Deployment, SourceCheck
from tzero.engines.base import Engine
from tzero.engines.catalog import Statement
from tzero.errors import FindingError
from tzero.refresh.contracts import contract_of
from tzero.refresh.declared import Declared, sources_of
from tzero.refresh.notes import notes
from tzero.refresh.plan import Plan
from tzero.refresh.relations import FIRST, UPSTREAM, VERSIONS, OwnRelation
from tzero.refresh.resuming import Resumption
from tzero.refresh.selecting import Selection
from tzero.refresh.steps import (
    BuildRelation,
    Change,
    CheckSources,
    CreateSchema,
    DropReplaced,
    MigrateState,
    Step,
    WriteContract,
)
from tzero.refresh.survey import Survey, survey
from tzero.refresh.units import stored_beneath, units
from tzero.refresh.vocabularies import coverage
from tzero.sql.names import RelationName
from tzero.state import feature_contract, migrations

EVERYTHING = Selection()


def plan_apply(declared: Declared, engine: Engine, *, measured: bool = False) -> Plan:
    """The steps that bring a target to what is declared, one transaction; none where it is there already.

    ``measured``: with how much of the data the vocabularies cover.
    """
    seen = survey(declared, engine)
    steps, covered = tuple(_apply_steps(seen)), coverage(seen) if measured else ()
    return Plan("apply", engine.label, (steps,) if steps else (), seen.fingerprint, notes(seen), covered)


def plan_refresh(declared: Declared, engine: Engine, selection: Selection = EVERYTHING, *, anew: bool = False) -> Plan:
    """The steps that bring what is stored up to date with the sources.

    What the last refresh committed before it failed or was killed is kept, unless it is to begin ``anew``.

    Raises FindingError where the store is not as declared: that is for apply. Raises UsageError for a selector that
    selects nothing.
    """
    seen = survey(declared, engine)
    behind = next(iter(seen.dirty.items()), None)
    if behind is not None or migrations.pending(seen.state):
        what = f"{behind[0]}: {behind[1][1]}" if behind else "the state tables are of an older version"
        raise FindingError(f"the store is not as declared: {what}", fix="look at tzero plan, then run tzero apply")
    found = tuple(_refresh_units(seen, selection, None if anew else Resumption(seen)))
    return Plan("refresh", engine.label, found, seen.fingerprint, notes(seen))


def _apply_steps(seen: Survey) -> Iterator[Step]:
    engine = seen.engine
    pending = migrations.pending(seen.state)
    yield from _schemas(seen, needs_state=bool(pending))
    for migration in pending:
        yield MigrateState(migration, migrations.statements(seen.state, migration))
    builds = {
        relation.name: _build(relation, *seen.dirty[relation.name], relation.creation(engine, seen.dirty))
        for relation in seen.relations.values()
        if relation.name in seen.dirty
    }
    touched = [d for d in seen.deployments if any(relation.name in builds for relation in d.relations)]
    kept = {own.name: own for d in touched for own in _kept(seen, d) if own.role == VERSIONS and own.name not in builds}
    builds |= {name: _refreshed(own, seen) for name, own in kept.items()}
    yield from _in_order(seen, builds, touched)
    replaced = [name for name, step in builds.items() if step.change is Change.REPLACE]
    statements = [statement for name in reversed(replaced) for statement in engine.cleanup_statements(name)]
    if statements:
        yield DropReplaced(tuple(str(name) for name in replaced), tuple(statements))
    yield from _contracts(seen)


def _refresh_units(seen: Survey, selection: Selection, left: Resumption | None) -> Iterator[tuple[Step, ...]]:
    own = seen.relations
    every = units(own, seen.deployments)
    chosen = selection.of(seen, [name for unit in every for name in unit.relations])
    for unit in every:
        names = [name for name in unit.relations if name in chosen]
        if not names and selection != EVERYTHING:
            continue
        whole = len(names) == len(unit.relations)
        touched = [d for d in unit.deployments if whole or any(relation.name in names for relation in d.relations)]
        builds = {name: _refreshed(seen.relations[name], seen) for name in names}
        kept = left.kept(builds.values()) if left and builds else ()
        yield kept or tuple(_in_order(seen, builds, touched))


def _refreshed(relation: OwnRelation, seen: Survey) -> BuildRelation:
    beneath = stored_beneath(relation.reads, seen.relations)
    step = _build(relation, relation.renewed_by, "new rows", relation.renewal(seen.engine))
    return replace(step, beneath=tuple(sorted(beneath, key=str)))


def _in_order(
    seen: Survey, builds: dict[RelationName, BuildRelation], deployments: Sequence[Deployment]
) -> Iterator[Step]:
    """Upstream, the checks of sources, then each view's relations, the versions that it reads before them.

    Sources that a view makes are checked after it.
    """
    yield from (step for step in builds.values() if step.definition.role == UPSTREAM)
    made = {name for name, own in seen.relations.items() if own.role != UPSTREAM}
    late = {d.view.name for d in deployments if any(check.source in made for check in d.checks)}
    yield from _checks(seen, [deployment for deployment in deployments if deployment.view.name not in late])
    done: set[RelationName] = set()
    for deployment in deployments:
        if deployment.view.name in late:
            yield from _checks(seen, [deployment])
        names = [own.name for own in _kept(seen, deployment)] + [relation.name for relation in deployment.relations]
        for name in names:
            if name in builds and name not in done:
                done.add(name)
                yield builds[name]


def _kept(seen: Survey, deployment: Deployment) -> list[OwnRelation]:
    """The kept versions that a view is computed from."""
    read = {source.relation for source in sources_of(deployment.view)}
    beneath = {name for each in read if each in seen.relations for name in seen.relations[each].reads}
    return [own for name, own in seen.relations.items() if own.role in (VERSIONS, FIRST) and name in read | beneath]


def _build(relation: OwnRelation, change: Change, why: str, statements: tuple[Statement, ...]) -> BuildRelation:
    return BuildRelation(relation.definition, change, relation.stored, why, statements, relation.place)


def _schemas(seen: Survey, *, needs_state: bool) -> Iterator[CreateSchema]:
    there = {name.schema for name in seen.engine.relations()}
    wanted = [seen.declared.state_schema] if needs_state else []
    wanted += [name.schema for name in seen.dirty if name.schema is not None]
    for schema in dict.fromkeys(wanted):
        if schema not in there:
            yield CreateSchema(schema, seen.engine.schema_statements(schema))


def _checks(seen: Survey, deployments: Iterable[Deployment]) -> Iterator[CheckSources]:
    found: dict[tuple[object, ...], SourceCheck] = {}
    for deployment in deployments:
        for check in deployment.checks:
            found.setdefault((check.source, check.problem), check)
    if found:
        checks = tuple(found.values())
        yield CheckSources(checks, tuple(Statement(seen.engine.render(check.query)) for check in checks))


def _contracts(seen: Survey) -> Iterator[WriteContract]:
    for view in seen.declared.views:
        kept = feature_contract.read(seen.state, view.contract)
        if kept is None:
            yield WriteContract(view, f"new, {len(view.columns)} columns")
        elif view.name in seen.dirty or kept.relation != str(view.name):
            yield WriteContract(view, _changes([column.name for column in kept.columns], view.columns))
        else:
            live = seen.engine.describe(view.name)
            if live is None or contract_of(view, live.columns) != kept:
                yield WriteContract(view, "the relation's columns changed")


def _changes(before: list[str], after: tuple[str, ...]) -> str:
    added = [f"+{name}" for name in after if name not in before]
    removed = [f"-{name}" for name in before if name not in after]
    return " ".join([*added, *removed]) or f"{len(after)} columns, the same names"
