"""Names of types, from one dialect to another."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.errors import SqlglotError

from tzero.errors import DeclarationError


def type_in(text: str, dialect: str, to: str) -> str:
    """A type's name in another dialect.

    >>> type_in("double precision", "postgres", "duckdb"), type_in("decimal(10, 2)", "postgres", "duckdb")
    ('DOUBLE', 'DECIMAL(10, 2)')

    Raises DeclarationError for a text that is no type.
    """
    try:
        return exp.DataType.build(text, dialect=dialect).sql(dialect=to)
    except SqlglotError as error:
        raise DeclarationError(f"not a type: {text!r}", fix="write a type of the query's dialect") from error
