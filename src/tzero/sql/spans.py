"""Where an expression stands in its source text."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp


def span_of(node: exp.Expr) -> tuple[int, int] | None:
    """The 0-based offsets of an expression's text, end exclusive; from its own tokens and those inside it.

    Operators have no position of their own, so their span is that of their operands.

    >>> import sqlglot
    >>> span_of(sqlglot.parse_one("SELECT a + bc FROM t").expressions[0])
    (7, 13)
    """
    found = list(_positions(node))
    if not found:
        return None
    return min(start for start, _ in found), max(end for _, end in found) + 1


def _positions(node: exp.Expr) -> Iterator[tuple[int, int]]:
    for inner in node.walk():
        start, end = inner.meta.get("start"), inner.meta.get("end")
        if isinstance(start, int) and isinstance(end, int):
            yield start, end


def closed(text: str, start: int, end: int) -> int:
    """The end of a span, moved on to the parentheses that it opens but does not close.

    >>> closed("f(a, (b)) + c", 0, 7)
    9
    """
    open_ = text.count("(", start, end) - text.count(")", start, end)
    while open_ > 0 and end < len(text):
        open_ += {"(": 1, ")": -1}.get(text[end], 0)
        end += 1
    return end


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """The 1-based line and column of an offset.

    >>> line_and_column("ab\\ncd", 4)
    (2, 2)
    """
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1
