"""A query in lines, each with the output column that it makes."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from tzero.sql.render import Tree

_PLACE = "__the_columns__"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a query; ``column`` is the output column that it makes, empty for all other lines."""

    text: str
    column: str = ""


def outline(tree: Tree, dialect: str) -> tuple[Line, ...]:
    """The query, laid out for reading. Of a set operation, whose columns have several makers, no line names one.

    >>> from tzero.sql.parse import parse_one
    >>> [line.column for line in outline(parse_one("SELECT a, b + 1 AS c FROM t WHERE a > 0", "duckdb"), "duckdb")]
    ['', 'a', 'c', '', '', '']
    """
    if not isinstance(tree, exp.Select) or not tree.expressions:
        return tuple(Line(text) for text in tree.sql(dialect=dialect, pretty=True).splitlines())
    frame = tree.copy()
    frame.set("expressions", [exp.column(_PLACE)])
    lines: list[Line] = []
    for text in frame.sql(dialect=dialect, pretty=True).splitlines():
        if _PLACE not in text:
            lines.append(Line(text))
            continue
        indent = text[: len(text) - len(text.lstrip())]
        for number, item in enumerate(tree.expressions, 1):
            comma = "," if number < len(tree.expressions) else ""
            lines += [Line(indent + part, item.alias_or_name) for part in _parts(item, dialect, comma)]
    return tuple(lines)


def _parts(item: exp.Expr, dialect: str, comma: str) -> list[str]:
    text = item.sql(dialect=dialect, comments=False)
    if len(text) <= 100:
        return [text + comma]
    return (item.sql(dialect=dialect, comments=False, pretty=True) + comma).splitlines()
