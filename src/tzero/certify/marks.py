"""Marks of the rows that a read of a relation takes: whether anything was written to them since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tzero.certify.lineage import Lineage, Link
from tzero.engines.base import Engine
from tzero.engines.catalog import RelationKind
from tzero.engines.row_marks import row_mark, shows_by_rows_alone
from tzero.sql.names import RelationName


def marks_of(engine: Engine, lineage: Lineage) -> Mapping[str, str | None]:
    """The mark of every relation whose stored rows a read takes; None where it has none.

    A view that reads more than relations by name has none either: no mark tells of files and table functions.
    """
    found = {str(name): row_mark(engine, name) for name in stored_beneath(lineage)}
    return found | {str(link.name): None for link in lineage if not link.closed}


def tell_standing(engine: Engine, lineage: Lineage, anchors: RelationName, marks: Mapping[str, str | None]) -> bool:
    """Whether a relation of the lineage shows the same rows for as long as the marks are the same: each relation that
    its rows come from has one, and what its views call are functions of the database alone.
    """
    if lineage.of(anchors) is None:
        return False
    ends = set(_beneath(lineage, anchors))
    views = tuple(_views_beneath(lineage, anchors))
    marked = all(marks.get(str(name)) is not None for name in ends)
    return marked and all(link.closed for link in views) and shows_by_rows_alone(engine, [link.name for link in views])


def stored_beneath(lineage: Lineage) -> tuple[RelationName, ...]:
    """The relations that a read ends at: through views, down to the first that store rows of their own.

    What is beneath a stored relation reaches a reader with its next refresh, and not before.
    """
    return tuple(dict.fromkeys(_beneath(lineage, lineage.relation.name)))


def _beneath(lineage: Lineage, name: RelationName) -> Iterator[RelationName]:
    link = lineage.of(name)
    if link is None or link.kind is not RelationKind.VIEW or not link.reads:
        yield name
        return
    for read in link.reads:
        yield from _beneath(lineage, read)


def _views_beneath(lineage: Lineage, name: RelationName) -> Iterator[Link]:
    link = lineage.of(name)
    if link is not None and link.kind is RelationKind.VIEW:
        yield link
        for read in link.reads:
            yield from _views_beneath(lineage, read)
