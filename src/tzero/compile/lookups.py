"""Lookups as joins: attributes by key where they were known, and the last row of a history before T0."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from tzero.compile.dialects.base import Dialect
from tzero.compile.scope import EVENT_ALIAS, Scope
from tzero.compile.times import latest
from tzero.errors import DeclarationError
from tzero.features.lookups import Lookup
from tzero.features.types import ColumnType
from tzero.sql.build import (
    alias,
    all_of,
    cast,
    columns,
    equal,
    integer,
    named,
    not_null,
    over,
    quoted_column,
    relation,
    union_all,
)

Cte = tuple[str, exp.Query]


@dataclass(frozen=True, slots=True)
class Join:
    """What a lookup adds to the FROM clause, and the CTEs that it needs."""

    source: exp.Table | exp.Lateral
    alias: str
    on: exp.Expr
    ctes: tuple[Cte, ...] = ()


def join_of(lookup: Lookup, name: str, scope: Scope, dialect: Dialect) -> Join:
    """The LEFT JOIN of a lookup under the alias ``name``."""
    _check_pairs(lookup, name, scope)
    if lookup.source.change is not None:
        return _version_join(lookup, name, scope)
    return _as_of_join(lookup, name, scope, dialect) if lookup.is_as_of else _key_join(lookup, name, scope, dialect)


def _key_join(lookup: Lookup, name: str, scope: Scope, dialect: Dialect) -> Join:
    tests: list[exp.Expr] = [
        equal(quoted_column(theirs, name), quoted_column(own, EVENT_ALIAS)) for own, theirs in lookup.on
    ]
    known_at = lookup.source.known_at
    if known_at is not None:
        _check_clock(lookup, scope.raw(name, known_at, lookup.place).shape.type, scope)
        limit: exp.Expr = quoted_column(scope.time.name, EVENT_ALIAS)
        if lookup.source.sla:
            limit = dialect.moved(limit, scope.time.shape.type, lookup.source.sla)
        tests.append(exp.LT(this=quoted_column(known_at, name), expression=limit))
    return Join(relation(lookup.source.relation), name, all_of(tests))


def _version_join(lookup: Lookup, name: str, scope: Scope) -> Join:
    """The last change known before T0, row by row: there is nothing to look up where it took the row back."""
    source = lookup.source
    assert source.time is not None
    assert source.change is not None
    _check_clock(lookup, scope.raw(name, source.time, lookup.place).shape.type, scope)
    same = [equal(quoted_column(theirs, "v"), quoted_column(own, EVENT_ALIAS)) for own, theirs in lookup.on]
    known = exp.LT(this=quoted_column(source.time, "v"), expression=quoted_column(scope.time.name, EVENT_ALIAS))
    *key, version, change = source.key
    # of one moment the last version, and of that its end; the key is the same in all, and says that no two are alike
    last = [
        exp.Ordered(this=quoted_column(column, "v"), desc=column in (source.time, version), nulls_first=False)
        for column in (source.time, version, change, *key)
    ]
    newest = exp.select(*columns(scope.schemas[name], "v")).from_(relation(source.relation, "v"))
    newest = newest.where(all_of([*same, known])).order_by(*last).limit(1)
    counts = equal(quoted_column(source.change, name), integer(1))
    return Join(exp.Lateral(this=newest.subquery()), name, counts)


def _as_of_join(lookup: Lookup, name: str, scope: Scope, dialect: Dialect) -> Join:
    """Three steps: history and anchors on one timeline, the last known time at each anchor, the row of that time."""
    source = lookup.source
    assert source.time is not None
    for column in (source.time, source.known_at):
        if column is not None:
            _check_clock(lookup, scope.raw(name, column, lookup.place).shape.type, scope)
    own = [pair[0] for pair in lookup.on]
    keys = [f"asof_on{number}" for number in range(1, len(lookup.on) + 1)]
    ctes = (
        (f"{name}_timeline", _timeline(lookup, scope, own, keys)),
        (f"{name}_last", _last(name, keys)),
        (f"{name}_ranked", _ranked(lookup, name, scope, keys, dialect)),
        (f"{name}_asof", _picked(name, keys, list(scope.schemas[name]))),
    )
    tests: list[exp.Expr] = [
        equal(quoted_column(key, name), quoted_column(column, EVENT_ALIAS))
        for key, column in zip(keys, own, strict=True)
    ]
    tests.append(equal(quoted_column("asof_t0", name), quoted_column(scope.time.name, EVENT_ALIAS)))
    return Join(named(f"{name}_asof"), name, all_of(tests), ctes)


def _timeline(lookup: Lookup, scope: Scope, own: list[str], keys: list[str]) -> exp.Query:
    source = lookup.source
    assert source.time is not None
    time = scope.time.name
    anchors = (
        exp.select(
            *(alias(quoted_column(column), key) for column, key in zip(own, keys, strict=True)),
            alias(quoted_column(time), "at"),
            alias(integer(0), "kind"),
            alias(cast(exp.Null(), _type_name(scope.time.shape.type)), "seen"),
        )
        .distinct()
        .from_(relation(scope.rows.source.relation))
        .where(all_of([not_null(quoted_column(name)) for name in (*own, time)]))
    )
    theirs = [pair[1] for pair in lookup.on]
    history = (
        exp.select(
            *(alias(quoted_column(column), key) for column, key in zip(theirs, keys, strict=True)),
            alias(_known(lookup, None), "at"),
            alias(integer(1), "kind"),
            alias(quoted_column(source.time), "seen"),
        )
        .from_(relation(source.relation))
        .where(all_of([not_null(quoted_column(name)) for name in (*theirs, *_times(lookup))]))
    )
    return union_all([anchors, history])


def _last(name: str, keys: list[str]) -> exp.Query:
    seen = over(
        exp.Max(this=quoted_column("seen")),
        partition=columns(keys),
        order=[quoted_column("at"), quoted_column("kind")],
        running=True,
    )
    inner = exp.select(*columns(keys), quoted_column("at"), quoted_column("kind"), alias(seen, "asof_time")).from_(
        named(f"{name}_timeline")
    )
    return (
        exp.select(*columns(keys), alias(quoted_column("at"), "asof_t0"), quoted_column("asof_time"))
        .from_(inner.subquery(alias="running"))
        .where(equal(quoted_column("kind"), integer(0)))
    )


def _ranked(lookup: Lookup, name: str, scope: Scope, keys: list[str], dialect: Dialect) -> exp.Query:
    source = lookup.source
    assert source.time is not None
    order = [
        exp.Ordered(this=quoted_column(c, "h"), desc=True, nulls_first=False)
        for c in (*(lookup.ties or ()), *source.key)
    ]
    rank = exp.Window(
        this=exp.RowNumber(),
        partition_by=[*columns(keys, "a"), quoted_column("asof_t0", "a")],
        order=exp.Order(expressions=order),
    )
    on: list[exp.Expr] = [
        equal(quoted_column(theirs, "h"), quoted_column(key, "a"))
        for (_, theirs), key in zip(lookup.on, keys, strict=True)
    ]
    on.append(equal(quoted_column(source.time, "h"), quoted_column("asof_time", "a")))
    # greatest() passes over NULL, and a row whose known-at is NULL is not known
    on.extend(not_null(column) for column in columns(_times(lookup), "h"))
    on.append(exp.LT(this=_known(lookup, "h"), expression=quoted_column("asof_t0", "a")))
    if lookup.max_age is not None:
        oldest = dialect.moved(quoted_column("asof_t0", "a"), scope.time.shape.type, -lookup.max_age)
        on.append(exp.GTE(this=quoted_column(source.time, "h"), expression=oldest))
    return (
        exp.select(
            *columns(keys, "a"),
            quoted_column("asof_t0", "a"),
            *columns(scope.schemas[name], "h"),
            alias(rank, "asof_rank"),
        )
        .from_(exp.alias_(named(f"{name}_last"), "a", table=True, quoted=True))
        .join(relation(source.relation, "h"), on=all_of(on))
    )


def _picked(name: str, keys: list[str], theirs: list[str]) -> exp.Query:
    return (
        exp.select(*columns(keys), quoted_column("asof_t0"), *columns(theirs))
        .from_(named(f"{name}_ranked"))
        .where(equal(quoted_column("asof_rank"), integer(1)))
    )


def _times(lookup: Lookup) -> list[str]:
    source = lookup.source
    assert source.time is not None
    return [source.time] if source.known_at is None else [source.time, source.known_at]


def _known(lookup: Lookup, table: str | None) -> exp.Expr:
    return latest(columns(_times(lookup), table))


def _check_pairs(lookup: Lookup, name: str, scope: Scope) -> None:
    for own, theirs in lookup.on:
        mine = scope.raw(EVENT_ALIAS, own, lookup.place).shape.type
        other = scope.raw(name, theirs, lookup.place).shape.type
        if mine.kind != other.kind and not (mine.is_exact and other.is_exact):
            raise DeclarationError(
                f"{scope.rows.source}.{own} is {mine}, {lookup.source}.{theirs} is {other}",
                place=lookup.place,
                fix="join columns of the same type",
            )


def _check_clock(lookup: Lookup, kind: ColumnType, scope: Scope) -> None:
    own = scope.time.shape.type
    if kind.kind != own.kind:
        raise DeclarationError(
            f"the times of {lookup.source} are {kind}, T0 is {own}",
            place=lookup.place,
            fix="a lookup compares times with T0: give both the same type upstream",
        )


def _type_name(kind: ColumnType) -> str:
    return {"timestamptz": "timestamptz", "timestamp": "timestamp"}.get(kind.kind, "date")
