"""Seals of kept versions: a digest of what each capture appended, so that nobody can rewrite history unnoticed.

A refresh writes the digests of its own capture in the transaction that makes it. Whatever comes out otherwise later was
changed, deleted, moved to another time or put among the versions by hand.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Any

from tzero.certify.baseline.digests import sums_of
from tzero.certify.baseline.forms import Form
from tzero.certify.subject import Subject
from tzero.certify.wording import are, number_of
from tzero.compile.dialects import dialect as dialect_of
from tzero.engines.catalog import ColumnInfo, Statement
from tzero.features.versions import CAPTURED, CHANGE, VERSION, Versions, versions_of
from tzero.sql.render import quoted, text_literal
from tzero.state import capture
from tzero.state.schema import StateSchema

BY = "tzero refresh"


@dataclass(frozen=True, slots=True)
class Rewritten:
    """One capture that is not as it was sealed: how many changes it has and had, and which columns differ."""

    relation: str
    captured_at: dt.datetime
    changes: int
    sealed: int
    columns: tuple[str, ...]

    @property
    def message(self) -> str:
        when = f"the capture of {self.captured_at:%Y-%m-%d %H:%M:%S.%f} in {self.relation}"
        if not self.sealed:
            return f"no refresh made {when}, and {number_of(self.changes, 'change')} {are(self.changes)} there"
        if not self.changes:
            return f"{when} is gone: it had {number_of(self.sealed, 'change')}"
        if self.changes != self.sealed:
            return f"{when} has {number_of(self.changes, 'change')}, and had {self.sealed:,}"
        return f"{when} was changed in {', '.join(self.columns)}"

    @property
    def fix(self) -> str:
        return "find out who wrote there; what must stay so is accepted by name: tzero baseline accept"

    def as_json(self) -> dict[str, Any]:
        return {
            "relation": self.relation,
            "captured_at": self.captured_at.isoformat(),
            "changes": self.changes,
            "sealed": self.sealed,
            "columns": list(self.columns),
        }


def seal_capture(state: StateSchema, versions: Versions, columns: Collection[ColumnInfo]) -> Statement:
    """What writes the digests of the capture that this very transaction has made."""
    time, now = quoted(CAPTURED, state.engine.dialect), dialect_of(state.engine.dialect).clock_now
    return _sealing(state, versions, columns, "a capture", f"WHERE r.{time} BETWEEN now() AND {now}()")


def seal_found(state: StateSchema, versions: Versions, columns: Collection[ColumnInfo], why: str) -> Statement:
    """What writes the digests of all captures in some columns, where none are written yet."""
    return _sealing(state, versions, columns, why, "")


def histories(subject: Subject) -> Iterator[Versions]:
    """What is kept beneath a subject, as far as it is there."""
    if subject.deployment is None:
        return
    for versions in versions_of([subject.deployment.view], subject.state.name):
        if subject.engine.kind(versions.changes) is not None:  # else the gate of objects says so
            yield versions


def rewritten(subject: Subject) -> tuple[Rewritten, ...]:
    """The captures beneath a subject that are not as they were sealed, oldest first."""
    return tuple(found for versions in histories(subject) for found in _rewritten(subject.state, versions))


def sealed_captures(subject: Subject) -> int:
    """How many captures there are beneath a subject."""
    engine = subject.engine
    time = quoted(CAPTURED, engine.dialect)
    tables = (quoted(versions.changes, engine.dialect) for versions in histories(subject))
    return sum(int(engine.rows(f"SELECT count(DISTINCT {time}) FROM {table}")[0][0]) for table in tables)


def reseal(subject: Subject, by: str, why: str) -> None:
    """Accept every capture as it is now, by name and with a reason; inside the caller's transaction."""
    state = subject.state
    for versions in histories(subject):
        name = str(versions.changes)
        differing = capture.differing(state, name, _digests_now(state, versions))
        state.engine.execute(capture.sealing(state, name, differing, by, why))


def _sealing(
    state: StateSchema, versions: Versions, columns: Collection[ColumnInfo], why: str, where: str
) -> Statement:
    name = str(versions.changes)
    found = capture.unsealed(state, name, _digests(state, versions, columns, where))
    return Statement(capture.sealing(state, name, found, BY, why))


def _rewritten(state: StateSchema, versions: Versions) -> Iterator[Rewritten]:
    name = str(versions.changes)
    differing = capture.differing(state, name, _digests_now(state, versions))
    asked = f"SELECT captured_at, n_changes, n_sealed, column_name FROM ({differing}) AS found ORDER BY 1, 4"
    for captured_at, rows in groupby(state.engine.rows(asked), key=itemgetter(0)):
        listed = list(rows)
        changes, sealed = (max(int(row[at]) for row in listed) for at in (1, 2))
        yield Rewritten(name, captured_at, changes, sealed, tuple(str(row[3]) for row in listed))


def _digests_now(state: StateSchema, versions: Versions) -> str:
    described = state.engine.describe(versions.changes)
    return _digests(state, versions, described.columns if described else (), "")


def _digests(state: StateSchema, versions: Versions, columns: Collection[ColumnInfo], where: str) -> str:
    """A query of ``captured_at``, ``column_name``, ``n_changes``, ``digest`` of every column but the time itself."""
    dialect = state.engine.dialect
    digested = [_as_text(column) for column in columns if column.name != CAPTURED]
    key = [ColumnInfo(name, "text") for name in (*versions.source.key, VERSION, CHANGE)]
    source = f"{quoted(versions.changes, dialect)} AS r {where}".rstrip()
    forms = [Form(column, dialect, "r") for column in digested]
    sums = sums_of(f"r.{quoted(CAPTURED, dialect)}", source, [Form(column, dialect, "r") for column in key], forms)
    parts = (
        f"SELECT part AS captured_at, {text_literal(column.name)} AS column_name, n AS n_changes, "
        f"substr(md5(concat_ws(',', s{2 * at}, s{2 * at + 1})), 1, 16) AS digest FROM sums"
        for at, column in enumerate(digested)
    )
    return f"WITH sums AS ({sums}) {' UNION ALL '.join(parts)}"


def _as_text(column: ColumnInfo) -> ColumnInfo:
    """A float stands as its text: unlike the engine's own hash, that is the same in the next version of the engine."""
    return replace(column, type="text") if column.dtype == "double" else column
