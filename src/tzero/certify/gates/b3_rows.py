"""B3: one row per own row, its key unique, its T0 a moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tzero.certify.counting import (
    Matched,
    keys_without,
    listed,
    matched,
    repeated_keys,
    rows_and_keys,
    rows_of,
    rows_where,
)
from tzero.certify.gate import Finding, GateResult, Verdict
from tzero.certify.subject import Subject
from tzero.certify.wording import number_of
from tzero.sql.names import RelationName


@dataclass(frozen=True, slots=True)
class RowsGate:
    """Counts over the relation, the relation with its T0, and the own relation that it is about."""

    code = "B3"
    title = "rows"

    def __call__(self, subject: Subject) -> GateResult:
        own, found = _own(subject), _matched(subject)
        rows, own_rows = found.rows, found.other_rows
        findings = (
            *(_keys(subject) if found.keys != rows else ()),
            *_moments(subject),
            *(_one_each(subject, own, found) if own else ()),
        )
        if not rows:
            findings = (*findings, Finding("B3.empty", f"{subject.relation} has no rows", str(subject.relation)))
        exercised: dict[str, int | float | str] = {"rows": rows}
        if own:
            exercised["own rows"] = own_rows
        told = number_of(rows, "row") + (f", one per row of {own}" if own else ", each with its own key")
        summary = f"{len(findings)} things are wrong with the rows" if findings else told
        return GateResult(
            self.code, self.title, Verdict.FAIL if findings else Verdict.PASS, summary, exercised, findings
        )


def _own(subject: Subject) -> RelationName | None:
    """The relation that the rows are about; the base view of rows that lie in a data file."""
    own = subject.declarations.query.own
    if own is None:
        return None
    found = next((name for name in subject.sources if str(name).lower() == own.lower()), RelationName.parse(own))
    return subject.anchors.relation if found.is_file else found


def _keys(subject: Subject) -> Iterator[Finding]:
    twice = repeated_keys(subject.engine, subject.place(subject.relation), subject.key)
    if twice.number:
        yield Finding(
            "B3.repeated_key",
            f"{twice.number:,} keys ({', '.join(subject.key)}) stand on several rows, such as {twice.shown()}",
            str(subject.relation),
            fix="find the lookup that fans out: its key must be unique",
        )


def _moments(subject: Subject) -> Iterator[Finding]:
    anchors = subject.anchors
    column = listed(subject.engine, [anchors.time])
    # an infinite time is a value that no calendar day holds: it becomes NULL as text of neither engine's dates
    infinite = f"CAST({column} AS text) IN ('infinity', '-infinity')"
    found = rows_where(subject.engine, subject.place(anchors.relation), anchors.key, f"{column} IS NULL OR {infinite}")
    if found.number:
        yield Finding(
            "B3.t0",
            f"{found.number:,} rows have no moment as T0 ({anchors.time} is NULL or infinite), such as {found.shown()}",
            str(anchors.relation),
            anchors.time,
            "mend these rows at their source, or leave them out there",
        )


def _matched(subject: Subject) -> Matched:
    """The rows beside those that they are about, where these have a key to be matched by."""
    own, key = _own(subject), _own_key(subject)
    relation = subject.place(subject.relation)
    if own is not None and key is not None:
        return matched(subject.engine, relation, subject.key, subject.place(own), key)
    rows, keys = rows_and_keys(subject.engine, relation, subject.key)
    return Matched(rows, keys, rows_of(subject.engine, subject.place(own)) if own else 0, 0, 0)


def _own_key(subject: Subject) -> tuple[str, ...] | None:
    """The key of the own relation, column for column that of the subject; None where it has another number of them."""
    relation = subject.declarations.relation(str(_own(subject)))
    key = relation.key if relation is not None and relation.key else subject.key
    return key if len(key) == len(subject.key) else None


def _one_each(subject: Subject, own: RelationName, found: Matched) -> Iterator[Finding]:
    """Rows that are missing or too many."""
    key = _own_key(subject)
    if key is None:
        return
    here, there = subject.place(subject.relation), subject.place(own)
    if found.missing:
        missing = keys_without(subject.engine, there, key, here, subject.key)
        yield Finding(
            "B3.missing",
            f"{found.missing:,} rows of {own} have no row in {subject.relation}, such as {missing.shown()}",
            str(subject.relation),
            fix="turn the inner join that loses them into a left join",
        )
    if found.extra:
        extra = keys_without(subject.engine, here, subject.key, there, key)
        yield Finding(
            "B3.extra",
            f"{found.extra:,} rows of {subject.relation} are about no row of {own}, such as {extra.shown()}",
            str(subject.relation),
            fix="find the outer join that adds them",
        )
