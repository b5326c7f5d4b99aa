"""What must hold of the sources before anything is built, as queries that return the rows where it does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from tzero.compile.deployment import SourceCheck
from tzero.compile.dialects.base import Dialect
from tzero.compile.scope import Catalog, schema_of
from tzero.features.lookups import Lookup
from tzero.features.rows import Rows
from tzero.features.sources import Source
from tzero.sql.build import alias, all_of, columns, count_all, integer, not_null, quoted_column, relation

COUNT = "n"
_EXAMPLES = 3


def source_checks(rows: Sequence[Rows], catalog: Catalog, dialect: Dialect) -> tuple[SourceCheck, ...]:
    """The checks of every source that the rows read, each source once; of kept versions, those of what is kept."""
    found: dict[tuple[object, ...], SourceCheck] = {}
    for item in rows:
        for check in _of_rows(item, catalog, dialect):
            found.setdefault((check.source, check.problem), check)
    return tuple(found.values())


def _of_rows(rows: Rows, catalog: Catalog, dialect: Dialect) -> Iterator[SourceCheck]:
    source = rows.source.declared_source
    yield _key_null(source)
    yield _key_repeated(source)
    yield from _time_checks(source, catalog, dialect)
    for lookup in rows.lookups:
        yield _key_repeated(lookup.source.declared_source)
        if lookup.is_as_of and lookup.source.origin is None:
            yield from _time_checks(lookup.source, catalog, dialect)
            if lookup.ties is None:
                yield _ties(lookup)


def _time_checks(source: Source, catalog: Catalog, dialect: Dialect) -> Iterator[SourceCheck]:
    assert source.time is not None
    time = quoted_column(source.time)
    yield _violations(
        source,
        f"event time {source.time!r} is NULL",
        "an event without a time belongs to nobody's past: filter these rows out upstream, or give them their time",
        exp.Is(this=time, expression=exp.Null()),
    )
    kind = schema_of(source, catalog)[source.time]
    if kind.is_time:
        yield _violations(
            source,
            f"event time {source.time!r} is infinite",
            "give these rows their real time, or filter them out upstream",
            exp.And(this=not_null(time.copy()), expression=exp.Not(this=dialect.is_finite(time.copy(), kind))),
        )


def _key_null(source: Source) -> SourceCheck:
    nulls: exp.Expr = exp.Is(this=quoted_column(source.key[0]), expression=exp.Null())
    for name in source.key[1:]:
        nulls = exp.Or(this=nulls, expression=exp.Is(this=quoted_column(name), expression=exp.Null()))
    return _violations(
        source,
        f"the key ({', '.join(source.key)}) holds NULL",
        "a key identifies its row: filter these rows out",
        nulls,
    )


def _violations(source: Source, problem: str, fix: str, test: exp.Expr) -> SourceCheck:
    names = [*source.key, *([source.time] if source.time else [])]
    query = (
        exp.select(*columns(dict.fromkeys(names)), alias(exp.Window(this=count_all()), COUNT))
        .from_(relation(source.relation))
        .where(test)
        .limit(_EXAMPLES)
    )
    return SourceCheck(source.relation, problem, fix, query)


def _key_repeated(source: Source) -> SourceCheck:
    return _repeated(
        source,
        source.key,
        f"the key ({', '.join(source.key)}) is not unique",
        "declare the whole key, or keep one row per key upstream",
    )


def _ties(lookup: Lookup) -> SourceCheck:
    assert lookup.source.time is not None
    names = (*(theirs for _, theirs in lookup.on), lookup.source.time)
    return _repeated(
        lookup.source,
        tuple(dict.fromkeys(names)),
        f"several rows share ({', '.join(dict.fromkeys(names))}), and ties are refused",
        "say which row wins: lookup_as_of(..., ties=('column', ...))",
    )


def _repeated(source: Source, names: tuple[str, ...], problem: str, fix: str) -> SourceCheck:
    repeated = (
        exp.select(*columns(names), alias(count_all(), "rows_with_it"))
        .from_(relation(source.relation))
        .where(all_of([not_null(column) for column in columns(names)]))
        .group_by(*columns(names))
        .having(exp.GT(this=count_all(), expression=integer(1)))
    )
    query = (
        exp.select(*columns(names), quoted_column("rows_with_it"), alias(exp.Window(this=count_all()), COUNT))
        .from_(repeated.subquery(alias="repeated"))
        .limit(_EXAMPLES)
    )
    return SourceCheck(source.relation, problem, fix, query)
