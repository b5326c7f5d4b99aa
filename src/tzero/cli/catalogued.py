"""What checked SQL reads, as the catalog of a target has it: the definitions of views, the columns of tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tzero.errors import MissingRelationError
from tzero.prove.declaration_file import DeclarationFile
from tzero.prove.declarations import Relation
from tzero.prove.statements import Statement, bases_of, read_statements, relations_of
from tzero.sql.names import RelationName

if TYPE_CHECKING:
    from tzero.engines.base import Engine


def closure(engine: Engine, name: str, dialect: str) -> dict[str, str]:
    """The definitions of a view and of all views that it reads. Raises MissingRelationError where it is none."""
    found = _definitions(engine, [name.lower()], dialect)
    if name.lower() not in found:
        raise MissingRelationError(f"{name} is not a view of {engine.label}", fix="name a view, with its schema")
    return found


def live_views(engine: Engine, statements: Iterable[Statement], dialect: str) -> list[Statement]:
    """The views of the target that some statements read and that none of them creates."""
    found = _definitions(engine, bases_of(statements), dialect)
    return [
        Statement(name, statement.tree, text)
        for name, text in found.items()
        for statement in read_statements(text, dialect, name)
    ]


def live_tables(engine: Engine, statements: Iterable[Statement]) -> DeclarationFile:
    """The columns of the target's tables that some statements read."""
    found: dict[str, Relation] = {}
    for name in sorted(bases_of(statements)):
        described = engine.describe(RelationName.parse(name))
        if described is not None:
            columns = {column.name.lower(): column.type.lower() for column in described.columns}
            found[name] = Relation(name, columns=columns)
    return DeclarationFile(relations=found, said_of=dict.fromkeys(found, frozenset({"columns"})))


def _definitions(engine: Engine, names: Iterable[str], dialect: str) -> dict[str, str]:
    """The definitions of those relations that are views, and of the views that they read."""
    from tzero.engines.definitions import view_definition

    found: dict[str, str] = {}
    waiting = list(names)
    while waiting:
        wanted = waiting.pop()
        definition = None if wanted in found else view_definition(engine, RelationName.parse(wanted))
        if definition is not None:
            found[wanted] = definition
            waiting += relations_of(definition, dialect)
    return found
