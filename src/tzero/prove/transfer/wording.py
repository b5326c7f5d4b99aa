"""How a message shows an expression."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.errors import ErrorLevel


def worded(node: exp.Expr, most: int = 60) -> str:
    """The beginning of an expression as text, whatever a generator thinks of it."""
    text = node.sql(unsupported_level=ErrorLevel.IGNORE)
    return text if len(text) <= most else f"{text[: most - 3]}..."
