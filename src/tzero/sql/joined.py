"""The query that joins relations by one key: features beside each other, and what became of each row."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlglot import exp

from tzero.sql.build import alias, all_of, equal, quoted_column, relation, same_columns
from tzero.sql.names import RelationName

T0 = "t0"


@dataclass(frozen=True, slots=True)
class Spine:
    """Which rows there are: those of ``rows`` that have a T0, column ``time`` of ``anchors``, by ``key``."""

    rows: RelationName
    anchors: RelationName
    key: tuple[str, ...]
    time: str


@dataclass(frozen=True, slots=True)
class Part:
    """Columns of a relation that is joined by the key, and by T0 where its rows have one of their own.

    That T0 is the column ``time`` of ``anchors``, by default of the relation itself. Each column comes out under
    ``prefix`` and its number, so that no name can clash.
    """

    relation: RelationName
    columns: tuple[str, ...]
    prefix: str
    time: str | None = None
    anchors: RelationName | None = None


def select_joined(spine: Spine, parts: Sequence[Part], bytewise: Collection[str] = ()) -> exp.Query:
    """One row per row of the spine: ``key_1`` ..., ``t0``, then the columns of each part, NULL where it has no row.

    The order is that of T0, then of the key; ``bytewise`` are keys whose text must be compared byte by byte.

    >>> spine = Spine(RelationName("s", "v"), RelationName("s", "v"), ("id",), "at")
    >>> print(select_joined(spine, [Part(RelationName("s", "v"), ("x",), "f")]).sql())
    SELECT "r"."id" AS "key_1", "r"."at" AS "t0", "r"."x" AS "f_1" FROM "s"."v" AS "r" ORDER BY "t0", "r"."id"
    """
    own = spine.rows == spine.anchors
    anchors = "r" if own else "a"
    query = exp.select(
        *(alias(quoted_column(name, "r"), f"key_{at}") for at, name in enumerate(spine.key, 1)),
        alias(quoted_column(spine.time, anchors), T0),
    ).from_(relation(spine.rows, "r"))
    if not own:
        query = query.join(relation(spine.anchors, "a"), on=all_of(same_columns(spine.key, "r", "a")))
    for number, part in enumerate(parts, 1):
        name = "r" if part.relation == spine.rows and part.time is None else f"p{number}"
        query = query.select(
            *(alias(quoted_column(column, name), f"{part.prefix}_{at}") for at, column in enumerate(part.columns, 1))
        )
        if name != "r":
            query = _with_part(query, spine, part, name, quoted_column(spine.time, anchors))
    ordered = [_ordered(quoted_column(name, "r"), name in bytewise) for name in spine.key]
    return query.order_by(quoted_column(T0), *ordered)


def _with_part(query: exp.Select, spine: Spine, part: Part, name: str, t0: exp.Column) -> exp.Select:
    met, by = all_of(same_columns(spine.key, "r", name)), name
    if part.anchors is not None and part.anchors != part.relation and part.time is not None:
        by = f"{name}a"
        at_t0 = equal(quoted_column(part.time, by), t0)
        on = all_of([*same_columns(spine.key, "r", by), at_t0])
        query = query.join(relation(part.anchors, by), on=on, join_type="left")
        met = all_of(same_columns(spine.key, by, name))
    elif part.time is not None:
        met = all_of([met, equal(quoted_column(part.time, name), t0)])
    return query.join(relation(part.relation, name), on=met, join_type="left")


def _ordered(key: exp.Column, bytewise: bool) -> exp.Expr:
    return exp.Collate(this=key, expression=exp.to_identifier("C", quoted=True)) if bytewise else key
