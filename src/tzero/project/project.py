"""A project: a folder with tzero.toml, opened."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa

from tzero.certify.acceptance import accept
from tzero.certify.baseline import Comparison, compare
from tzero.certify.baseline.recording import accept as accept_state
from tzero.certify.certificate import Certificate
from tzero.certify.certification import Progress as GateProgress
from tzero.certify.guard import require_certified
from tzero.certify.subject import Subject
from tzero.doctor import Diagnosis, Store, diagnose
from tzero.engines.base import Engine
from tzero.engines.targets import Target, open_engine
from tzero.errors import (
    ConfigError,
    ContractError,
    FindingError,
    MissingRelationError,
    Place,
    UncertifiedError,
    UsageError,
)
from tzero.features.places import placed
from tzero.features.suggest import nearest
from tzero.features.views import FeatureView
from tzero.project.certifying import certifiable, certify_subject, subject_of
from tzero.project.config import FILE, Config, line_of, read_config
from tzero.project.files import read_batches
from tzero.project.loading import load_views
from tzero.project.reading import closing, find_view, query_of, require_built
from tzero.project.shown import Shown, show
from tzero.project.training import experiment_of
from tzero.refresh.declared import Declared, Upstream, sources_of
from tzero.refresh.explaining import script
from tzero.refresh.performing import Outcome, Progress, perform
from tzero.refresh.plan import Fingerprint, Plan
from tzero.refresh.planning import EVERYTHING, plan_apply, plan_refresh
from tzero.refresh.roles import Roles, grant_script
from tzero.refresh.selecting import Selection
from tzero.refresh.survey import survey
from tzero.sql.names import RelationName
from tzero.state import baseline, certificate, definition, feature_contract, migrations
from tzero.state.baseline import BaselineRecord
from tzero.state.contract import Contract, ContractDifference, differences
from tzero.state.schema import StateSchema
from tzero.timeline import duration
from tzero.train.experiment import Experiment
from tzero.train.prediction import predict
from tzero.train.record import keep, read
from tzero.train.training import Admission, Trained, explain, train
from tzero.train.training import Progress as TrainingProgress

View = str | FeatureView | None


def _silent(*_: object) -> None:
    return None


def open_project(folder: str | Path = ".", *, target: str | None = None) -> Project:
    """Open the project of a folder. ``target`` is a name from tzero.toml or a URL (default: the project's own).

    Raises ConfigError where tzero.toml is missing or wrong. Declarations are read when they are first needed.
    """
    root = Path(folder).resolve()
    return Project(root, read_config(root), target)


class Project:
    """Declarations, targets and what can be done with them. Every ``target`` is a name or a URL."""

    def __init__(self, root: Path, config: Config, target: str | None = None) -> None:
        self.root = root
        self.config = config
        self._target = target
        self._in_memory: dict[str, Engine] = {}

    @cached_property
    def declared(self) -> Declared:
        """The feature views and upstream relations of this project."""
        upstream = tuple(self._upstream(item.relation, item.sql) for item in self.config.upstream)
        return Declared(load_views(self.root, self.config.declarations), upstream, self.config.state_schema)

    @property
    def views(self) -> tuple[FeatureView, ...]:
        return self.declared.views

    def view(self, name: View = None) -> FeatureView:
        """The view with a name (qualified, bare, or of its contract); the only one where none is named."""
        return find_view(self.views, name)

    def plan(self, target: str | None = None) -> Plan:
        """What `apply` would do; writes nothing."""
        with self.session(target, read_only=True) as engine:
            return plan_apply(self.declared, engine)

    def grants(self, roles: Roles, target: str | None = None) -> str:
        """The script that lets three roles own, refresh and read the store of a PostgreSQL target."""
        with self.session(target, read_only=True) as engine:
            return grant_script(survey(self.declared, engine), roles)

    def apply(
        self,
        target: str | None = None,
        *,
        planned: Plan | Fingerprint | None = None,
        progress: Progress = _silent,
    ) -> Outcome | None:
        """Bring a target to what is declared, in one transaction; None where there was nothing to do.

        ``planned`` is the plan that was agreed to: StalePlanError where the target is no longer as it was then.
        """
        with self.session(target) as engine, engine.exclusive("tzero apply"):
            plan = plan_apply(self.declared, engine)
            if planned is not None:
                plan.refuse_if_stale(planned.fingerprint if isinstance(planned, Plan) else planned)
            return None if plan.is_empty else perform(plan, self._state(engine), progress)

    def plan_refresh(self, target: str | None = None, *, selection: Selection = EVERYTHING, anew: bool = False) -> Plan:
        """What `refresh` would do; writes nothing."""
        with self.session(target, read_only=True) as engine:
            return plan_refresh(self.declared, engine, selection, anew=anew)

    def refresh_script(
        self, target: str | None = None, *, selection: Selection = EVERYTHING, anew: bool = False
    ) -> str:
        """The same steps as SQL that a person can run by hand."""
        with self.session(target, read_only=True) as engine:
            return script(plan_refresh(self.declared, engine, selection, anew=anew), engine)

    def refresh(
        self,
        target: str | None = None,
        *,
        selection: Selection = EVERYTHING,
        anew: bool = False,
        progress: Progress = _silent,
    ) -> Outcome:
        """Recheck the sources and rebuild what is stored; what one view reads is committed at once.

        Goes on with a refresh that failed or was killed, unless it is to begin ``anew``.
        """
        with self.session(target) as engine, engine.exclusive("tzero refresh"):
            plan = plan_refresh(self.declared, engine, selection, anew=anew)
            return perform(plan, self._state(engine), progress)

    def read(
        self,
        view: View = None,
        *,
        columns: Sequence[str] | None = None,
        where: str | None = None,
        target: str | None = None,
    ) -> pa.Table:
        """Features as an Arrow table; ``polars.from_arrow`` and ``.to_pandas()`` go on from there.

        ``where`` is a portable expression over the view's columns. Rows come in no particular order.
        """
        found = self.view(view)
        with self.session(target, read_only=True) as engine:
            require_built(found, engine)
            return engine.arrow(query_of(found, columns, where)).read_all()

    def batches(
        self,
        view: View = None,
        *,
        columns: Sequence[str] | None = None,
        where: str | None = None,
        target: str | None = None,
    ) -> pa.RecordBatchReader:
        """The same as a stream, for more rows than memory holds."""
        found = self.view(view)
        query = query_of(found, columns, where)
        wanted = self.target(target)
        if wanted.in_memory:
            return self.read(found, columns=columns, where=where, target=target).to_reader()
        engine = open_engine(wanted, read_only=True)
        try:
            require_built(found, engine)
            return closing(engine.arrow(query), engine)
        except BaseException:
            engine.close()
            raise

    def show(self, target: str | None = None) -> Shown:
        """What is in a store."""
        with self.session(target, read_only=True) as engine:
            return show(self.declared, engine)

    def load(self, file: str | Path, relation: str, *, append: bool = False, target: str | None = None) -> int:
        """Load a Parquet or CSV file into a table of the target and return the number of rows.

        A new table, unless ``append``. Raises UsageError for a relation that tzero builds itself.
        """
        name = RelationName.parse(relation)
        batches = read_batches(Path(file))
        with self.session(target) as engine, engine.exclusive("tzero load"), engine.transaction():
            if str(name) in definition.current(self._state(engine)):
                raise UsageError(f"{name} is built by tzero", fix="load the rows that it is built from")
            there = engine.kind(name) is not None
            if there and not append:
                raise UsageError(f"{name} is there already", fix="add its rows with --append, or name another table")
            if append and not there:
                raise MissingRelationError(f"there is no table {name} to append to", fix="leave out --append")
            if name.schema is not None and not there:
                for statement in engine.schema_statements(name.schema):
                    engine.execute(statement.sql)
            return engine.load(name, batches, append=append)

    def contract(self, view: View = None, *, target: str | None = None) -> Contract:
        """The contract of a view as the store keeps it. Raises ContractError where it keeps none."""
        found = self.view(view)
        with self.session(target, read_only=True) as engine:
            kept = feature_contract.read(self._state(engine), found.contract)
        if kept is None:
            raise ContractError(f"no contract {found.contract!r} is kept for {found.name}", fix="run tzero apply")
        return kept

    def accept(self, view: View = None, *, by: str, why: str, target: str | None = None) -> tuple[RelationName, ...]:
        """Accept a view as it is now, by name and with a reason: the definitions of its lineage, and for a view of the
        user's own SQL its columns. Returns the relations whose definition was not the accepted one.
        """
        with self.session(target) as engine, engine.exclusive("tzero contract accept"):
            self._require_migrated(engine)
            return accept(self.subject(engine, view), by, why)

    def contract_differences(self, view: View = None, *, target: str | None = None) -> tuple[ContractDifference, ...]:
        """How the live relation differs from its contract; nothing where it does not."""
        found = self.view(view)
        contract = self.contract(found, target=target)
        with self.session(target, read_only=True) as engine:
            live = engine.describe(found.name)
        if live is None:
            raise MissingRelationError(f"{found.name} has a contract and is not there", fix="run tzero apply")
        return differences(contract, [(column.name, column.dtype) for column in live.columns])

    def subject(self, engine: Engine, view: View = None) -> Subject:
        """What there is to certify about a view: of this project, or of the user's own SQL as tzero.toml names it."""
        name = self.certifiable_name(view)
        return subject_of(self.root, self.config, self.declared, engine, name)

    def certify(self, view: View = None, *, target: str | None = None, progress: GateProgress = _silent) -> Certificate:
        """Run every gate over a view and keep the certificate, which is good only where all of them hold."""
        with self.session(target) as engine, engine.exclusive("tzero certify"):
            self._require_migrated(engine)
            return certify_subject(self.subject(engine, view), self.config, progress)

    def baselines(self, view: View = None, *, target: str | None = None) -> tuple[BaselineRecord, ...]:
        """Every accepted baseline of a view, oldest first."""
        with self.session(target, read_only=True) as engine:
            return baseline.history(self._state(engine), str(self.certifiable_name(view)))

    def baseline_difference(self, view: View = None, *, target: str | None = None) -> Comparison:
        """What a view holds now beside its accepted baseline, and why settled days changed; writes nothing."""
        with self.session(target, read_only=True) as engine:
            return compare(self.subject(engine, view))

    def accept_baseline(
        self, view: View = None, *, by: str, why: str, target: str | None = None
    ) -> tuple[Comparison, BaselineRecord]:
        """Accept what a view holds now, with a name and a reason; returns what differed, and the acceptance."""
        with self.session(target) as engine, engine.exclusive("tzero baseline"), engine.transaction():
            self._require_migrated(engine)
            subject = self.subject(engine, view)
            found = compare(subject)
            return found, accept_state(subject, found, by, why)

    def require_certified(
        self, view: View = None, *, max_age: str | dt.timedelta | None = None, target: str | None = None
    ) -> Certificate:
        """The certificate that lets a view be read now; ``max_age`` is how old it may be (default: as in tzero.toml).

        Raises UncertifiedError with the reason where there is none, or where it does not hold any more.
        """
        oldest = max_age if max_age is not None else self.config.certify.max_age
        with self.session(target, read_only=True) as engine:
            name = self.certifiable_name(view)
            return require_certified(self._state(engine), name, max_age=None if oldest is None else duration(oldest))

    def last_certificate(self, view: View = None, *, target: str | None = None) -> Certificate:
        """The last certificate that the store keeps of a view, good or bad. Raises UncertifiedError where none is."""
        name = self.certifiable_name(view)
        with self.session(target, read_only=True) as engine:
            kept = certificate.latest(self._state(engine), str(name))
        if kept is None:
            raise UncertifiedError(f"nothing certifies {name}", fix=f"run tzero certify {name}")
        return Certificate(json.loads(kept.statement))

    def experiment(self, *, threads: int = 0, **given: Any) -> Experiment:
        """What ``[train]`` of tzero.toml says is to be trained; ``given`` replaces keys of it."""
        return experiment_of(self.config, given, threads)

    def explain_training(self, experiment: Experiment, *, target: str | None = None) -> Admission:
        """What a training would read, and why it may. Raises as `train` does before the first row is read."""
        with self.session(target, read_only=True) as engine:
            return explain(self._state(engine), experiment)

    def train(
        self,
        experiment: Experiment,
        *,
        compare: str | None = None,
        out: str | Path | None = None,
        target: str | None = None,
        progress: TrainingProgress = _silent,
    ) -> tuple[Trained, Path]:
        """Train on certified features and keep the model: its folder (under ``models``), and a row of the state.

        ``compare`` is a relation with the same columns, certified or not, that is judged beside them. Raises
        UncertifiedError, ContractError or FindingError before the first row is read where it may not be.
        """
        against = None if compare is None else RelationName.parse(compare)
        with self.session(target) as engine:
            self._require_migrated(engine)
            state = self._state(engine)
            trained = train(state, experiment, against=against, progress=progress)
            return trained, keep(state, trained, self.root / "models" if out is None else Path(out))

    def predict(
        self, model: str | Path, *, since: dt.datetime | None = None, threads: int = 0, target: str | None = None
    ) -> pa.Table:
        """Key, T0 and prediction of every row with T0 at ``since`` or later, by the model in a folder.

        Raises ContractError where the contract is not the one that it was trained on, UncertifiedError where nothing
        valid certifies the features now.
        """
        content, card = read(Path(model))
        oldest = self.config.certify.max_age
        with self.session(target, read_only=True) as engine:
            max_age = None if oldest is None else duration(oldest)
            found = predict(self._state(engine), content, card, since=since, max_age=max_age, threads=threads)
            return found.read_all()

    @property
    def certifiable_names(self) -> tuple[RelationName, ...]:
        """Every relation that can be certified."""
        return certifiable(self.declared, self.config)

    def certifiable_name(self, view: View = None) -> RelationName:
        """The relation that a name means: a view of this project, or one of the user's own SQL in tzero.toml."""
        named = {str(name): name for name in self.certifiable_names}
        if view is None and len(named) == 1:
            return next(iter(named.values()))
        return named.get(str(view)) or self.view(view).name

    def diagnose(self, target: str | None = None) -> Diagnosis:
        """Examine a store and its database; writes nothing."""
        read = tuple(dict.fromkeys(source for view in self.views for source in sources_of(view)))
        with self.session(target, read_only=True) as engine:
            place = self.target(target).path
            second = partial(self.session, target, read_only=True)
            return diagnose(Store(engine, self._state(engine), read, second, place))

    def target(self, wanted: str | None = None) -> Target:
        """The target with a name, or of a URL; the default one where none is given."""
        name = wanted or self._target or self.config.default_target
        if name is None:
            raise ConfigError(
                "no target is named, and tzero.toml has no default", fix="use --target, or write target = '...'"
            )
        if "://" in name:
            return Target.parse(name, self.root)
        if name not in self.config.targets:
            raise ConfigError(f"there is no target {name!r} in {FILE}", fix=nearest(name, self.config.targets))
        with placed(self._place(name)):
            found = self.config.targets[name]
            return Target.parse(found.url, self.root, found.options)

    @contextmanager
    def session(self, target: str | None = None, *, read_only: bool = False) -> Iterator[Engine]:
        """An open engine. A store in memory lives as long as the project."""
        wanted = self.target(target)
        if wanted.in_memory:
            if wanted.url not in self._in_memory:
                self._in_memory[wanted.url] = open_engine(wanted, read_only=False)
            yield self._in_memory[wanted.url]
            return
        engine = open_engine(wanted, read_only=read_only)
        try:
            yield engine
        finally:
            engine.close()

    def close(self) -> None:
        """Let go of stores in memory."""
        for engine in self._in_memory.values():
            engine.close()
        self._in_memory.clear()

    def __enter__(self) -> Project:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _require_migrated(self, engine: Engine) -> None:
        if migrations.pending(self._state(engine)):
            raise FindingError("the state tables are of an older version", fix="run tzero apply")

    def _state(self, engine: Engine) -> StateSchema:
        return StateSchema(engine, self.config.state_schema)

    def _upstream(self, relation: str, file: str) -> Upstream:
        path = self.root / file
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"the query of {relation} cannot be read: {file}: {getattr(error, 'strerror', None) or error}",
                place=self._place(file),
                fix="correct 'sql'; it is relative to the project's folder",
            ) from error
        with placed(self._place(relation)):
            return Upstream(RelationName.own(relation), text, Place(str(path), 1))

    def _place(self, word: str) -> Place:
        path = self.root / FILE
        return Place(str(path), line_of(path.read_text(encoding="utf-8"), word))
