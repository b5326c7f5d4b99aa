"""The queries that keep the versions of a source: its columns and changes, what a capture appends, first versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from sqlglot import exp

from tzero.compile.dialects import dialect as dialect_of
from tzero.features.types import ColumnType
from tzero.features.versions import ADDED, CAPTURED, CHANGE, KNOWN, VERSION, Versions
from tzero.sql.build import (
    alias,
    all_of,
    case_when,
    cast,
    columns,
    equal,
    integer,
    named,
    not_null,
    quoted_column,
    relation,
    same_columns,
    text,
    with_ctes,
)

_RANK, _MOMENT, _NEWEST = "t0_rank", "moment", "newest"
_TYPES = {"timestamptz": "timestamptz", "timestamp": "timestamp", "date": "date"}


@dataclass(frozen=True, slots=True)
class VersionQueries:
    """Queries for one source: ``columns`` of it are kept, ``clock`` is the type of the times they are known at."""

    versions: Versions
    columns: tuple[str, ...]
    clock: ColumnType
    engine: str

    @property
    def every_column(self) -> tuple[str, ...]:
        """The columns of the relation of changes, in order."""
        return (*self.columns, *ADDED)

    def shape(self) -> exp.Select:
        """No row, with the columns that changes have."""
        types = ("int", "int", self._clock_type, "timestamptz")
        added = [alias(cast(exp.Null(), kind), name) for name, kind in zip(ADDED, types, strict=True)]
        source = relation(self.versions.source.relation, "b")
        return exp.select(*columns(self.columns, "b"), *added).from_(source).where(exp.false())

    def first(self) -> exp.Select:
        """Every row as it was first seen."""
        tests = [equal(quoted_column(name), integer(1)) for name in (VERSION, CHANGE)]
        return exp.select(*columns(self.columns)).from_(relation(self.versions.changes)).where(all_of(tests))

    def capture(self) -> exp.Query:
        """What a capture appends: versions that are new, and versions that are taken back; nothing of nothing new."""
        query = exp.Union(this=self._taken_back(), expression=self._begun(), distinct=False)
        return with_ctes(query, [(_MOMENT, self._moment()), (_NEWEST, self._newest())])

    def _moment(self) -> exp.Query:
        now = exp.Anonymous(this=dialect_of(self.engine).clock_now, expressions=[])
        local = exp.AtTimeZone(this=now.copy(), zone=text("UTC"))
        known = now.copy() if self.clock.kind == "timestamptz" else cast(exp.Paren(this=local), self._clock_type)
        return exp.select(alias(known, KNOWN), alias(now, CAPTURED))

    def _newest(self) -> exp.Query:
        """The last change of each key: a version that counts, or one that was taken back."""
        rank = exp.Window(
            this=exp.RowNumber(),
            partition_by=columns(self._key),
            order=exp.Order(
                expressions=[
                    exp.Ordered(this=quoted_column(VERSION), desc=True),
                    exp.Ordered(this=quoted_column(CHANGE), desc=False),
                ]
            ),
        )
        names = (*self.columns, VERSION, CHANGE, KNOWN)
        ranked = exp.select(*columns(names), alias(rank, _RANK)).from_(relation(self.versions.changes))
        last = equal(quoted_column(_RANK), integer(1))
        return exp.select(*columns(names)).from_(ranked.subquery(alias="ranked")).where(last)

    def _taken_back(self) -> exp.Select:
        """Versions whose row was overwritten or deleted, once more as a change of -1."""
        gone = exp.Is(this=quoted_column(self._key[0], "b"), expression=exp.Null())
        return (
            exp.select(
                *columns(self.columns, "n"),
                quoted_column(VERSION, "n"),
                alias(integer(-1), CHANGE),
                alias(_if_known(quoted_column(KNOWN, "n"), [quoted_column(KNOWN, "m")]), KNOWN),
                quoted_column(CAPTURED, "m"),
            )
            .from_(_aliased(_NEWEST, "n"))
            .join(_aliased(_MOMENT, "m"), join_type="cross")
            .join(relation(self.versions.source.relation, "b"), on=self._same_key(), join_type="left")
            .where(
                all_of([
                    equal(quoted_column(CHANGE, "n"), integer(1)),
                    exp.Paren(this=exp.Or(this=gone, expression=self._differs())),
                ])
            )
        )  # fmt: skip

    def _begun(self) -> exp.Select:
        """Versions of rows that are new, were overwritten, or have come back."""
        new = exp.Is(this=quoted_column(VERSION, "n"), expression=exp.Null())
        back = equal(quoted_column(CHANGE, "n"), integer(-1))
        number = exp.Add(
            this=exp.Coalesce(this=quoted_column(VERSION, "n"), expressions=[integer(0)]), expression=integer(1)
        )
        either = exp.Or(this=exp.Or(this=new, expression=back), expression=self._differs())
        return (
            exp.select(
                *columns(self.columns, "b"),
                alias(number, VERSION),
                alias(integer(1), CHANGE),
                alias(case_when(new.copy(), self._first_known(), self._later_known()), KNOWN),
                quoted_column(CAPTURED, "m"),
            )
            .from_(relation(self.versions.source.relation, "b"))
            .join(_aliased(_MOMENT, "m"), join_type="cross")
            .join(_aliased(_NEWEST, "n"), on=self._same_key(), join_type="left")
            .where(all_of([*(not_null(column) for column in columns(self._key, "b")), exp.Paren(this=either)]))
        )

    def _first_known(self) -> exp.Expr:
        declared, captured = self.versions.first_known, quoted_column(KNOWN, "m")
        if declared is not None:
            return quoted_column(declared, "b")
        known_at = self.versions.source.known_at
        return captured if known_at is None else _if_known(quoted_column(known_at, "b"), [captured])

    def _later_known(self) -> exp.Expr:
        """Not before its capture, nor before the version that it replaces."""
        known_at = self.versions.source.known_at
        others = [quoted_column(KNOWN, "n"), quoted_column(KNOWN, "m")]
        if known_at is None:
            return _latest(others[1], others[:1])
        return _if_known(quoted_column(known_at, "b"), others)

    def _differs(self) -> exp.Expr:
        """Whether a row holds other values than its newest version: by value, NULL and NaN equal to themselves."""
        tests: list[exp.Expr] = [
            exp.NullSafeNEQ(this=quoted_column(name, "b"), expression=quoted_column(name, "n"))
            for name in self.columns
            if name not in self._key
        ]
        return reduce(lambda left, right: exp.Or(this=left, expression=right), tests) if tests else exp.false()

    def _same_key(self) -> exp.Expr:
        return all_of(same_columns(self._key, "b", "n"))

    @property
    def _key(self) -> tuple[str, ...]:
        return self.versions.source.key

    @property
    def _clock_type(self) -> str:
        return _TYPES[self.clock.kind]


def _latest(first: exp.Expr, others: Sequence[exp.Expr]) -> exp.Expr:
    """The latest of some times, those that are NULL left aside."""
    return exp.Greatest(this=first, expressions=list(others), ignore_nulls=True)


def _if_known(time: exp.Expr, others: Sequence[exp.Expr]) -> exp.Expr:
    """The latest of some times; NULL, not known, where the first is."""
    return case_when(not_null(time.copy()), _latest(time, others))


def _aliased(name: str, as_: str) -> exp.Expr:
    return exp.alias_(named(name), as_, table=True, quoted=True)
