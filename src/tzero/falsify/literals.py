"""What a query's own text says about the data that would matter to it: constants, joined columns, zones."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlglot import exp

_TIME = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d.*)?")
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Like, exp.ILike, exp.NullSafeEQ, exp.NullSafeNEQ)


@dataclass(slots=True)
class Literals:
    """Constants by the column that they are compared with (``""``: none), times, zones, columns that are joined."""

    constants: dict[str, set[Any]] = field(default_factory=lambda: defaultdict(set))
    times: set[datetime] = field(default_factory=set)
    zones: set[str] = field(default_factory=set)
    joined: dict[str, str] = field(default_factory=dict)

    def group(self, column: str) -> str:
        """The name that stands for all columns that are joined with this one.

        Columns of the same name count as joined.
        """
        while column in self.joined:
            column = self.joined[column]
        return column

    def of(self, column: str, type_: type) -> list[Any]:
        """The constants of one Python type that a column is compared with, in a fixed order."""
        return sorted(value for value in self.constants.get(column, ()) if type(value) is type_)

    def join(self, left: str, right: str) -> None:
        left, right = self.group(left), self.group(right)
        if left != right:
            self.joined[right] = left


def read_literals(trees: Iterable[exp.Expr]) -> Literals:
    """The constants, joins and zones of some queries.

    >>> import sqlglot
    >>> found = read_literals([sqlglot.parse_one("SELECT 1 FROM a JOIN b ON a.x = b.y WHERE a.c = 'red' AND n > 3")])
    >>> found.of("c", str), found.of("n", int), found.group("y")
    (['red'], [3], 'x')
    """
    found = Literals()
    for tree in trees:
        for node in tree.walk():
            _read(node, found)
    return found


def _read(node: exp.Expr, found: Literals) -> None:
    if isinstance(node, _COMPARISONS):
        left, right = _column(node.this), _column(node.expression)
        if left and right and isinstance(node, exp.EQ):
            found.join(left, right)
        for name, other in ((left, node.expression), (right, node.this)):
            if name and (value := _constant(other)) is not None:
                found.constants[name].add(value)
    elif isinstance(node, (exp.In, exp.Between)):
        _read_range(node, found)
    elif isinstance(node, exp.AtTimeZone) and isinstance(node.args["zone"], exp.Literal):
        found.zones.add(node.args["zone"].name)
    elif isinstance(node, exp.Literal):
        _read_literal(node, found)


def _read_range(node: exp.In | exp.Between, found: Literals) -> None:
    name = _column(node.this)
    items = node.expressions if isinstance(node, exp.In) else [node.args["low"], node.args["high"]]
    for item in items:
        if name and (value := _constant(item)) is not None:
            found.constants[name].add(value)


def _read_literal(node: exp.Literal, found: Literals) -> None:
    if not node.is_string:
        return
    if _TIME.fullmatch(node.name):
        moment = _moment(node.name)
        if moment:
            found.times.add(moment)
    elif not isinstance(node.parent, (exp.Interval, exp.AtTimeZone)):
        found.constants[""].add(node.name.strip("%"))


def _column(node: exp.Expr | None) -> str:
    while isinstance(node, (exp.Paren, exp.Cast, exp.Lower, exp.Upper, exp.Trim, exp.Coalesce)):
        node = node.this
    return node.name.lower() if isinstance(node, exp.Column) else ""


def _constant(node: exp.Expr | None) -> Any:
    while isinstance(node, (exp.Paren, exp.Cast)):
        node = node.this
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal) and not node.this.is_string:
        value = _constant(node.this)
        return -value if value is not None else None
    if not isinstance(node, exp.Literal) or _TIME.fullmatch(node.name):
        return None
    if node.is_string:
        return node.name.strip("%")
    return int(node.name) if node.name.isdigit() else None


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
