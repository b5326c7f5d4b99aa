"""The accepted baseline of a relation, as the state keeps it: the last accepted digests of every day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tzero.certify.baseline.baseline import DIGITS
from tzero.sql.names import RelationName
from tzero.state import baseline, baseline_day
from tzero.state.baseline import BaselineRecord
from tzero.state.schema import StateSchema


@dataclass(frozen=True, slots=True)
class AcceptedDay:
    """What a day must hold; what it held when it was last seen, where it is not ``settled``."""

    day: str
    rows: int
    settled: bool
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The last acceptance, and the accepted days of all of them. Days that are gone are not among them."""

    record: BaselineRecord
    days: Mapping[str, AcceptedDay]

    @property
    def horizon(self) -> str:
        """The last settled day; empty where none is."""
        return max((day.day for day in self.days.values() if day.settled), default="")


def accepted(state: StateSchema, relation: RelationName) -> Accepted | None:
    """The accepted baseline of a relation; None before the first."""
    records = baseline.history(state, str(relation))
    if not records:
        return None
    columns = {record.number: record.columns for record in records}
    days = baseline_day.latest(state, str(relation))
    return Accepted(
        records[-1],
        {
            found.day: AcceptedDay(
                found.day, found.n_rows, found.settled, _digests(columns[found.number], found.digests)
            )
            for found in days.values()
            if found.n_rows
        },
    )


def _digests(columns: tuple[str, ...], text: str) -> dict[str, str]:
    return {name: text[at * DIGITS : (at + 1) * DIGITS] for at, name in enumerate(columns)}
