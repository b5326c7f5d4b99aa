"""C3: the stored statistics are not older than the rows that they count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tzero.certify.counting import counted, listed
from tzero.certify.gate import Finding, GateResult, Verdict
from tzero.certify.subject import Subject
from tzero.certify.versions import kept_since, uncaptured
from tzero.certify.wording import are, number_of
from tzero.compile.deployment import Relation
from tzero.features.populations import Grid, Population
from tzero.features.statistics import Kind, Statistic
from tzero.features.views import FeatureView
from tzero.sql.names import RelationName
from tzero.sql.render import quoted
from tzero.timeline import Day

_REFRESH = "run tzero refresh"


@dataclass(frozen=True, slots=True)
class FreshGate:
    """Every key that a row of the base uses has its statistics, and the last day counts all rows before it."""

    code = "C3"
    title = "fresh"

    def __call__(self, subject: Subject) -> GateResult:
        if subject.deployment is None:
            note = "it stores no statistics: a view reads its relations as they are"
            return GateResult(self.code, self.title, Verdict.PASS, note, {"relations": 1})
        view = subject.deployment.view
        stored = [relation for relation in subject.deployment.relations if relation.is_stored]
        keyed = [relation for relation in stored if _comparable(subject, relation)]
        totals = tuple(_totals(view))
        findings = (
            *(finding for relation in keyed for finding in _missing(subject, relation)),
            *(finding for total in totals for finding in _behind(subject, *total)),
            *uncaptured(subject, view),
        )
        exercised = {"stored": len(stored), "keys compared": len(keyed), "totals compared": len(totals)}
        if stored and not keyed and not totals:
            return GateResult(self.code, self.title, Verdict.FAIL, "nothing could be compared", exercised)
        summary = _summary(len(findings), len(stored))
        return GateResult(
            self.code,
            self.title,
            Verdict.FAIL if findings else Verdict.PASS,
            summary,
            exercised,
            findings,
            tuple(kept_since(subject, view)),
        )


def _summary(behind: int, stored: int) -> str:
    if behind:
        return f"{number_of(behind, 'thing')} {are(behind)} behind"
    return f"{number_of(stored, 'relation')} {are(stored)} up to date"


def _comparable(subject: Subject, relation: Relation) -> bool:
    """Whether the base view shows every column of the key."""
    base = subject.engine.describe(subject.anchors.relation)
    shown = {column.name for column in base.columns} if base else set()
    return bool(relation.key) and set(relation.key) <= shown


def _missing(subject: Subject, relation: Relation) -> Iterator[Finding]:
    engine, base = subject.engine, quoted(subject.place(subject.anchors.relation), subject.engine.dialect)
    known = " AND ".join(f"{listed(engine, [column], 'b')} IS NOT NULL" for column in relation.key)
    same = " AND ".join(f"{listed(engine, [c], 's')} = {listed(engine, [c], 'b')}" for c in relation.key)
    found = counted(
        engine,
        f"SELECT DISTINCT {listed(engine, relation.key, 'b')} FROM {base} AS b WHERE {known} AND NOT EXISTS "
        f"(SELECT 1 FROM {quoted(relation.name, engine.dialect)} AS s WHERE {same})",
    )
    if found.number:
        yield Finding(
            "C3.missing",
            f"{relation.name} has no statistics for {found.number:,} keys that rows use, such as {found.shown()}",
            str(relation.name),
            fix=_REFRESH,
        )


def _totals(view: FeatureView) -> Iterator[tuple[FeatureView, str, Statistic]]:
    """One plain count of each population by day, whose segments are all there on the last day."""
    done: set[Population] = set()
    for name, statistic in view.statistics:
        population = statistic.population
        plain = statistic.kind is Kind.COUNT and not statistic.trail.window and statistic.known_at is None
        dense = isinstance(population.anchor, Day) and population.grid is not Grid.OBSERVED
        whole = population.where is None and not population.lag and population.rows == view.rows
        # where something becomes known late, a row counts later than on the day after it
        undated = not any((population.rows.source.known_at, *(each.source.sla for each in population.rows.lookups)))
        if plain and dense and whole and undated and statistic.segment and population not in done:
            done.add(population)
            yield view, name, statistic


def _behind(subject: Subject, view: FeatureView, name: str, statistic: Statistic) -> Iterator[Finding]:
    engine, dialect = subject.engine, subject.engine.dialect
    stored = view.statistics_relation(statistic.population)
    if subject.engine.kind(stored) is None or not _shows(subject, stored, (name, *statistic.segment)):
        return
    segment, column, day = listed(engine, statistic.segment), quoted(name, dialect), quoted("t0_day", dialect)
    last = f"(SELECT max({day}) FROM {quoted(stored, dialect)})"
    each = f"SELECT DISTINCT {segment}, {column} FROM {quoted(stored, dialect)} WHERE {day} = {last}"
    known = " AND ".join(f"{listed(engine, [c])} IS NOT NULL" for c in statistic.segment)
    rows = quoted(subject.place(view.base_relation), dialect)
    base = f"SELECT count(*) FROM {rows} WHERE {day} < {last} AND {known}"
    kept = int(engine.rows(f"SELECT coalesce(sum({column}), 0) FROM ({each}) AS each_segment")[0][0])
    there = int(engine.rows(base)[0][0])
    if kept != there:
        yield Finding(
            "C3.behind",
            f"{stored} counts {kept:,} rows before its last day, and there are {there:,}",
            str(stored),
            name,
            _REFRESH,
        )


def _shows(subject: Subject, relation: RelationName, names: tuple[str, ...]) -> bool:
    described = subject.engine.describe(relation)
    return described is not None and {"t0_day", *names} <= {column.name for column in described.columns}
