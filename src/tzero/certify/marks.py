"""Marks of the rows that a read of a relation takes: whether anything was written to them since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tzero.certify.lineage import Lineage
from tzero.engines.base import Engine
from tzero.engines.catalog import RelationKind
from tzero.engines.row_marks import row_mark
from tzero.sql.names import RelationName


def marks_of(engine: Engine, lineage: Lineage) -> Mapping[str, str | None]:
    """The mark of every relation whose stored rows a read takes; None where it has none.

    A view that reads more than relations by name has none either: no mark tells of files and table functions.
    """
    found = {str(name): row_mark(engine, name) for name in stored_beneath(lineage)}
    return found | {str(link.name): None for link in lineage if not link.closed}


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
