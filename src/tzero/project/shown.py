"""What is in a store: relations, columns, rows, days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tzero.engines.base import Engine
from tzero.features.rows import T0_DAY
from tzero.refresh.declared import Declared
from tzero.sql.names import RelationName
from tzero.sql.select import select_extent
from tzero.state import definition, run
from tzero.state.run import RunRecord
from tzero.state.schema import StateSchema


@dataclass(frozen=True, slots=True)
class ShownRelation:
    """A relation of the store. ``days`` counts the different days of T0, where it has a T0."""

    name: str
    role: str
    kind: str
    columns: int
    rows: int
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    days: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "relation": self.name,
            "role": self.role,
            "kind": self.kind,
            "columns": self.columns,
            "rows": self.rows,
            "first_day": str(self.first_day) if self.first_day else None,
            "last_day": str(self.last_day) if self.last_day else None,
            "days": self.days,
        }


@dataclass(frozen=True, slots=True)
class Shown:
    """A store as it is: its relations in the order in which they were built, and the last run that was done."""

    target: str
    relations: tuple[ShownRelation, ...]
    last_run: RunRecord | None

    def as_json(self) -> dict[str, Any]:
        last = self.last_run
        run_json = {"command": last.command, "ended_at": last.ended_at, "seconds": last.seconds} if last else None
        relations = [relation.as_json() for relation in self.relations]
        return {"target": self.target, "relations": relations, "last_run": run_json}


def show(declared: Declared, engine: Engine) -> Shown:
    state = StateSchema(engine, declared.state_schema)
    t0 = {str(view.name): view.t0 for view in declared.views}
    return Shown(engine.label, tuple(_relations(state, t0)), run.last(state))


def _relations(state: StateSchema, t0: dict[str, str | None]) -> Iterator[ShownRelation]:
    for text, recorded in definition.current(state).items():
        found = state.engine.describe(RelationName.parse(text))
        if found is None:
            continue
        names = [column.name for column in found.columns]
        wanted = t0.get(text) or T0_DAY
        time = wanted if wanted in names else ("t0" if "t0" in names else None)
        extent = state.engine.rows(select_extent(found.name, time))[0]
        yield ShownRelation(text, recorded.role, found.kind.value, len(names), *extent)
