"""What of a project can be certified: its feature views, and views of the user's own SQL that tzero.toml names."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tzero.certify.acceptance import accept_found, promise_found
from tzero.certify.baseline import grow
from tzero.certify.certificate import Certificate, certify, keep
from tzero.certify.certification import Progress, pass_gates
from tzero.certify.gates.c2_baseline import BaselineGate
from tzero.certify.gates.order import gates
from tzero.certify.guarding import put_guard
from tzero.certify.held import held
from tzero.certify.lineage import lineage_of
from tzero.certify.marks import marks_of
from tzero.certify.subject import Anchors, Subject
from tzero.certify.waiver import Waiver
from tzero.engines.base import Engine
from tzero.engines.definitions import view_definition
from tzero.errors import ConfigError, MissingRelationError, TzeroError
from tzero.falsify import declared_by
from tzero.features.rows import T0, T0_DAY
from tzero.features.suggest import nearest
from tzero.features.views import FeatureView
from tzero.project.config import Config, ViewConfig
from tzero.prove import Declarations, Relation, load_toml
from tzero.refresh.declared import Declared, sources_of
from tzero.refresh.survey import Survey, survey
from tzero.sql.names import RelationName
from tzero.sql.render import Tree, reads_files
from tzero.state.schema import StateSchema
from tzero.timeline import Day, duration


def certifiable(declared: Declared, config: Config) -> tuple[RelationName, ...]:
    """Every relation that can be certified: feature views first, then views of the user's own."""
    own = (RelationName.parse(view.relation) for view in config.view)
    return (*(view.name for view in declared.views), *own)


def subject_of(root: Path, config: Config, declared: Declared, engine: Engine, relation: RelationName) -> Subject:
    """What there is to certify about a relation.

    Raises ConfigError for a relation that is neither a feature view nor named in tzero.toml, MissingRelationError for
    one that is not built.
    """
    if engine.kind(relation) is None:
        raise MissingRelationError(f"{relation} is not built in {engine.label}", fix="run tzero apply")
    for view in declared.views:
        if view.name == relation:
            return _of_view(config, declared, engine, view)
    for own in config.view:
        if RelationName.parse(own.relation) == relation:
            return _of_own_sql(root, config, declared, engine, own)
    names = [str(name) for name in certifiable(declared, config)]
    raise ConfigError(f"{relation} is not declared", fix=f"{nearest(str(relation), names)}, or name it in a [[view]]")


def _of_view(config: Config, declared: Declared, engine: Engine, view: FeatureView) -> Subject:
    seen = survey(declared, engine)
    deployment = next(found for found in seen.deployments if found.view is view)
    zones = [population.anchor.zone for population in view.populations if isinstance(population.anchor, Day)]
    described = engine.describe(view.base_relation)
    if described is None:
        raise MissingRelationError(f"{view.base_relation} is not built in {engine.label}", fix="run tzero apply")
    day = T0_DAY if any(column.name == T0_DAY for column in described.columns) else None
    key = view.rows.source.key
    return Subject(
        engine,
        StateSchema(engine, declared.state_schema),
        view.name,
        view.contract,
        key,
        Anchors(view.base_relation, key, T0, day, zones[0] if zones else "UTC"),
        declared_by(declared.views, view),
        _told(engine, seen),
        frozenset(source.relation for source in sources_of(view)),
        deployment,
        **_given(config),
    )


def _told(engine: Engine, seen: Survey) -> dict[RelationName, Tree]:
    """What the declarations tell and the database does not: tables filled from a query, names of data files."""
    return {
        name: own.tree
        for name, own in seen.relations.items()
        if reads_files(own.tree) or view_definition(engine, name) is None
    }


def _of_own_sql(root: Path, config: Config, declared: Declared, engine: Engine, view: ViewConfig) -> Subject:
    path = root / view.declare
    try:
        declarations = load_toml(path).for_query(view.relation)
    except OSError as error:
        raise ConfigError(
            f"the declarations of {view.relation} cannot be read: {error}", fix="correct 'declare'"
        ) from error
    relation = RelationName.parse(view.relation)
    described = engine.describe(relation)
    shown = {column.name for column in described.columns} if described is not None else set()
    key, anchors = _own_anchors(view, declarations, relation, shown)
    return Subject(
        engine,
        StateSchema(engine, config.state_schema),
        relation,
        view.contract or relation.name,
        key,
        anchors,
        declarations,
        _told(engine, survey(declared, engine)),
        frozenset(RelationName.parse(name) for name in declarations.relations),
        **_given(config),
    )


def _own_anchors(
    view: ViewConfig, declarations: Declarations, relation: RelationName, shown: set[str]
) -> tuple[tuple[str, ...], Anchors]:
    """The key of a view, and where its T0 stands: in its anchor column, or else in its own relation's time."""
    query = declarations.query
    own = declarations.relation(query.own) if query.own else None
    key = query.spine or (own.key if own else ())
    zone = query.zone or "UTC"
    missing = [name for name in key if name not in shown]
    if not key or missing:
        raise ConfigError(
            f"{view.relation} does not show a key: {', '.join(missing) or 'none is declared'}",
            fix=f"declare 'own' with a key that the view shows, or 'spine', in {view.declare}",
        )
    if query.anchor in shown:
        return key, Anchors(relation, key, query.anchor, None, zone)
    if own is None or _time(own) is None:
        raise ConfigError(
            f"{view.relation} has no column {query.anchor!r}, its anchor",
            fix=f"declare 'anchor' as one of its columns in {view.declare}",
        )
    return key, Anchors(RelationName.parse(own.name), own.key, str(_time(own)), None, zone)


def _time(relation: Relation) -> str | None:
    return relation.time or relation.known_at


def certify_subject(
    subject: Subject, config: Config, progress: Progress, seconds: float | None = None, full: bool = False
) -> Certificate:
    """Run every gate over a subject, and keep the certificate, good or bad.

    A good one accepts the definitions that it saw for the first time, and days of T0 that are new.
    """
    began = time.monotonic()
    if subject.deployment is None:
        promise_found(subject)
    chosen = gates(config.certify.seconds if seconds is None else seconds, full)
    marks = _marks(subject)
    waivers = [Waiver(**waiver.model_dump()) for waiver in config.waiver]
    oldest = config.certify.max_age
    with held(subject) as once:
        certification = pass_gates(once, chosen, progress)
        compared = next((gate.found for gate in chosen if isinstance(gate, BaselineGate)), None)
        found = certify(
            certification,
            waivers,
            baseline=None if compared is None else compared.now.sha256,
            captures=None if compared is None else compared.sealed,
            marks=marks,
            max_age=None if oldest is None else duration(oldest),
            since=began,
        )
    with subject.engine.transaction():
        if found.is_good:
            accept_found(subject.state, lineage_of(subject))
            if compared is not None:
                grow(subject, compared)
        keep(subject.state, found)
        put_guard(subject)
    return found


def _marks(subject: Subject) -> Mapping[str, str | None]:
    """The marks of the stored rows; none where a relation is gone, which its gate says."""
    try:
        return marks_of(subject.engine, lineage_of(subject))
    except TzeroError:
        return {}


def _given(config: Config) -> dict[str, Any]:
    """What tzero.toml says for every subject."""
    found = config.certify
    return {
        "firewall": tuple(found.firewall),
        "current": frozenset(name.lower() for name in found.current),
        "settling_days": config.baseline.settling_days,
        "reviewed": {review.function: f"{review.by}: {review.why}" for review in found.reviewed},
    }
