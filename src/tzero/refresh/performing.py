"""Run the steps of a plan, and record what each did."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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
    KeepRelation,
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
            {
                "step": step.step,
                "relation": step.relation,
                "status": step.status.value,
                "rows": step.n_rows,
                "seconds": step.seconds,
                "lock_seconds": step.lock_seconds,
            }
            for step in self.steps
        ]
        return {"target": target, "run_id": self.run_id, "seconds": self.whole.seconds, "steps": steps}


def perform(plan: Plan, state: StateSchema, progress: Progress) -> Outcome:
    """Run a plan, each of its transactions all or nothing, and record what each did within it.

    A run that fails leaves what it had committed; where it can, it leaves a record of its failure too.
    """
    plan_digest, started = plan.fingerprint.digest, _now()
    begun = RunRecord(plan.command, run.BEGIN, None, started, started, status=Status.STARTED, plan=plan_digest)
    whole = RunRecord(plan.command, run.WHOLE, None, started, started, plan=plan_digest)
    run_id, units = run.next_id(state), plan.units or ((),)
    records: list[RunRecord] = []
    try:
        if plan.is_resumable:
            with state.engine.transaction():
                run.append(state, run_id, [begun])
        for at, unit in enumerate(units, 1):
            with state.engine.transaction():
                done = [_perform_one(plan.command, step, state, run_id, progress) for step in unit]
                records += done
                accept_built(state, _built(unit), plan.command)
                whole = replace(whole, ended_at=_now())
                run.append(state, run_id, [*done, whole] if at == len(units) else done)
    except TzeroError as error:
        _record_failure(replace(whole, ended_at=_now(), status=Status.FAILED, detail=error.what), state, run_id)
        raise
    return Outcome(run_id, whole, tuple(records))


def _built(unit: Sequence[Step]) -> list[RelationName]:
    """The relations whose definition these steps made or changed."""
    steps = (step for step in unit if isinstance(step, BuildRelation) and not step.change.is_renewal)
    return [RelationName.parse(step.definition.relation) for step in steps]


def _perform_one(command: str, step: Step, state: StateSchema, run_id: int, progress: Progress) -> RunRecord:
    progress(step, None)
    started, waited = _now(), state.engine.waited
    inputs = _inputs(step, state.engine)
    rows = _rows_done(step, state, run_id)
    after = state.engine.waited
    lock_seconds = None if waited is None or after is None else round(after - waited, 3)
    record = RunRecord(
        command, step_kind(step), step_relation(step), started, _now(), rows, lock_seconds=lock_seconds, inputs=inputs
    )
    if isinstance(step, KeepRelation):
        detail = f"refreshed by run {step.run_id}"
        record = replace(record, n_rows=step.record.n_rows, status=Status.KEPT, detail=detail)
    progress(step, record)
    return record


def _inputs(step: Step, engine: Engine) -> str | None:
    """What a refreshed relation is made from, as it was before: rows that come meanwhile count as new."""
    if isinstance(step, KeepRelation):
        return step.record.inputs
    if isinstance(step, BuildRelation) and step.change is Change.REFRESH:
        return engine.version_of(RelationName.parse(step.definition.relation), step.beneath)
    return None


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
            if not step.change.is_renewal:
                definition.append(state, step.definition, run_id)
            return _count(engine, step) if step.stored else None
        case CheckSources():
            require_sound(engine, step.checks)
        case WriteContract():
            _write_contract(step, state)
        case KeepRelation():
            pass
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


def _record_failure(failed: RunRecord, state: StateSchema, run_id: int) -> None:
    # the first error is the one to report: a database that cannot even take this record must not hide it
    with contextlib.suppress(TzeroError):
        if state.has(run.TABLE):
            with state.engine.transaction():
                run.append(state, run_id, (failed,))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
