"""What is declared of base relations, asked of their rows: a proof takes it for granted, for all data that keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tzero.certify.counting import Counted, counted, listed
from tzero.certify.subject import Subject
from tzero.engines.base import Engine
from tzero.engines.objects import unique_indexes
from tzero.errors import MissingRelationError
from tzero.falsify.closure import closure_of
from tzero.prove import Relation
from tzero.sql.names import RelationName
from tzero.sql.select import select_columns


@dataclass(frozen=True, slots=True)
class Fact:
    """One declared fact; ``message`` says what is wrong where rows break it.

    ``condition`` holds of a row that breaks it, where a single row can.
    """

    code: str
    column: str
    message: str
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Assumed:
    """The facts of one relation that were asked for, and those that its rows break."""

    relation: RelationName
    asked: int
    broken: tuple[tuple[Fact, Counted], ...]


def assumed(subject: Subject) -> Iterator[Assumed]:
    """Every declared relation at which the proof of a subject stops."""
    closure = closure_of(subject.engine, subject.relation, subject.views, subject.sources)
    for name in closure.bases:
        declared = subject.declarations.relation(str(name))
        if declared is not None:
            yield _asked(_source(subject, name), declared)


@dataclass(frozen=True, slots=True)
class _Source:
    """A base relation, or a data file; ``columns`` are by the names that declarations give them, which know no case."""

    engine: Engine
    name: RelationName
    rows: str
    columns: Mapping[str, str]

    def sql(self, *names: str) -> str:
        return listed(self.engine, [self.columns[name] for name in names])

    def where(self, shown: str, condition: str) -> Counted:
        return counted(self.engine, f"SELECT {shown} FROM {self.rows} WHERE {condition}")


def _source(subject: Subject, name: RelationName) -> _Source:
    engine = subject.engine
    described = engine.describe(name)
    if described is None:
        raise MissingRelationError(f"there is no relation {name}", fix="build it, or correct the name")
    columns = {column.name.lower(): column.name for column in described.columns}
    rows = engine.render(select_columns(subject.place(name), list(columns.values())))
    return _Source(engine, name, f"({rows}) AS r", columns)


def _asked(source: _Source, declared: Relation) -> Assumed:
    single = tuple(_of_rows(source, declared))
    broken = list(_breaking(source, declared.key or tuple(source.columns)[:1], single))
    for key in declared.keys:
        broken += _repeated(source, key)
    for column, time in declared.monotone.items():
        broken += _out_of_order(source, column, time)
    return Assumed(source.name, len(single) + len(declared.keys) + len(declared.monotone), tuple(broken))


def _of_rows(source: _Source, declared: Relation) -> Iterator[Fact]:
    """The facts that a single row breaks."""
    sql = source.sql
    for column in declared.key:
        yield Fact("null_key", column, "rows have a NULL in their declared key", f"{sql(column)} IS NULL")
    for column in sorted(declared.not_null - set(declared.key)):
        said = f"rows have no {column}, which is declared never to be NULL"
        yield Fact("null", column, said, f"{sql(column)} IS NULL")
    for column in sorted(declared.nonnegative):
        yield Fact("negative", column, f"rows have a {column} below zero", f"{sql(column)} < 0")
    for later, earlier in declared.after.items():
        said = f"rows have a {later} that does not come after their {earlier}"
        yield Fact("not_after", later, said, f"{sql(later)} <= {sql(earlier)}")
    for column, time in declared.monotone.items():
        said = f"rows have a {column} without a {time}, or the other way round"
        yield Fact("not_monotone", column, said, f"({sql(column)} IS NULL) <> ({sql(time)} IS NULL)")


def _breaking(source: _Source, key: Sequence[str], facts: Sequence[Fact]) -> Iterator[tuple[Fact, Counted]]:
    """All of them in one pass; only what is broken is looked at again, for examples."""
    if not facts:
        return
    tests = ", ".join(f"count(*) FILTER (WHERE {fact.condition})" for fact in facts)
    numbers = source.engine.rows(f"SELECT {tests} FROM {source.rows}")[0]
    for fact, number in zip(facts, numbers, strict=True):
        if number:
            yield fact, source.where(source.sql(*key), fact.condition)


def _repeated(source: _Source, key: Sequence[str]) -> Iterator[tuple[Fact, Counted]]:
    """A key that stands twice; a valid unique index says that none does. One with a NULL in it is no key."""
    if any(
        i.whole and set(i.columns) <= {source.columns[c] for c in key}
        for i in unique_indexes(source.engine, source.name)
    ):
        return
    columns = source.sql(*key)
    whole = " AND ".join(f"{source.sql(column)} IS NOT NULL" for column in key)
    twice = source.where(columns, f"{whole} GROUP BY {columns} HAVING count(*) > 1")
    if twice.number:
        yield (
            Fact("repeated_key", key[0], f"keys ({', '.join(key)}) stand twice, which is declared to be unique"),
            twice,
        )


def _out_of_order(source: _Source, column: str, time: str) -> Iterator[tuple[Fact, Counted]]:
    """Rows that come before another one by a column and not by its time, or the other way round."""
    version, moment = source.sql(column), source.sql(time)
    beside = (
        f"SELECT {version} AS v, {moment} AS t, lag({version}) OVER (ORDER BY {moment}, {version}) AS last_v, "
        f"lag({moment}) OVER (ORDER BY {moment}, {version}) AS last_t FROM {source.rows} "
        f"WHERE {version} IS NOT NULL AND {moment} IS NOT NULL"
    )
    found = counted(source.engine, f"SELECT v, t FROM ({beside}) AS beside WHERE (t > last_t) <> (v > last_v)")
    if found.number:
        yield Fact("not_monotone", column, f"rows have a {column} that does not grow with {time}"), found
