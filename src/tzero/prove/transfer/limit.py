"""DISTINCT ON and LIMIT: both keep rows by their number in an order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from tzero.prove.domain.facts import IDENTICAL_WHEN_EQUAL
from tzero.prove.domain.row import Row, Unique
from tzero.prove.domain.terms import INT, Const, Term, app, const
from tzero.prove.transfer.expression import bind
from tzero.prove.transfer.filter import filter_row
from tzero.prove.transfer.frame import Frame
from tzero.prove.transfer.ordinals import positional
from tzero.prove.transfer.window import Windowing

if TYPE_CHECKING:
    from tzero.prove.transfer.interpreter import Interpreter


class Limiting:
    """What one SELECT keeps of its rows; ``aliases`` are the expressions of its columns by name."""

    def __init__(self, interpreter: Interpreter, node: exp.Select, aliases: dict[str, exp.Expr]) -> None:
        self.interpreter = interpreter
        self.node = node
        self.aliases = aliases

    def distinct_on(self, frames: list[Frame], on: exp.Expr) -> list[Frame]:
        """DISTINCT ON is a row number of 1 in the order of the query."""
        keys = on.expressions if isinstance(on, exp.Tuple) else [on]
        order = self.node.args.get("order")
        window = exp.Window(
            this=exp.RowNumber(), partition_by=[positional(key, self.node) for key in keys],
            order=exp.Order(expressions=[positional(o, self.node) for o in order.expressions]) if order else None,
        )  # fmt: skip
        return self._numbered(frames, window, first=True)

    def limited(self, frames: list[Frame]) -> list[Row]:
        """The rows that LIMIT, OFFSET or FETCH leaves."""
        limit, offset = self.node.args.get("limit"), self.node.args.get("offset")
        if limit is None and (offset is None or _is_zero(offset)):
            return [frame.row for frame in frames]
        if not self._aligned(frames):
            note = "LIMIT over a union of rows is not understood"
            return [self.interpreter.opaque(self.node, note, [frame.row for frame in frames])]
        if _option(limit, "percent"):
            note = "LIMIT of a share of the rows depends on how many there are"
            return [self.interpreter.opaque(self.node, note, [frame.row for frame in frames])]
        ties = _with_ties(limit)
        one = takes_one(self.node)
        order = self.node.args.get("order")
        spec = exp.Order(expressions=[self._ordering(o) for o in order.expressions]) if order is not None else None
        window = exp.Window(this=exp.Rank() if ties else exp.RowNumber(), order=spec)
        alike = self._alike(frames, spec)
        rows = [frame.row for frame in self._numbered(frames, window, first=one, alike=alike)]
        return [_only(row) for row in rows] if one else rows

    def _alike(self, frames: list[Frame], order: exp.Order | None) -> bool:
        """Whether rows that tie show the same, as each column is ordered by: then it does not matter which is kept."""
        if order is None:
            return False
        ordering = [item.this if isinstance(item, exp.Ordered) else item for item in order.expressions]
        for frame in frames:
            known = {term for item in ordering if (term := bind(item, frame)).type in IDENTICAL_WHEN_EQUAL}
            if not all(isinstance(term, Const) or term in known for term in frame.row.columns.values()):
                return False
        return True

    def _numbered(self, frames: list[Frame], window: exp.Window, *, first: bool, alike: bool = False) -> list[Frame]:
        """The frames with the rows that a number keeps: the first one of each partition, or those up to a limit."""
        windowing = Windowing(self.interpreter, frames, window, {}, alike=alike)
        bound = [windowing.term(position) for position in range(len(frames))]
        found = []
        for frame, (term, facts) in zip(frames, bound, strict=True):
            test = (
                app("eq", term, const(1, INT), type_="bool")
                if first
                else app("le", term, self._last(frame), type_="bool")
            )
            kept = filter_row(self.interpreter, frame.row.assume(facts), test)
            if kept is not None:
                found.append(frame.copy(kept))
        return found

    def _last(self, frame: Frame) -> Term:
        """The number of the last row that LIMIT and OFFSET let through: a function of both."""
        clauses = [clause for name in ("limit", "offset") if (clause := self.node.args.get(name)) is not None]
        amounts = [clause.args.get("count") or clause.args.get("expression") for clause in clauses]
        return app("strict", *(bind(n, frame) for n in amounts if n is not None), type_=INT, params=("limit",))

    def _aligned(self, frames: list[Frame]) -> bool:
        return bool(frames) and (not self.node.args.get("distinct") or len(frames) == 1)

    def _ordering(self, node: exp.Expr) -> exp.Expr:
        """An ORDER BY item; ordinals and output aliases are resolved to their expressions."""
        inside = node.this if isinstance(node, exp.Ordered) else node
        target = inside
        if self.node.args.get("distinct") is not None and isinstance(inside, exp.Column):
            return node
        if isinstance(inside, exp.Literal) and not inside.is_string:
            target = self.node.expressions[int(inside.name) - 1]
        elif isinstance(inside, exp.Column) and not inside.table and inside.name.lower() in self.aliases:
            target = self.aliases[inside.name.lower()]
        target = target.this if isinstance(target, exp.Alias) else target
        if not isinstance(node, exp.Ordered):
            return target
        new = node.copy()
        new.set("this", target.copy())
        return new


def takes_one(node: exp.Select) -> bool:
    """Whether a query takes the first of its rows, and no other."""
    limit = node.args.get("limit")
    return _is_one(limit) and node.args.get("offset") is None and not (_with_ties(limit) or _option(limit, "percent"))


def _is_zero(offset: exp.Expr) -> bool:
    """Whether an OFFSET leaves every row: it only keeps a planner from looking into the query."""
    return isinstance(offset.expression, exp.Literal) and offset.expression.name == "0"


def _only(row: Row) -> Row:
    """A row beside which there is no other."""
    return replace(row, unique=(*row.unique, Unique(const(1, INT), 1, (), row.own_uids())))


def _with_ties(limit: exp.Expr | None) -> bool:
    return isinstance(limit, exp.Fetch) and _option(limit, "with_ties")


def _option(limit: exp.Expr | None, name: str) -> bool:
    options = limit.args.get("limit_options") if limit is not None else None
    return isinstance(options, exp.Expr) and bool(options.args.get(name))


def _is_one(limit: exp.Expr | None) -> bool:
    if isinstance(limit, exp.Fetch):
        count = limit.args.get("count")
        return count is None or (isinstance(count, exp.Literal) and count.name == "1")
    return isinstance(limit, exp.Limit) and isinstance(limit.expression, exp.Literal) and limit.expression.name == "1"
