"""Run a starter through everything: raw data, plan, apply, what arrives later, refresh, certificates, features."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tzero.engines.base import Engine
from tzero.errors import ContractError, UsageError
from tzero.features.views import FeatureView
from tzero.project import Project, open_project
from tzero.sql.names import RelationName
from tzero.sql.render import quoted
from tzero.starters.demo.certifying import Certified, certify
from tzero.starters.demo.feed import Feed, RawTable
from tzero.starters.demo.folder import lay_out
from tzero.starters.demo.stability import Stability, compare
from tzero.starters.demo.stages import Listener, Stages
from tzero.starters.demo.summary import Demonstration

SHOWN_AT = (0.3, 0.6, 0.9)
"""Where in the order of their keys the printed rows stand."""


def demonstrate(
    feed: Feed, folder: Path, listener: Listener, *, target: str | None = None, certified: bool = True
) -> Demonstration:
    """Make a project in a folder, give it data in two deliveries, and build, refresh, check, read and certify its
    store; the last unless ``certified`` is false.

    ``target`` is a name or URL instead of the project's own database in the folder. Raises UsageError where the folder
    holds foreign files or the target tables that the raw data would be loaded into; nothing is replaced.
    """
    started = time.perf_counter()
    stages = Stages(listener)
    again = lay_out(feed.starter, folder, feed.edits)
    with open_project(folder, target=target) as project:
        if again:
            _start_anew(project)
        _build(project, feed, stages)
        stability = _refresh(project, feed, stages)
        made = certify(project, stages) if certified else ()
        return _summary(project, feed, stages, stability, made, started)


def _start_anew(project: Project) -> None:
    """Remove the store that an earlier demonstration left in its own folder."""
    path = project.target().path
    if path is None or not path.is_relative_to(project.root) or not path.exists():
        return
    with project.session():
        pass  # BusyError, and nothing is removed, where another process is using it
    for file in (path, path.with_name(f"{path.name}.wal")):
        file.unlink(missing_ok=True)


def _build(project: Project, feed: Feed, stages: Stages) -> None:
    stages.chapter(f"raw data: {feed.what}, until {feed.cut:%Y-%m-%d}")
    with project.session() as engine:
        for table in feed.tables:
            name = RelationName.parse(table.name)
            if engine.kind(name) is not None:
                raise UsageError(
                    f"{name} is there already in {engine.label}; a demonstration replaces nothing",
                    fix="name an empty database with --target, or another folder with --dir",
                )
        with engine.transaction():
            for table in feed.tables:
                if not table.comes_late:
                    _load(engine, table, table.before(feed.cut), stages, append=False)
    stages.chapter("the store: plan and apply")
    with stages.stage("plan (steps)") as count:
        plan = project.plan()
        count(len(plan.steps))
    project.apply(planned=plan, progress=stages.step)


def _refresh(project: Project, feed: Feed, stages: Stages) -> tuple[Stability, ...]:
    relations = [str(project.view().name), *([feed.predecessor] if feed.predecessor else [])]
    before = [_rows_of(project, relation) for relation in relations]
    stages.chapter(f"{feed.later}: more raw data, and refresh")
    with project.session() as engine, engine.transaction():
        for table in feed.tables:
            if table.comes_late or table.seen_at is not None:
                _load(engine, table, table.since(feed.cut), stages, append=not table.comes_late)
    project.refresh(progress=stages.step)
    key = project.view().rows.source.key
    with stages.stage("compare earlier rows with what they were"):
        return tuple(
            compare(relation, old, _rows_of(project, relation), key)
            for relation, old in zip(relations, before, strict=True)
        )


def _load(engine: Engine, table: RawTable, rows: pa.RecordBatchReader, stages: Stages, *, append: bool) -> None:
    name = RelationName.parse(table.name)
    with stages.stage(f"load {table.name}") as count:
        if name.schema is not None and not append:
            for statement in engine.schema_statements(name.schema):
                engine.execute(statement.sql)
        count(engine.load(name, rows, append=append))


def _summary(
    project: Project,
    feed: Feed,
    stages: Stages,
    stability: tuple[Stability, ...],
    certificates: tuple[Certified, ...],
    started: float,
) -> Demonstration:
    view = project.view()
    stages.chapter("what came out")
    with stages.stage("check contract (columns)") as count:
        differences = project.contract_differences(view)
        if differences:
            raise ContractError(f"{view.name} is not as promised: {differences[0]}")
        columns = len(project.contract(view).columns)
        count(columns)
    with stages.stage("read features") as count:
        features = project.read(view, columns=_shown_columns(view, feed))
        count(features.num_rows)
    with stages.stage("find an example"), project.session(read_only=True) as engine:
        example = feed.example(engine)
    shown = project.show()
    return Demonstration(
        feed.starter,
        feed.what,
        project.root,
        shown.target,
        str(view.name),
        shown.relations,
        columns,
        view.rows.source.key,
        _some_rows(features, view.rows.source.key),
        feed.later,
        feed.why_changed,
        stability,
        certificates,
        example,
        tuple(stages.kept),
        time.perf_counter() - started,
        _next_steps(project),
    )


def _rows_of(project: Project, relation: str) -> pa.Table:
    with project.session(read_only=True) as engine:
        return engine.arrow(f"SELECT * FROM {quoted(RelationName.parse(relation), engine.dialect)}").read_all()


def _shown_columns(view: FeatureView, feed: Feed) -> list[str]:
    t0 = [view.t0] if view.t0 else []
    return [*view.rows.source.key, *t0, *feed.shown]


def _some_rows(features: pa.Table, key: Sequence[str]) -> tuple[dict[str, object], ...]:
    order = pc.sort_indices(features, sort_keys=[(name, "ascending") for name in key])
    places = sorted({int(at * features.num_rows) for at in SHOWN_AT}) if features.num_rows else []
    return tuple(features.take(order.take(pa.array(places, pa.int64()))).to_pylist())


def _next_steps(project: Project) -> tuple[tuple[str, str], ...]:
    return (
        ("tzero show", "what is in the store"),
        ("tzero contract show", "the columns that the view promises"),
        ("tzero certify", "run every gate again"),
        *((("tzero train", "a model, judged on later rows"),) if project.config.train.labels else ()),
        ("tzero plan", f"what editing {project.config.declarations[0]} would change"),
        ("tzero apply", "do it, in one transaction"),
        ("import tzero; tzero.open().read()", "in Python: the features, as Arrow"),
    )
