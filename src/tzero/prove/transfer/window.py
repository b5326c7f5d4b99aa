"""Window functions: which rows of the partition a value looks at, in order positions relative to its own row.

The positions are *before* (earlier in the order), *peers* (equal in the whole order list), the *own* row, and *after*.
For each position a copy of the row stands for the other row, with the facts that put it there; what is known of the
other row's times, in terms of the own row, bounds the completeness of the frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from tzero.prove import functions
from tzero.prove.domain.facts import IDENTICAL_WHEN_EQUAL, Fact
from tzero.prove.domain.terms import Term
from tzero.prove.transfer.aggregate_call import Call, call_of
from tzero.prove.transfer.expression import bind
from tzero.prove.transfer.frame import Frame
from tzero.prove.transfer.window_copy import Copies
from tzero.prove.transfer.window_spec import Ordering, spec_of
from tzero.prove.transfer.window_value import Value

if TYPE_CHECKING:
    from tzero.prove.transfer.interpreter import Interpreter


class Windowing:
    """Binds one window call in each branch; the frames must not change any more.

    ``alike``: rows that tie cannot be told apart by what is shown of them. ``copies`` are for all windows over the
    same frames.
    """

    def __init__(
        self,
        interpreter: Interpreter,
        frames: list[Frame],
        node: exp.Window,
        named: dict[str, exp.Expr],
        *,
        alike: bool = False,
        copies: Copies | None = None,
    ) -> None:
        self.alike = alike
        self.copies = copies or Copies()
        self.interpreter = interpreter
        self.frames = frames
        self.node = node
        self.spec = spec_of(node, named)
        self.inner = node.this
        self.ignores_nulls = False
        if isinstance(self.inner, (exp.IgnoreNulls, exp.RespectNulls)):
            self.ignores_nulls = isinstance(self.inner, exp.IgnoreNulls)
            self.inner = self.inner.this
        self.name = type(self.inner).__name__
        self.call: Call | None = None if self.name in functions.WINDOW_FUNCTIONS else call_of(self.inner)

    def term(self, position: int) -> tuple[Term, list[Fact]]:
        """The value in one branch, and what is to be assumed of it once all windows are bound."""
        frame = self.frames[position]
        if self.call is None and self.name not in functions.WINDOW_FUNCTIONS:
            return frame.unknown(self.node, f"window function {self.name} is not understood"), []
        if self.spec is None:
            return frame.unknown(self.node, "a window that is not understood"), []
        value = Value(self, position)
        return value.term(), value.facts

    def partition(self, frame: Frame) -> tuple[Term, ...]:
        assert self.spec is not None
        return tuple(bind(item, frame) for item in self.spec.partition)

    def order(self, frame: Frame) -> tuple[Ordering, ...]:
        assert self.spec is not None
        found = []
        for item in self.spec.order:
            node = item.this if isinstance(item, exp.Ordered) else item
            descending = bool(item.args.get("desc")) if isinstance(item, exp.Ordered) else False
            nulls_first = bool(item.args.get("nulls_first")) if isinstance(item, exp.Ordered) else False
            found.append(Ordering(bind(node, frame), descending, nulls_first))
        return tuple(found)

    def arguments(self, frame: Frame) -> tuple[Term, ...]:
        """The terms that the other rows supply."""
        if self.call is not None:
            args = [arg for arg in self.call.args if not isinstance(arg, exp.Star)]
            order = [item.this if isinstance(item, exp.Ordered) else item for item in self.call.order]
            return tuple(bind(arg, frame) for arg in (*args, *order))
        first = self.inner.this
        has_value = self.name in functions.OFFSETS | functions.FRAME_VALUES
        return (bind(first, frame),) if has_value and isinstance(first, exp.Expr) else ()

    def shows_order(self) -> bool:
        """Whether the value shown is one of what is ordered by, so that rows that tie show the same."""
        return all(
            bool(shown) and shown[0].type in IDENTICAL_WHEN_EQUAL and shown[0] in [o.term for o in self.order(frame)]
            for frame in self.frames
            for shown in (self.arguments(frame),)
        )

    def condition(self, frame: Frame) -> Term | None:
        if self.call is None or self.call.condition is None:
            return None
        return bind(self.call.condition, frame)
