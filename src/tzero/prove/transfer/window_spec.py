"""What a window says: partition, order, frame, and the positions that a function looks at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from tzero.prove.domain.terms import Term

if TYPE_CHECKING:
    pass


BEFORE, PEERS, OWN, AFTER = "before", "peers", "own", "after"
EVERYTHING = frozenset({BEFORE, PEERS, OWN, AFTER})


@dataclass(frozen=True)
class Ordering:
    """One term of ORDER BY."""

    term: Term
    descending: bool
    nulls_first: bool


@dataclass(frozen=True)
class Reach:
    """Where a window function looks. ``offset`` is the distance of a RANGE bound, of the side that it is on.

    ``physical``: rows that tie are told apart by their physical order. ``sliding``: a bound counts rows, so that rows
    that contribute nothing still take a place.
    """

    positions: frozenset[str]
    physical: bool = False
    sliding: bool = False
    before_offset: Term | None = None
    after_offset: Term | None = None


@dataclass(frozen=True)
class Spec:
    """A window specification with named windows resolved."""

    partition: tuple[exp.Expr, ...]
    order: tuple[exp.Expr, ...]
    frame: exp.WindowSpec | None


def spec_of(node: exp.Window, named: dict[str, exp.Expr]) -> Spec | None:
    """The specification of a window, with the one that it names merged in."""
    partition = tuple(node.args.get("partition_by") or ())
    order_node = node.args.get("order")
    order = tuple(order_node.expressions) if isinstance(order_node, exp.Order) else ()
    frame = node.args.get("spec")
    if node.args.get("first") is False or node.args.get("keep"):
        return None
    alias = node.args.get("alias")
    if alias is not None:
        base = named.get(alias.name.lower())
        if not isinstance(base, exp.Window):
            return None
        inherited = spec_of(base, {})
        if inherited is None:
            return None
        partition = partition or inherited.partition
        order = order or inherited.order
        frame = frame or inherited.frame
    return Spec(partition, order, frame if isinstance(frame, exp.WindowSpec) else None)
