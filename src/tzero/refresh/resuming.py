"""Going on with a refresh that failed or was killed: what it committed is kept, as long as nothing changed since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tzero.refresh.steps import BuildRelation, KeepRelation
from tzero.refresh.survey import Survey
from tzero.sql.names import RelationName
from tzero.state import run
from tzero.state.run import RunRecord, Unfinished


class Resumption:
    """What the last refresh left undone; nothing where it came to its end, or where it followed another plan."""

    def __init__(self, seen: Survey) -> None:
        self._engine = seen.engine
        left = run.unfinished(seen.state, "refresh")
        self._left: Unfinished | None = left if left and left.plan == seen.fingerprint.digest else None
        self._redone: set[str] = set()

    def kept(self, builds: Iterable[BuildRelation]) -> tuple[KeepRelation, ...]:
        """The steps of one unit as kept: all of them, or none; ask for the units in their order."""
        steps = tuple(builds)
        found = [self._done(step) for step in steps]
        records = [record for record in found if record is not None]
        if self._left is None or len(records) < len(steps):
            self._redone |= {step.definition.relation for step in steps}
            return ()
        run_id = self._left.run_id
        return tuple(KeepRelation(step.definition, run_id, record) for step, record in zip(steps, records, strict=True))

    def _done(self, step: BuildRelation) -> RunRecord | None:
        record = self._records().get(step.definition.relation)
        if record is None or record.inputs is None or self._redone & {str(name) for name in step.beneath}:
            return None
        now = self._engine.version_of(RelationName.parse(step.definition.relation), step.beneath)
        return record if now == record.inputs else None

    def _records(self) -> Mapping[str, RunRecord]:
        steps = self._left.steps if self._left else ()
        return {record.relation: record for record in steps if record.relation is not None}
