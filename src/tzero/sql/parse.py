"""Text to tree, refusing whatever sqlglot only passes through."""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tzero.errors import ExpressionError


def parse_one(text: str, dialect: str) -> exp.Expr:
    """Parse one statement of a dialect (``duckdb``, ``postgres``, ``spark``).

    >>> parse_one("SELECT 1 AS x", "duckdb").sql()
    'SELECT 1 AS x'

    Raises ExpressionError on a syntax error, on more or fewer than one statement, and where sqlglot fell back to an
    opaque command.
    """
    try:
        statements = [tree for tree in sqlglot.parse(text, read=dialect) if tree is not None]
    except SqlglotError as error:
        detail = str(error).split("\n")[0]
        raise ExpressionError(f"this does not parse as {dialect} SQL: {detail}") from error
    except RecursionError as error:
        raise ExpressionError("this SQL is nested too deeply to be read") from error
    if len(statements) != 1:
        raise ExpressionError(f"one statement was expected, found {len(statements)}")
    tree = statements[0]
    if isinstance(tree, (exp.Command, exp.Block)) or tree.find(exp.Command):
        raise ExpressionError("this statement is opaque to the parser", fix="only queries can be read")
    return tree
