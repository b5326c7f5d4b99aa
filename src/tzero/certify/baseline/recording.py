"""Accept a baseline: write what a relation holds now, with who answers for it and why."""

from __future__ import annotations

import datetime as dt
import getpass
from collections.abc import Iterator, Set

from tzero.certify.baseline.captures import reseal
from tzero.certify.baseline.comparison import Comparison
from tzero.certify.baseline.context import context_of
from tzero.certify.baseline.sources import sources_of
from tzero.certify.subject import Subject
from tzero.errors import FindingError, UsageError
from tzero.state import base_row, baseline, baseline_day, baseline_seal
from tzero.state.baseline import BaselineRecord
from tzero.state.baseline_day import DayRecord
from tzero.state.baseline_seal import SealRecord


def accept(subject: Subject, found: Comparison, by: str, why: str) -> BaselineRecord:
    """Accept what a relation and the versions beneath it hold now, drift and all; inside the caller's transaction.

    Raises UsageError without a name or a reason.
    """
    if not by.strip() or not why.strip():
        raise UsageError("an acceptance needs a name and a reason", fix="give --by NAME and --why REASON")
    if found.rewritten:
        reseal(subject, by, why)
    return _record(subject, found, by, why)


def grow(subject: Subject, found: Comparison) -> BaselineRecord | None:
    """Accept days that are new or settled since, and nothing else; inside the caller's transaction.

    Returns None where there is nothing to write. Raises FindingError where anything drifted.
    """
    if found.drifts:
        raise FindingError(f"{found.now.relation} drifted: {found.drifts[0].message}", fix=found.drifts[0].fix)
    if found.rewritten:
        raise FindingError(f"history was rewritten: {found.rewritten[0].message}", fix=found.rewritten[0].fix)
    if found.is_same:
        return None
    return _record(subject, found, baseline.CERTIFYING, _why(found))


def _why(found: Comparison) -> str:
    if found.before is None:
        return "the first baseline"
    if found.before.record.sha256 == found.now.sha256:
        return "the same digests, sealed again"
    return f"{len(found.changes.grown)} new days"


def _record(subject: Subject, found: Comparison, by: str, why: str) -> BaselineRecord:
    now, state = found.now, subject.state
    record = BaselineRecord(
        baseline.next_number(state), now.relation, now.sha256, now.columns, now.probe, dict(context_of(subject)),
        found.settling_days, by, _account(subject), why, dt.datetime.now(dt.UTC),
    )  # fmt: skip
    baseline.append(state, record)
    days = tuple(_days(found, record.number))
    baseline_day.append(state, days)
    baseline_seal.append(state, _seals(found, record.number, {day.day for day in days}))
    for source in sources_of(subject):
        name = str(source.source)
        known = base_row.find(state, now.relation, name, source.hashed)
        if known is not None:
            base_row.append(state, known, record.number, source.query)
        else:
            begun = base_row.begin(state, now.relation, name, source.hashed)
            base_row.append_first(state, begun, record.number, source.query)
    return record


def _days(found: Comparison, number: int) -> Iterator[DayRecord]:
    """The days that are not as they were last written, and those that are gone."""
    known = found.before.days if found.before else {}
    for day in found.now.days:
        settled = found.is_settled(day.day)
        was = known.get(day.day)
        same = was is not None and was.rows == day.rows and was.settled == settled
        if not same or was is None or dict(zip(found.now.columns, day.digests, strict=True)) != was.digests:
            yield DayRecord(number, found.now.relation, day.day, day.rows, settled, "".join(day.digests))
    for gone in known.keys() - found.now.by_day.keys():
        yield DayRecord(number, found.now.relation, gone, 0, True, "")


def _seals(found: Comparison, number: int, written: Set[str]) -> Iterator[SealRecord]:
    """The seals that are not those last written, and one for every day that is written."""
    known = found.before.days if found.before else {}
    for day in found.now.days:
        if day.seal and (day.day in written or known[day.day].seal != day.seal):
            yield SealRecord(number, found.now.relation, day.day, day.seal)


def _account(subject: Subject) -> str:
    """Who runs this: the account of the machine and, where there is one, of the database."""
    try:
        here = getpass.getuser()
    except (OSError, KeyError):
        here = "unknown"
    if subject.engine.dialect != "postgres":
        return here
    return f"{here} as {subject.engine.rows('SELECT current_user')[0][0]}"
