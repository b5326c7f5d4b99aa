"""B3: one row per own row, its key unique, its T0 a moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tzero.certify.counting import keys_without, listed, repeated_keys, rows_and_keys, rows_of, rows_where
from tzero.certify.gate import Finding, GateResult, Verdict
from tzero.certify.subject import Subject
from tzero.sql.names import RelationName


@dataclass(frozen=True, slots=True)
class RowsGate:
    """Counts over the relation, the relation with its T0, and the own relation that it is about."""

    code = "B3"
    title = "rows"

    def __call__(self, subject: Subject) -> GateResult:
        rows, keys = rows_and_keys(subject.engine, subject.relation, subject.key)
        own = _own(subject)
        own_rows = rows_of(subject.engine, own) if own else 0
        findings = (
            *(_keys(subject) if keys != rows else ()),
            *_moments(subject),
            *(_one_each(subject, own, as_many=keys == own_rows) if own else ()),
        )
        if not rows:
            findings = (*findings, Finding("B3.empty", f"{subject.relation} has no rows", str(subject.relation)))
        exercised: dict[str, int | float | str] = {"rows": rows}
        if own:
            exercised["own rows"] = own_rows
        told = f"{rows:,} rows, one per row of {own}" if own else f"{rows:,} rows, each with its own key"
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
    twice = repeated_keys(subject.engine, subject.relation, subject.key)
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
    found = rows_where(subject.engine, anchors.relation, anchors.key, f"{column} IS NULL OR {infinite}")
    if found.number:
        yield Finding(
            "B3.t0",
            f"{found.number:,} rows have no moment as T0 ({anchors.time} is NULL or infinite), such as {found.shown()}",
            str(anchors.relation),
            anchors.time,
            "mend these rows at their source, or leave them out there",
        )


def _one_each(subject: Subject, own: RelationName, *, as_many: bool) -> Iterator[Finding]:
    """Rows that are missing or too many; where there are ``as_many`` keys as own rows and none is missing, none is."""
    relation = subject.declarations.relation(str(own))
    key = relation.key if relation is not None and relation.key else subject.key
    if len(key) != len(subject.key):
        return
    missing = keys_without(subject.engine, own, key, subject.relation, subject.key)
    if missing.number:
        yield Finding(
            "B3.missing",
            f"{missing.number:,} rows of {own} have no row in {subject.relation}, such as {missing.shown()}",
            str(subject.relation),
            fix="turn the inner join that loses them into a left join",
        )
    if as_many and not missing.number:
        return
    extra = keys_without(subject.engine, subject.relation, subject.key, own, key)
    if extra.number:
        yield Finding(
            "B3.extra",
            f"{extra.number:,} rows of {subject.relation} are about no row of {own}, such as {extra.shown()}",
            str(subject.relation),
            fix="find the outer join that adds them",
        )
