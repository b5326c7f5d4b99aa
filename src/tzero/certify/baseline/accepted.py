"""The accepted baseline of a relation, as the state keeps it: the last accepted digests of every day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tzero.certify.baseline.baseline import DIGITS, Baseline, DayDigest
from tzero.sql.names import RelationName
from tzero.state import baseline, baseline_day, baseline_seal
from tzero.state.baseline import BaselineRecord
from tzero.state.baseline_day import DayRecord
from tzero.state.baseline_seal import SealRecord
from tzero.state.schema import StateSchema


@dataclass(frozen=True, slots=True)
class AcceptedDay:
    """What a day must hold; what it held when it was last seen, where it is not ``settled``.

    ``seal`` is of the very rows that ``digests`` are of; empty where none was kept.
    """

    day: str
    rows: int
    settled: bool
    digests: Mapping[str, str]
    seal: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The last acceptance, and the accepted days of all of them. Days that are gone are not among them."""

    record: BaselineRecord
    days: Mapping[str, AcceptedDay]

    @property
    def horizon(self) -> str:
        """The last settled day; empty where none is."""
        return max((day.day for day in self.days.values() if day.settled), default="")

    def sealed(self, columns: Sequence[str]) -> tuple[DayDigest, ...]:
        """The days that were kept with a seal; none where these columns, or all that is kept, were not accepted."""
        if tuple(columns) != self.record.columns or any(
            found.digests.keys() != set(columns) for found in self.days.values()
        ):
            return ()
        days = [
            DayDigest(found.day, found.rows, tuple(found.digests[name] for name in columns), found.seal)
            for _, found in sorted(self.days.items())
        ]
        whole = Baseline(self.record.relation, self.record.columns, tuple(days))
        return tuple(day for day in days if day.seal) if whole.sha256 == self.record.sha256 else ()


def accepted(state: StateSchema, relation: RelationName) -> Accepted | None:
    """The accepted baseline of a relation; None before the first."""
    records = baseline.history(state, str(relation))
    if not records:
        return None
    columns = {record.number: record.columns for record in records}
    days = baseline_day.latest(state, str(relation))
    seals = baseline_seal.latest(state, str(relation))
    return Accepted(
        records[-1],
        {day: _day(found, columns[found.number], seals.get(day)) for day, found in days.items() if found.n_rows},
    )


def _day(found: DayRecord, columns: tuple[str, ...], seal: SealRecord | None) -> AcceptedDay:
    digests = _digests(columns, found.digests)
    # a seal that is older than the digests is of other rows than they are
    kept = seal.seal if seal is not None and seal.number >= found.number else ""
    return AcceptedDay(found.day, found.n_rows, found.settled, digests, kept)


def _digests(columns: tuple[str, ...], text: str) -> dict[str, str]:
    return {name: text[at * DIGITS : (at + 1) * DIGITS] for at, name in enumerate(columns)}
