"""B2: every statistic, at every key of its relation, is what counting again gives; and the relation shows just that."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pyarrow as pa

from tzero.certify.counting import listed, rows_of
from tzero.certify.gate import Finding, GateResult, Verdict
from tzero.certify.recount.entrypoint import shown_otherwise
from tzero.certify.recount.events import Events, read_events
from tzero.certify.recount.reading import lines, shown
from tzero.certify.recount.stored import Stored, by_own_keys, stored_relations
from tzero.certify.recount.sweep import Recounted, Schedule, streams_of, sweep
from tzero.certify.recount.upstream import stored_otherwise
from tzero.certify.subject import Subject
from tzero.engines.base import BATCH_ROWS
from tzero.features.statistics import Statistic
from tzero.sql.render import quoted
from tzero.timeline import Trail

if TYPE_CHECKING:
    from tzero.certify.recount.batches import Asked

_FIX = "run tzero refresh; if it stays, the definition does not count what is declared"


@dataclass(frozen=True, slots=True)
class RecountGate:
    """Events are counted in Python, in another way than the compiler's, for all keys and not for a sample.

    Where that would take longer than ``seconds``, rows are left out evenly, and the gate says how long all would take;
    ``least`` values of each relation are counted again on the busiest machine. ``batch`` rows are compared together. A
    view of the user's own SQL declares no statistic to count: of it, what is stored is computed again.
    """

    seconds: float = 60.0
    clock: Callable[[], float] = time.monotonic
    least: int = 5_000
    batch: int = BATCH_ROWS

    code = "B2"
    title = "recount"

    def __call__(self, subject: Subject) -> GateResult:
        if subject.deployment is None:
            return self._of_own_sql(subject)
        stored = stored_relations(subject.deployment)
        if not stored:
            told = "not applicable: no statistic is declared, every column is of the own row alone"
            return GateResult(self.code, self.title, Verdict.PASS, told, {"statistics": 0})
        return self._of_statistics(subject, stored)

    def _of_statistics(self, subject: Subject, stored: tuple[Stored, ...]) -> GateResult:
        rows = [rows_of(subject.engine, item.relation.name) for item in stored]
        cells = sum(number * len(item.statistics) for number, item in zip(rows, stored, strict=True))
        schedule = Schedule(self.seconds, cells, self.clock, least=self.least)
        counting = _Counting(subject, schedule, self.batch)
        counted = [finding for item in stored for finding in counting.findings(item)]
        otherwise = [finding for item in stored for finding in shown_otherwise(subject, item)]
        exercised: dict[str, int | float | str] = {
            "statistics": sum(len(item.statistics) for item in stored),
            "keys": sum(rows),
            "values": cells,
            "values compared": schedule.compared,
            "events": counting.read,
        }
        findings = (*counted, *otherwise)
        failed = findings or not schedule.compared
        return GateResult(
            self.code, self.title, Verdict.FAIL if failed else Verdict.PASS, _summary(findings, schedule), exercised,
            findings, tuple(_left_out(schedule)),
        )  # fmt: skip

    def _of_own_sql(self, subject: Subject) -> GateResult:
        compared, findings = stored_otherwise(subject)
        told = "not applicable: the view is not compiled from declarations, so there is no statistic to count again"
        if compared:
            told += f"; {compared} stored relations hold what their definitions give"
        if findings:
            told = f"{len(findings)} stored relations do not hold what their definitions give"
        verdict = Verdict.FAIL if findings else Verdict.PASS
        return GateResult(self.code, self.title, verdict, told, {"statistics": 0, "stored": compared}, findings)


class _Counting:
    """Counts one relation after the other; events are read once for all relations of a population."""

    def __init__(self, subject: Subject, schedule: Schedule, batch: int) -> None:
        assert subject.deployment is not None
        self.subject, self.schedule, self.batch = subject, schedule, batch
        self.rows = dict(subject.deployment.events)
        self.known: dict[tuple[object, str | None], Events] = {}
        self.read = 0

    def findings(self, item: Stored) -> Iterator[Finding]:
        together = self._counted(item)
        if together:
            yield from self._of_counts(item, together)
        rest = {name: statistic for name, statistic in item.statistics.items() if name not in together}
        for statistics in by_own_keys(rest).values():
            yield from self._of_same_keys(item, statistics)

    def _counted(self, item: Stored) -> Asked:
        """The statistics that are counted for many rows together; none where numpy is not installed."""
        if find_spec("numpy") is None:
            return {}
        from tzero.certify.recount.event_counts import EventCounts

        streams: dict[tuple[str | None, Trail], EventCounts] = {}
        asked = {}
        for name, statistic in item.statistics.items():
            told = (statistic.known_at, statistic.trail)
            if told not in streams:
                events = self._events(item, statistic.known_at)
                streams[told] = EventCounts(events, statistic.trail, item.population.anchor)
            if streams[told].can(statistic):
                asked[name] = (statistic, streams[told])
        return asked

    def _of_counts(self, item: Stored, asked: Asked) -> Iterator[Finding]:
        """Of every row, every statistic that is made of counts."""
        from tzero.certify.recount.batches import recount

        keys = tuple(item.relation.key)
        reader = self.subject.engine.arrow(_plain(self.subject, item, keys, tuple(asked)), self.batch)
        found = recount(reader, keys, asked, self.schedule)
        types = dict(zip(reader.schema.names, reader.schema.types, strict=True))
        for name, column in found.items():
            if column.differing:
                yield _differs(item, keys, name, column, types)

    def _of_same_keys(self, item: Stored, statistics: dict[str, Statistic]) -> Iterator[Finding]:
        """Statistics that depend on the same columns: of all rows that agree in these, one is counted again."""
        own = set(next(iter(statistics.values())).own_keys)
        anchor, *keys = item.relation.key
        shown_keys = (anchor, *(name for name in keys if name in own))
        places = {name: at for at, name in enumerate(shown_keys)}
        rows = self.rows[item.population]
        streams, values = streams_of(
            item.population, statistics, lambda known_at: self._events(item, known_at), dict(rows.types), places
        )
        grouped = set(shown_keys) != set(item.relation.key)
        query = (_grouped if grouped else _ordered)(self.subject, item, shown_keys, tuple(values))
        reader = self.subject.engine.arrow(query)
        found = sweep(lines(reader), len(shown_keys), streams, values, self.schedule, grouped=grouped)
        types = dict(zip(reader.schema.names, reader.schema.types, strict=True))
        for name, column in found.items():
            if column.differing:
                yield _differs(item, shown_keys, name, column, types)

    def _events(self, item: Stored, known_at: str | None) -> Events:
        told = (item.population, known_at)
        if told not in self.known:
            rows = self.rows[item.population]
            # times of knowledge are read besides; as a column one would take apart what is alike
            used = {name for s in item.of_population for name in (*s.keys, s.value) if name is not None}
            columns = tuple(name for name in rows.types if name in used)
            self.known[told] = read_events(self.subject, item.population, rows, known_at, columns)
            self.read += self.known[told].table.num_rows
        return self.known[told]


def _plain(subject: Subject, item: Stored, keys: tuple[str, ...], names: tuple[str, ...]) -> str:
    """One line for each row."""
    engine, dialect = subject.engine, subject.engine.dialect
    first, relation = quoted(keys[0], dialect), quoted(item.relation.name, dialect)
    return f"SELECT {listed(engine, (*keys, *names))} FROM {relation} WHERE {first} IS NOT NULL"


def _ordered(subject: Subject, item: Stored, keys: tuple[str, ...], names: tuple[str, ...]) -> str:
    """The same in the order of the anchors."""
    return f"{_plain(subject, item, keys, names)} ORDER BY {quoted(keys[0], subject.engine.dialect)}"


def _grouped(subject: Subject, item: Stored, keys: tuple[str, ...], names: tuple[str, ...]) -> str:
    """One line for all rows with the same keys: how many they are, then the least and greatest of each column, and
    how many of it are not NULL."""
    engine, dialect = subject.engine, subject.engine.dialect
    first, relation = quoted(keys[0], dialect), quoted(item.relation.name, dialect)
    columns = [quoted(name, dialect) for name in names]
    listed_keys = listed(engine, keys)
    parts = ", ".join(f"min({c}) AS {c}, max({c}) AS {quoted('greatest_', dialect)}, count({c})" for c in columns)
    return (
        f"SELECT {listed_keys}, count(*) AS rows_, {parts} FROM {relation} WHERE {first} IS NOT NULL "
        f"GROUP BY {listed_keys} ORDER BY {first}"
    )


def _differs(
    item: Stored, keys: tuple[str, ...], name: str, column: Recounted, types: dict[str, pa.DataType]
) -> Finding:
    line, found, own = column.examples[0]
    at = [shown([value], [types[key]]) for key, value in zip(keys, line, strict=False)]
    stands, counted = " and ".join(shown([value], [types[name]]) for value in found), shown([own], [types[name]])
    return Finding(
        "B2.recount",
        f"{column.differing:,} of {column.compared:,} values of {name} are not what counting gives; "
        f"at ({', '.join(keys)}) = ({', '.join(at)}) stands {stands}, and counted are {counted}",
        str(item.relation.name),
        name,
        _FIX,
        {"key": dict(zip(keys, at, strict=True)), "column": name, "found": stands, "counted": counted},
    )


def _summary(findings: tuple[Finding, ...], schedule: Schedule) -> str:
    if findings:
        return f"{len(findings)} columns are not what counting again gives"
    if not schedule.compared:
        return "there was no value to count again"
    part = "every one" if schedule.compared == schedule.cells else f"{schedule.compared:,}"
    return f"{part} of {schedule.cells:,} values is what counting again gives"


def _left_out(schedule: Schedule) -> Iterator[str]:
    if schedule.compared < schedule.cells:
        yield (
            f"{schedule.compared:,} of {schedule.cells:,} values were counted again, of rows spread over all; "
            f"all of them would take about {schedule.full:.0f} s"
        )
