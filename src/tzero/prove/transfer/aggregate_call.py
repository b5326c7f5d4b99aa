"""An aggregate call, taken apart: FILTER, WITHIN GROUP, DISTINCT and ORDER BY, however a dialect writes them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlglot import exp

from tzero.prove import functions
from tzero.prove.transfer.expression import arguments

SORTERS = frozenset({"sort_array", "list_sort", "array_sort", "ArraySort", "SortArray"})
MEASURES = frozenset({"Length", "ArraySize", "ArrayLength"})


@dataclass(frozen=True)
class Call:
    """An aggregate call, taken apart.

    ``sorted``: the order of its rows does not show. ``type_``: of the value, where a function around it says so.
    ``default``: what a row counts as that says neither TRUE nor FALSE. ``or_zero``: a sum of nothing counts as zero.
    """

    node: exp.Expr
    name: str
    args: tuple[exp.Expr, ...]
    condition: exp.Expr | None = None
    order: tuple[exp.Expr, ...] = ()
    distinct: bool = False
    keeps_nulls: bool = False
    sorted: bool = False
    type_: str = ""
    default: bool | None = None
    or_zero: bool = False

    @property
    def defaulted(self) -> bool:
        """Whether it answers something of no rows."""
        return self.or_zero or self.default is not None


def call_of(node: exp.Expr) -> Call | None:
    """The aggregate that a node calls, with its FILTER, WITHIN GROUP and ORDER BY; None when it is no aggregate."""
    if isinstance(node, exp.Filter):
        inner = call_of(node.this)
        return replace(inner, node=node, condition=node.expression.this) if inner else None
    if isinstance(node, exp.WithinGroup):
        inner = call_of(node.this)
        order = node.expression.expressions if isinstance(node.expression, exp.Order) else ()
        return replace(inner, node=node, order=tuple(order)) if inner else None
    if isinstance(node, exp.IgnoreNulls) and isinstance(node.this, exp.AnyValue):
        inner = call_of(node.this)  # how ANY_VALUE is read where it passes over NULLs anyway
        return replace(inner, node=node) if inner else None
    if isinstance(node, (exp.IgnoreNulls, exp.RespectNulls)):
        return None
    name = type(node).__name__
    if isinstance(node, exp.Coalesce):
        return _defaulted(node)
    if name in MEASURES:
        return _measured(node)
    if isinstance(node, exp.Anonymous):
        name = functions.AGGREGATE_NAMES.get(node.name.lower(), "")
        if not name and node.name.lower() in SORTERS and node.expressions:
            inner = call_of(node.expressions[0])
            return replace(inner, node=node, sorted=True) if inner and len(node.expressions) == 1 else None
    if name in SORTERS:
        inner = call_of(node.this)
        rest = [arg for arg in arguments(node)[1:] if not isinstance(arg, exp.Boolean)]
        return replace(inner, node=node, sorted=True) if inner and not rest else None
    if name in ("CollectList", "CollectSet"):
        return Call(node, "ArrayAgg", tuple(node.expressions))
    if name not in functions.AGGREGATES:
        return None
    return _plain(node, name)


def _defaulted(node: exp.Coalesce) -> Call | None:
    """``COALESCE(BOOL_OR(p), FALSE)`` is ``BOOL_OR(COALESCE(p, FALSE))``, also of no rows; likewise AND and TRUE.

    ``COALESCE(SUM(x), 0)`` does not tell no rows from rows that add nothing.
    """
    inner = call_of(node.this)
    other = node.expressions[0] if len(node.expressions) == 1 else None
    if inner is not None and inner.name == "Sum" and isinstance(other, exp.Literal) and other.name == "0":
        return replace(inner, node=node, or_zero=True)
    if inner is None or inner.condition is not None or not isinstance(other, exp.Boolean):
        return None
    neutral = {"LogicalOr": False, "LogicalAnd": True}.get(inner.name)
    return replace(inner, node=node, default=neutral) if neutral is bool(other.this) else None


def _measured(node: exp.Expr) -> Call | None:
    """The length of a collected array: how many rows there were, in whatever order."""
    inner = call_of(node.this) if isinstance(node.this, exp.Expr) else None
    if inner is None or inner.name != "ArrayAgg" or not all(isinstance(a, exp.Literal) for a in arguments(node)[1:]):
        return None
    return replace(inner, node=node, sorted=True, type_="int")


def _plain(node: exp.Expr, name: str) -> Call:
    args = list(node.expressions) if isinstance(node, exp.Anonymous) else arguments(node)
    order: tuple[exp.Expr, ...] = ()
    distinct = False
    if args and isinstance(args[0], exp.Order):
        order = tuple(args[0].expressions)
        args[0] = args[0].this
    if args and isinstance(args[-1], exp.Order):
        order = tuple(args[-1].expressions)
        args[-1] = args[-1].this
    if args and isinstance(args[0], exp.Distinct):
        distinct = True
        args = [*args[0].expressions, *args[1:]]
    if args and isinstance(args[0], exp.Order):
        order = tuple(args[0].expressions)
        args[0] = args[0].this
    keeps = name in functions.KEEPS_NULLS and not node.args.get("nulls_excluded")
    return Call(node, name, tuple(args), None, order, distinct, keeps)
