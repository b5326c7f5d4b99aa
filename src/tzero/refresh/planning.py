"""The steps that follow from what a survey found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tzero.compile import Deployment, SourceCheck
from tzero.engines.base import Engine
from tzero.engines.catalog import Statement
from tzero.errors import FindingError
from tzero.refresh.contracts import contract_of
from tzero.refresh.declared import Declared
from tzero.refresh.plan import Plan
from tzero.refresh.relations import UPSTREAM, OwnRelation
from tzero.refresh.steps import BuildRelation, Change, CheckSources, CreateSchema, MigrateState, Step, WriteContract
from tzero.refresh.survey import Survey, survey
from tzero.sql.names import RelationName
from tzero.state import feature_contract, migrations


def plan_apply(declared: Declared, engine: Engine) -> Plan:
    """The steps that bring a target to what is declared; none where it is there already."""
    seen = survey(declared, engine)
    return Plan("apply", engine.label, tuple(_apply_steps(seen)), seen.fingerprint, tuple(_orphans(seen)))


def plan_refresh(declared: Declared, engine: Engine) -> Plan:
    """The steps that bring what is stored up to date with the sources.

    Raises FindingError where the store is not as declared: that is for apply.
    """
    seen = survey(declared, engine)
    behind = next(iter(seen.dirty.items()), None)
    if behind is not None or migrations.pending(seen.state):
        what = f"{behind[0]}: {behind[1][1]}" if behind else "the state tables are of an older version"
        raise FindingError(f"the store is not as declared: {what}", fix="look at tzero plan, then run tzero apply")
    return Plan("refresh", engine.label, tuple(_refresh_steps(seen)), seen.fingerprint, tuple(_orphans(seen)))


def _apply_steps(seen: Survey) -> Iterator[Step]:
    engine = seen.engine
    pending = migrations.pending(seen.state)
    yield from _schemas(seen, needs_state=bool(pending))
    for migration in pending:
        yield MigrateState(migration, migrations.statements(seen.state, migration))
    builds = [relation for relation in seen.relations.values() if relation.name in seen.dirty]
    checks = [d for d in seen.deployments if any(relation.name in seen.dirty for relation in d.relations)]
    steps = [_build(relation, *seen.dirty[relation.name], relation.creation(engine)) for relation in builds]
    yield from (step for step in steps if step.definition.role == UPSTREAM)
    yield from _checks(seen, checks)
    yield from (step for step in steps if step.definition.role != UPSTREAM)
    yield from _contracts(seen)


def _refresh_steps(seen: Survey) -> Iterator[Step]:
    stored = [relation for relation in seen.relations.values() if relation.stored]
    steps = [_build(item, Change.REFRESH, "new rows", item.renewal(seen.engine)) for item in stored]
    yield from (step for step in steps if step.definition.role == UPSTREAM)
    yield from _checks(seen, seen.deployments)
    yield from (step for step in steps if step.definition.role != UPSTREAM)


def _build(relation: OwnRelation, change: Change, why: str, statements: tuple[Statement, ...]) -> BuildRelation:
    return BuildRelation(relation.definition, change, relation.stored, why, statements)


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


def _orphans(seen: Survey) -> Iterator[str]:
    own = {str(relation.name) for relation in seen.relations.values()}
    for name, recorded in seen.recorded.items():
        if name not in own and seen.engine.kind(RelationName.parse(name)) is not None:
            yield f"{name} ({recorded.role}) is no longer declared; tzero leaves it, drop it yourself if you want"
