"""What a query's own text says about the data that would matter to it: constants, joined columns, zones, sizes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlglot import exp

from tzero.falsify.joins import FOLDED, Pair, column_of, joined_by, matched_by, renamed_by, same_names
from tzero.falsify.links import Link, links_of
from tzero.prove.domain.types import parse_interval

_TIME = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d.*)?")
_DECIMAL = re.compile(r"\d*\.\d+")
_MOST = 200
_MOST_DAYS = 400
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Like, exp.ILike, exp.NullSafeEQ, exp.NullSafeNEQ)


_OFFSETS = (exp.Limit, exp.Offset, exp.Fetch, exp.Lag, exp.Lead, exp.NthValue, exp.Ntile, exp.WindowSpec, exp.Bracket)


@dataclass(slots=True)
class Literals:
    """Constants by the column that they are compared with (``""``: none), times, zones, columns that are joined.

    ``gaps`` are the lengths of time that the query adds and subtracts, ``sizes`` the numbers of rows that it counts to:
    what it compares counts with, and columns, which may hold one; limits, offsets, the reach of frames. ``nodes`` says
    how much of it there is.
    """

    constants: dict[str, set[Any]] = field(default_factory=lambda: defaultdict(set))
    times: set[datetime] = field(default_factory=set)
    zones: set[str] = field(default_factory=set)
    joined: dict[str, str] = field(default_factory=dict)
    gaps: set[timedelta] = field(default_factory=set)
    sizes: set[int] = field(default_factory=set)
    links: dict[str, list[Link]] = field(default_factory=lambda: defaultdict(list))
    """What is joined at a distance, by the column that a link gives."""
    nodes: int = 0
    named: set[str] = field(default_factory=set)
    """Columns that are read by name; ``*`` among them where whole rows are."""

    ordered: set[str] = field(default_factory=set)
    """Columns that rows are put in order by."""
    measured: bool = False
    """Whether times are taken for numbers of seconds."""

    def reads(self, columns: Iterable[str]) -> bool:
        """Whether the query may read one of some columns."""
        return "*" in self.named or not self.named.isdisjoint(columns)

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
    >>> text = "SELECT 1 FROM a JOIN b ON a.x = b.y WHERE a.c = 'red' AND n > 3 HAVING count(*) > 5 LIMIT 9"
    >>> found = read_literals([sqlglot.parse_one(text)])
    >>> found.of("c", str), found.of("n", int), found.group("y"), sorted(found.sizes)
    (['red'], [3], 'x', [3, 5, 9])
    """
    found = Literals()
    renamed: list[Pair] = []
    matched: set[str] = set()
    for tree in trees:
        rows = {alias for table in tree.find_all(exp.Table, exp.Subquery) if (alias := table.alias_or_name.lower())}
        for node in tree.walk():
            found.nodes += 1
            found.named |= _named(node, rows)
            renamed += renamed_by(node)
            matched.update(matched_by(node))
            for left, right in joined_by(node):
                found.join(left, right)
            _read(node, found)
    for left, right in same_names({*found.joined, *found.joined.values(), *matched}, renamed):
        found.join(left, right)
    return found


def _named(node: exp.Expr, rows: Collection[str]) -> set[str]:
    """The column that a node names; ``*`` for one that stands for whole rows."""
    if isinstance(node, exp.Star):
        return set() if isinstance(node.parent, exp.Count) else {"*"}
    if not isinstance(node, exp.Column):
        return set()
    name = node.name.lower()
    return {"*"} if name in rows and not node.table else {name}


def _read(node: exp.Expr, found: Literals) -> None:
    if isinstance(node, exp.EQ):
        for link in links_of(node):
            found.links[link.left].append(link)
    if isinstance(node, _COMPARISONS):
        left, right = column_of(node.this), column_of(node.expression)
        for name, here, other in ((left, node.this, node.expression), (right, node.expression, node.this)):
            value = _constant(other)
            if value is None:
                continue
            if name:
                found.constants[name].add(value)
            if _is_number_of_rows(here):
                _add_size(value, found)
    elif isinstance(node, (exp.In, exp.Between)):
        _read_range(node, found)
    elif isinstance(node, exp.AtTimeZone) and isinstance(node.args["zone"], exp.Literal):
        found.zones.add(node.args["zone"].name)
    elif isinstance(node, exp.Case) and node.this is not None:
        _read_cases(node, found)
    elif isinstance(node, _OFFSETS):
        for part in node.iter_expressions():
            _add_size(_constant(part), found)
    elif isinstance(node, exp.Interval) or (isinstance(node, exp.Cast) and node.to.is_type(exp.DataType.Type.INTERVAL)):
        _read_gap(node, found)
    elif isinstance(node, (exp.Add, exp.Sub, exp.Mul)):
        _read_days(node, found)
    elif isinstance(node, exp.Literal):
        _read_literal(node, found)
    elif isinstance(node, exp.Ordered):
        found.ordered |= {column_of(node.this)} - {""}
    elif isinstance(node, (exp.ArgMax, exp.ArgMin)):
        found.ordered |= {column_of(node.expression)} - {""}
    found.measured |= _is_epoch(node)


def _is_epoch(node: exp.Expr) -> bool:
    return isinstance(node, exp.TimeToUnix) or (isinstance(node, exp.Extract) and node.name.lower() == "epoch")


def _read_range(node: exp.In | exp.Between, found: Literals) -> None:
    name = column_of(node.this)
    items = node.expressions if isinstance(node, exp.In) else [node.args["low"], node.args["high"]]
    for item in items:
        if name and (value := _constant(item)) is not None:
            found.constants[name].add(value)


def _read_cases(node: exp.Case, found: Literals) -> None:
    """``CASE x WHEN 1 THEN ...``: what x is compared with."""
    name = column_of(node.this)
    for case in node.args["ifs"]:
        if name and (value := _constant(case.this)) is not None:
            found.constants[name].add(value)


def _read_gap(node: exp.Interval | exp.Cast, found: Literals) -> None:
    if not isinstance(node.this, exp.Literal):
        return
    unit = node.args.get("unit") if isinstance(node, exp.Interval) else None
    span = parse_interval(node.this.name, unit.name if unit is not None else "")
    if span is not None:
        gap = timedelta(days=span.days + 30 * span.months, microseconds=span.micros)
        if gap:
            found.gaps.add(abs(gap))


def _read_days(node: exp.Add | exp.Sub | exp.Mul, found: Literals) -> None:
    """What is added to a column may be days, what an interval is multiplied by makes a longer one."""
    for number, other in ((_constant(node.expression), node.this), (_constant(node.this), node.expression)):
        if not isinstance(number, int) or not 1 <= number <= _MOST_DAYS:
            continue
        if isinstance(node, exp.Mul):
            spans = Literals()
            for part in other.find_all(exp.Interval):
                _read_gap(part, spans)
            found.gaps |= {span * number for span in spans.gaps}
        elif column_of(other):
            found.gaps.add(timedelta(days=number))


def _is_number_of_rows(node: exp.Expr) -> bool:
    """A count, a number of a row, or a column that is none of a base relation as far as one can tell: perhaps one."""
    while isinstance(node, (*FOLDED, exp.Filter, exp.Window)):
        node = node.this
    return isinstance(node, (exp.Count, exp.RowNumber, exp.Rank, exp.DenseRank, exp.Column, exp.Ntile))


def _add_size(value: Any, found: Literals) -> None:
    if isinstance(value, int) and 2 <= value <= _MOST:
        found.sizes.add(value)


def _read_literal(node: exp.Literal, found: Literals) -> None:
    if not node.is_string:
        return
    if _TIME.fullmatch(node.name):
        moment = _moment(node.name)
        if moment:
            found.times.add(moment)
    elif not isinstance(node.parent, (exp.Interval, exp.AtTimeZone)):
        found.constants[""].add(node.name.strip("%"))


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
    if node.name.isdigit():
        return int(node.name)
    return Decimal(node.name) if _DECIMAL.fullmatch(node.name) else None


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
