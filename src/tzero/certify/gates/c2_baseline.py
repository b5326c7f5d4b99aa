"""C2: what was certified for a past T0 still comes out the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tzero.certify.baseline.captures import Rewritten, sealed_captures
from tzero.certify.baseline.comparison import Comparison, compare
from tzero.certify.baseline.day_states import day_states
from tzero.certify.baseline.drift import Drift, DriftKind
from tzero.certify.baseline.forged import Forged
from tzero.certify.gate import Finding, GateResult, Verdict
from tzero.certify.subject import Subject
from tzero.certify.wording import are, number_of


class BaselineGate:
    """The digest of every settled day and column against the accepted one; a change is classified, never passed over.
    So is every capture of versions against what its refresh appended.

    ``found`` is what it compared last: whoever certifies accepts that, and nothing that came after. Days whose seals
    are unbroken are not digested again, unless ``full``.
    """

    code = "C2"
    title = "baseline"

    def __init__(self, full: bool = False) -> None:
        self.full = full
        self.found: Comparison | None = None

    def __call__(self, subject: Subject) -> GateResult:
        found = self.found = compare(subject, self.full)
        leaks = any(drift.kind is DriftKind.LEAK for drift in found.drifts)
        empty = not found.now.rows
        verdict = Verdict.LEAK if leaks else Verdict.FAIL if empty or not found.holds else Verdict.PASS
        exercised = {
            "rows": found.now.rows,
            "days": len(found.now.days),
            "columns": len(found.now.columns),
            "digests compared": found.changes.compared,
            "days under an unbroken seal": found.now.unbroken,
            "settling days": found.settling_days,
        }
        captures = sealed_captures(subject)
        if captures:
            exercised["captures of versions"] = captures
        return GateResult(
            self.code,
            self.title,
            verdict,
            "there is no row to digest" if empty else _summary(found),
            exercised,
            (*map(_finding, found.drifts), *map(_of_history, found.rewritten)),
            tuple(_notes(found)),
            evidence=_evidence(found),
        )


def _summary(found: Comparison) -> str:
    if found.rewritten:
        number = sum(isinstance(each, Rewritten) for each in found.rewritten)
        told = f"{number_of(number, 'capture')} of versions {are(number)} not what was captured"
        if number < len(found.rewritten):
            told = f"what seals the captures was changed since the last certificate; {told}"
        return f"{told}; {_of_days(found)}" if found.drifts else told
    return _of_days(found)


def _of_days(found: Comparison) -> str:
    if found.before is None:
        return f"the first baseline: {number_of(len(found.now.days), 'day')} of {len(found.now.columns)} columns"
    drifted, grown = len(found.changes.drifted), len(found.changes.grown)
    if found.drifts:
        kinds = ", ".join(dict.fromkeys(drift.kind.value for drift in found.drifts))
        return f"{number_of(drifted, 'day')} {are(drifted)} not what was accepted: {kinds}"
    new = f", {number_of(grown, 'day')} {are(grown)} new" if grown else ""
    return f"{found.changes.compared:,} digests are the accepted ones{new}"


def _read(found: Comparison) -> str:
    """Which digests were made of the values, and which are those that were kept."""
    days, unbroken = len(found.now.days), found.now.unbroken
    if not unbroken:
        return f"every value of {number_of(days, 'day')} was digested"
    return f"{unbroken} of {days} days are under an unbroken seal: one hash of all their rows is the one that was kept"


def _settling(days: int) -> str:
    """The policy of tzero.toml, as the certificate prints it."""
    if not days:
        return "no day is left to settle: each is frozen at once"
    which = "day that has rows is" if days == 1 else f"{days} days that have rows are"
    return f"the last {which} still settling: a change there is told, and is no drift"


def _finding(drift: Drift) -> Finding:
    column = drift.columns[0] if len(drift.columns) == 1 else ""
    return Finding(f"C2.{drift.kind}", drift.message, drift.relation, column, drift.fix, drift.as_json())


def _of_history(found: Rewritten | Forged) -> Finding:
    return Finding("C2.history", found.message, found.relation, "", found.fix, found.as_json(), found.columns)


def _notes(found: Comparison) -> Iterator[str]:
    if found.before is None:
        yield "first baseline: a certificate accepts what the relation holds now"
    yield _read(found)
    yield _settling(found.settling_days)
    if found.changes.settling:
        days = ", ".join(day.day for day in found.changes.settling)
        yield f"changed while settling: {days}"
    for what, names in (("new", found.changes.new_columns), ("gone", found.changes.lost_columns)):
        if names:
            yield f"columns that are {what} have nothing to be compared with: {', '.join(names)}"


def _evidence(found: Comparison) -> dict[str, Any]:
    return {
        "sha256": found.now.sha256,
        "rows": {day.day: day.rows for day in found.now.days},
        "map": day_states(found),
    }
