"""The list of a SELECT: expressions, stars, and calls that give several rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from tzero.prove.domain.terms import Term
from tzero.prove.functions import ROWS_OF_ARGUMENTS, SCALAR_NAMES
from tzero.prove.transfer.expression import bind
from tzero.prove.transfer.frame import Frame, Hook
from tzero.prove.transfer.join import side_by_side
from tzero.prove.transfer.source import function
from tzero.prove.transfer.wording import worded

if TYPE_CHECKING:
    from tzero.prove.transfer.interpreter import Interpreter

SET_RETURNING = (exp.UDTF, exp.ExplodingGenerateSeries)


def gives_rows(node: exp.Expr) -> bool:
    """Whether a call in the list makes several rows of each row, or none."""
    return isinstance(node, SET_RETURNING) or (
        isinstance(node, exp.Anonymous) and node.name.lower() in ROWS_OF_ARGUMENTS
    )


class Projection:
    """The list of one SELECT."""

    def __init__(self, interpreter: Interpreter, node: exp.Select) -> None:
        self.interpreter = interpreter
        self.node = node

    def over(self, frames: list[Frame]) -> list[Frame]:
        """The frames with the columns of the list."""
        calls = list(self._set_returning())
        for frame in frames:
            hooks = frame.hooks
            for call in calls:
                frame.hooks = (*frame.hooks, self._expanded(call, frame, alone=len(calls) == 1))
            columns: dict[str, Term] = {}
            written: dict[str, str] = {}
            for position, node in enumerate(self.node.expressions):
                for name, term in self._items(node, frame, position):
                    shown = node.alias or name
                    if written.setdefault(name, shown) != shown:
                        # Names that only their case tells apart are one name here: nothing is said of either.
                        columns[name] = term = frame.unknown(node, f"two columns are called {name}")
                    columns[_free(name, columns)] = term
            frame.row, frame.hooks = replace(frame.row, columns=columns), hooks
        return frames

    def _items(self, node: exp.Expr, frame: Frame, position: int) -> Iterable[tuple[str, Term]]:
        star = node.this if isinstance(node, exp.Column) and isinstance(node.this, exp.Star) else node
        if isinstance(star, exp.Star):
            return self._star(node, star, frame)
        name = node.alias_or_name.lower() or (node.output_name.lower() or f"_col_{position}")
        inner_node = node.this if isinstance(node, exp.Alias) else node
        term = bind(inner_node, frame)
        if isinstance(node, exp.Aliases):
            return [(name, frame.unknown(node, "several aliases of one expression"))]
        return [(name, term)]

    def _set_returning(self) -> Iterable[exp.Expr]:
        """The calls in the list, or in its ORDER BY, that make several rows of each; those in its subqueries apart."""
        order = self.node.args.get("order")
        for item in (*self.node.expressions, *(order.expressions if order else ())):
            for node in item.walk(prune=lambda node: isinstance(node, exp.Query) or gives_rows(node)):
                if gives_rows(node) or (isinstance(item, exp.Ordered) and self._is_strange(node)):
                    yield node

    def _is_strange(self, node: exp.Expr) -> bool:
        """Whether a call that nobody reads is one that is not known: it may make several rows, too."""
        known = SCALAR_NAMES | self.interpreter.declarations.pure_functions
        return isinstance(node, exp.Anonymous) and node.name.lower() not in known

    def _expanded(self, call: exp.Expr, frame: Frame, *, alone: bool) -> Hook:
        """Joins the rows of a call to a frame's row, and says what stands for the call from then on.

        One call is a cross join with what it gives; several go side by side, and the shorter ones end in NULLs.
        """
        if alone:
            row = function(self.interpreter, call, frame)
            term: Term | None = next(iter(row.columns.values()), None)
        else:
            note = "several calls that give more than one row stand in one list"
            row, term = self.interpreter.opaque(call, note, []), None
        new = side_by_side(frame.row, row)
        frame.row = replace(new, columns=frame.row.columns)
        found = frame.unknown(call, f"{worded(call)} is not understood") if term is None else term
        return lambda node: found if node is call else None

    def _star(self, node: exp.Expr, star: exp.Star, frame: Frame) -> list[tuple[str, Term]]:
        columns = self._starred(node, frame)
        if columns is None:
            return [("*", frame.unknown(node, f"no such relation: {worded(node)}"))]
        dropped = {item.name.lower() for item in star.args.get("except_") or star.args.get("except") or ()}
        replaced = {e.alias.lower(): e.this for e in star.args.get("replace") or ()}
        renamed = {e.this.name.lower(): e.alias.lower() for e in star.args.get("rename") or ()}
        found = []
        for name, term in columns:
            if name in dropped:
                continue
            value = bind(replaced[name], frame) if name in replaced else term
            found.append((renamed.get(name, name), value))
        return found

    def _starred(self, node: exp.Expr, frame: Frame) -> list[tuple[str, Term]] | None:
        if not isinstance(node, exp.Column):
            return frame.everything()
        found = frame.whole(node.table)
        return None if found is None else list(found.items())


def _free(name: str, columns: dict[str, Term]) -> str:
    found, n = name, 1
    while found in columns:
        found, n = f"{name}_{n}", n + 1
    return found
