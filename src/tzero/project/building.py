"""Bring a store to what is declared, and to newer rows."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tzero.doctor import Diagnosis, Store, diagnose
from tzero.errors import MissingRelationError, UsageError
from tzero.project.files import read_batches
from tzero.project.opened import Opened, silent
from tzero.refresh.coverage import Coverage
from tzero.refresh.declared import sources_of
from tzero.refresh.explaining import script
from tzero.refresh.performing import Outcome, Progress, perform
from tzero.refresh.plan import Fingerprint, Plan
from tzero.refresh.planning import EVERYTHING, plan_apply, plan_refresh
from tzero.refresh.roles import Roles, grant_script
from tzero.refresh.selecting import Selection
from tzero.refresh.survey import survey
from tzero.refresh.vocabularies import coverage, has_vocabularies
from tzero.sql.names import RelationName
from tzero.state import definition


class Building(Opened):
    """Plan, apply, refresh and load; examine the database that the store is in."""

    def plan(self, target: str | None = None) -> Plan:
        """What `apply` would do, and how much of the data the vocabularies cover; writes nothing."""
        with self.session(target, read_only=True) as engine:
            return plan_apply(self.declared, engine, measured=True)

    def coverage(self, target: str | None = None) -> tuple[Coverage, ...]:
        """How much of the data each vocabulary covers, as far as its sources are there; writes nothing."""
        if not has_vocabularies(self.declared):
            return ()
        with self.session(target, read_only=True) as engine:
            return coverage(survey(self.declared, engine))

    def grants(self, roles: Roles, target: str | None = None) -> str:
        """The script that lets three roles own, refresh and read the store of a PostgreSQL target."""
        with self.session(target, read_only=True) as engine:
            return grant_script(survey(self.declared, engine), roles)

    def apply(
        self,
        target: str | None = None,
        *,
        planned: Plan | Fingerprint | None = None,
        progress: Progress = silent,
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
        progress: Progress = silent,
    ) -> Outcome:
        """Recheck the sources and rebuild what is stored; what one view reads is committed at once.

        Goes on with a refresh that failed or was killed, unless it is to begin ``anew``.
        """
        with self.session(target) as engine, engine.exclusive("tzero refresh"):
            plan = plan_refresh(self.declared, engine, selection, anew=anew)
            return perform(plan, self._state(engine), progress)

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

    def diagnose(self, target: str | None = None) -> Diagnosis:
        """Examine a store and its database; writes nothing."""
        read = tuple(dict.fromkeys(source for view in self.views for source in sources_of(view)))
        with self.session(target, read_only=True) as engine:
            place = self.target(target).path
            second = partial(self.session, target, read_only=True)
            return diagnose(Store(engine, self._state(engine), read, second, place))
