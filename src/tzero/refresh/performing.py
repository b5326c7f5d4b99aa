"""Run the steps of a plan in one transaction, and record what each did."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tzero.certify.acceptance import accept_built
from tzero.engines.base import Engine
from tzero.errors import InternalError, TzeroError
from tzero.features.places import placed
from tzero.refresh.checking import require_sound
from tzero.refresh.contracts import contract_of
from tzero.refresh.plan import Plan
from tzero.refresh.steps import (
    BuildRelation,
    Change,
    CheckSources,
    CreateSchema,
    DropReplaced,
    MigrateState,
    Step,
    WriteContract,
    step_kind,
    step_relation,
)
from tzero.sql.names import RelationName
from tzero.sql.render import quoted
from tzero.state import definition, feature_contract, migrations, run
from tzero.state.run import RunRecord, Status
from tzero.state.schema import StateSchema

Progress = Callable[[Step, RunRecord | None], None]
"""Told of each step before it begins (no record) and after it is done."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did: its number, the whole of it, and each step."""

    run_id: int
    whole: RunRecord
    steps: tuple[RunRecord, ...]

    def as_json(self, target: str) -> dict[str, Any]:
        steps = [
            {"step": step.step, "relation": step.relation, "rows": step.n_rows, "seconds": step.seconds}
            for step in self.steps
        ]
        return {"target": target, "run_id": self.run_id, "seconds": self.whole.seconds, "steps": steps}


def perform(plan: Plan, state: StateSchema, progress: Progress) -> Outcome:
    """Run a plan, all or nothing. A run that fails leaves the store as it was and, where it can, a record of that."""
    started = _now()
    try:
        with state.engine.transaction():
            run_id = run.next_id(state)
            records = tuple(_perform_one(plan.command, step, state, run_id, progress) for step in plan.steps)
            accept_built(state, _built(plan), plan.command)
            whole = RunRecord(plan.command, "run", None, started, _now())
            run.append(state, run_id, (whole, *records))
    except TzeroError as error:
        _record_failure(plan.command, state, started, error)
        raise
    return Outcome(run_id, whole, records)


def _built(plan: Plan) -> list[RelationName]:
    """The relations whose definition a plan made or changed."""
    steps = (step for step in plan.steps if isinstance(step, BuildRelation) and step.change is not Change.REFRESH)
    return [RelationName.parse(step.definition.relation) for step in steps]


def _perform_one(command: str, step: Step, state: StateSchema, run_id: int, progress: Progress) -> RunRecord:
    progress(step, None)
    started = _now()
    rows = _rows_done(step, state, run_id)
    record = RunRecord(command, step_kind(step), step_relation(step), started, _now(), rows)
    progress(step, record)
    return record


def _rows_done(step: Step, state: StateSchema, run_id: int) -> int | None:
    engine = state.engine
    match step:
        case CreateSchema() | DropReplaced():
            _execute(engine, step)
        case MigrateState():
            _execute(engine, step)
            migrations.record(state, step.migration)
        case BuildRelation():
            with placed(step.place):
                _execute(engine, step)
            if step.change is not Change.REFRESH:
                definition.append(state, step.definition, run_id)
            return _count(engine, step) if step.stored else None
        case CheckSources():
            require_sound(engine, step.checks)
        case WriteContract():
            _write_contract(step, state)
    return None


def _execute(engine: Engine, step: Step) -> None:
    for statement in step.statements:
        engine.execute(statement.sql)


def _count(engine: Engine, step: BuildRelation) -> int:
    name = RelationName.parse(step.definition.relation)
    return int(engine.rows(f"SELECT count(*) FROM {quoted(name, engine.dialect)}")[0][0])


def _write_contract(step: WriteContract, state: StateSchema) -> None:
    live = state.engine.describe(step.view.name)
    found: Sequence[str] = [column.name for column in live.columns] if live else ()
    if live is None or tuple(found) != step.view.columns:
        raise InternalError(f"{step.view.name} was built with the columns {', '.join(found)}")
    feature_contract.write(state, contract_of(step.view, live.columns))


def _record_failure(command: str, state: StateSchema, started: dt.datetime, error: TzeroError) -> None:
    # the first error is the one to report: a database that cannot even take this record must not hide it
    with contextlib.suppress(TzeroError):
        if state.has(run.TABLE):
            failed = RunRecord(command, "run", None, started, _now(), None, Status.FAILED, error.what)
            with state.engine.transaction():
                run.append(state, run.next_id(state), (failed,))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
