"""PostgreSQL's text of parsed trees (``pg_node_tree``), read back as nodes.

The format is that of ``nodeToString`` in the server's ``src/backend/nodes/outfuncs.c``: ``{TYPE :field value ...}``,
lists in parentheses, ``<>`` for nothing. Fields are kept as pairs: one that stands twice hides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(r'\{|\}|\(|\)|"(?:\\.|[^"\\])*"|(?:\\.|[^\s(){}\\])+', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Node:
    """One node: its type, and its fields, each with the tokens, lists and nodes that are its value."""

    type: str
    fields: tuple[tuple[str, tuple[object, ...]], ...]

    def all(self, name: str) -> list[str]:
        """Every plain token that stands in the fields of a name, lists within them included.

        >>> parse_nodes("{OPEXPR :opno 96 :args ({VAR :varno 1})}")[0].all("opno")
        ['96']
        """
        return [token for field, values in self.fields if field == name for token in _tokens(values)]

    def one(self, name: str) -> str:
        """The first token of a field; empty where there is none."""
        return next(iter(self.all(name)), "")

    def nodes(self, name: str) -> list[Node]:
        """The nodes that a field holds, directly or in a list."""
        return [node for field, values in self.fields if field == name for node in _nodes(values)]

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        yield self
        for _, values in self.fields:
            for node in _nodes(values):
                yield from node.walk()


def parse_nodes(text: str) -> list[Node]:
    """The nodes of a text, outermost first.

    >>> [node.type for node in parse_nodes("({QUERY :limitCount <>})")]
    ['QUERY']
    """
    stack: list[list[object]] = [[]]
    for match in _TOKEN.finditer(text):
        part = match[0]
        if part in ("{", "("):
            stack.append([])
        elif part == "}":
            parts = stack.pop()
            stack[-1].append(_node(parts))
        elif part == ")":
            parts = stack.pop()
            stack[-1].append(parts)
        else:
            stack[-1].append(part)
    return list(_nodes(stack[0]))


def _node(parts: list[object]) -> Node:
    fields: list[tuple[str, list[object]]] = []
    for part in parts[1:]:
        if isinstance(part, str) and part.startswith(":"):
            fields.append((part[1:], []))
        elif fields:
            fields[-1][1].append(part)
    return Node(str(parts[0]) if parts else "", tuple((name, tuple(values)) for name, values in fields))


def _tokens(values: object) -> Iterator[str]:
    if isinstance(values, str):
        if values != "<>":
            yield values
    elif isinstance(values, (list, tuple)):
        for value in values:
            yield from _tokens(value)


def _nodes(values: object) -> Iterator[Node]:
    if isinstance(values, Node):
        yield values
    elif isinstance(values, (list, tuple)):
        for value in values:
            yield from _nodes(value)
