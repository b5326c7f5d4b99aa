"""What is declared, beside what is there."""

from __future__ import annotations

from dataclasses import dataclass, field

from tzero.compile import Deployment, compile_view
from tzero.engines.base import Engine
from tzero.errors import DeclarationError, EngineError, TargetError
from tzero.refresh.declared import Declared, sources_of
from tzero.refresh.plan import Fingerprint
from tzero.refresh.prospect import Prospect
from tzero.refresh.relations import OwnRelation, of_deployment, of_upstream
from tzero.refresh.steps import Change
from tzero.refresh.versions import KeptVersions, kept_versions
from tzero.sql.names import RelationName
from tzero.state import definition, feature_contract, migrations
from tzero.state.schema import StateSchema


@dataclass(slots=True)
class Survey:
    """What was found. ``dirty`` maps the relations that are not as declared to the change and the reason."""

    declared: Declared
    engine: Engine
    state: StateSchema
    recorded: dict[str, definition.Definition]
    prospect: Prospect
    relations: dict[RelationName, OwnRelation] = field(default_factory=dict)
    deployments: list[Deployment] = field(default_factory=list)
    dirty: dict[RelationName, tuple[Change, str]] = field(default_factory=dict)

    @property
    def fingerprint(self) -> Fingerprint:
        """Of all that was found. Raises StateError where a contract was changed by hand."""
        return _fingerprint(self)


def survey(declared: Declared, engine: Engine) -> Survey:
    """Compile what is declared and compare it with the target; never write.

    Raises TargetError where a relation is there that tzero did not create: it is never replaced.
    """
    state = StateSchema(engine, declared.state_schema)
    migrations.require_known(state)
    seen = Survey(declared, engine, state, definition.current(state), Prospect(engine))
    sources = [source.declared_source for view in declared.views for source in sources_of(view)]
    keys = {source.relation: source.key for source in sources}
    for relation in of_upstream(declared.upstream, keys, engine):
        _add(seen, relation)
    if declared.versions:
        for relation in tuple(kept_versions(declared, engine, seen.relations)):
            _add(seen, relation)
    for view in declared.views:
        deployment = compile_view(view, seen.prospect.catalog(sources_of(view)), engine.dialect)
        seen.deployments.append(deployment)
        for relation in of_deployment(deployment, engine):
            _add(seen, relation)
    return seen


def _add(seen: Survey, relation: OwnRelation) -> None:
    """Take a relation in, once, find out whether it is as declared, and tell the prospect what it will be."""
    known = seen.relations.get(relation.name)
    if known is None:
        seen.relations[relation.name] = relation
        found = _difference(seen, relation)
        if found is not None:
            seen.dirty[relation.name] = found
            seen.prospect.give(relation.name, relation.tree)
    elif known.definition != relation.definition:
        raise DeclarationError(
            f"{relation.name} would be created twice, differently: as {known.role} of {known.place}, "
            f"as {relation.role} here",
            place=relation.place,
            fix="name one of them otherwise: rows.named('...'), into='...'",
        )


def _difference(seen: Survey, relation: OwnRelation) -> tuple[Change, str] | None:
    kind, recorded = seen.engine.kind(relation.name), seen.recorded.get(str(relation.name))
    if kind is None:
        return Change.CREATE, "new" if recorded is None else "it is gone"
    if recorded is None:
        raise TargetError(
            f"{relation.name} is there already, a {kind.value} that tzero did not create",
            place=relation.place,
            fix="declare another name, or drop it yourself",
        )
    if not relation.is_kind(kind):
        raise TargetError(
            f"{relation.name} is a {kind.value}, and as {relation.role} it would be something else",
            place=relation.place,
            fix="declare another name, or drop it yourself",
        )
    if isinstance(relation, KeptVersions):
        return relation.difference(seen.engine, recorded)
    if recorded.text != relation.definition.text or recorded.role != relation.role:
        return Change.REPLACE, "its definition changed"
    if recorded.created_sql != relation.definition.created_sql:
        return Change.REPLACE, "its data files are elsewhere now"
    changed = next((name for name in relation.reads if name in seen.dirty), None)
    if changed is not None:
        return Change.REPLACE, f"{changed} changes"
    if not _has_its_columns(seen, relation):
        return Change.REPLACE, "its columns are no longer those of its query"
    return None


def _has_its_columns(seen: Survey, relation: OwnRelation) -> bool:
    try:
        found = seen.engine.describe(relation.name)
        return found is not None and found.columns == seen.prospect.of_query(relation.tree)
    except EngineError:
        return False


def _fingerprint(seen: Survey) -> Fingerprint:
    declared = (s.declared_source for view in seen.declared.views for s in sources_of(view))
    sources = {s.relation: s for s in declared if s.relation not in seen.relations}
    return Fingerprint.of(
        [
            [
                [r.definition.relation, r.role, r.definition.text, r.definition.created_sql]
                for r in seen.relations.values()
            ],
            [[view.contract, list(view.columns)] for view in seen.declared.views],
        ],
        [[str(name), [[c.name, c.type] for c in seen.prospect.columns(name)]] for name in sorted(sources)],
        [
            migrations.version(seen.state),
            sorted([name, known.sha256] for name, known in seen.recorded.items()),
            [[str(name), change.value] for name, (change, _) in seen.dirty.items()],
            [_kept(seen, view.contract) for view in seen.declared.views],
        ],
    )


def _kept(seen: Survey, contract: str) -> str | None:
    kept = feature_contract.read(seen.state, contract)
    return None if kept is None else kept.features_hash
