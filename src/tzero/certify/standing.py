"""How much a relation holds: the cheapest sign that rows came or went since."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from tzero.certify.subject import Anchors, Subject
from tzero.engines.base import Engine
from tzero.sql.render import quoted


@dataclass(frozen=True, slots=True)
class Standing:
    """The number of rows with a T0, and the newest T0, as text in UTC."""

    rows: int
    newest: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Standing:
        return cls(int(found["rows"]), str(found["newest"]))


def standing_of(subject: Subject) -> Standing:
    anchors = subject.anchors
    return standing_at(subject.engine, replace(anchors, relation=subject.place(anchors.relation)))


def standing_at(engine: Engine, anchors: Anchors) -> Standing:
    """Look now. Reads one column of the relation that holds the anchors."""
    time = quoted(anchors.time, engine.dialect)
    query = f"SELECT count({time}), CAST(max({time}) AS text) FROM {quoted(anchors.relation, engine.dialect)}"
    rows, newest = engine.rows(query)[0]
    return Standing(int(rows), str(newest))
