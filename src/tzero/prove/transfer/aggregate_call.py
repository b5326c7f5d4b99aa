"""An aggregate call, taken apart: FILTER, WITHIN GROUP, DISTINCT and ORDER BY, however a dialect writes them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlglot import exp

from tzero.prove import functions
from tzero.prove.transfer.collected import applied
from tzero.prove.transfer.expression import arguments

SORTERS = frozenset({"sort_array", "list_sort", "array_sort", "ArraySort", "SortArray"})
MEASURES = frozenset({"Length", "ArraySize", "ArrayLength"})
# Functions of an array that are what an aggregate of its elements is, NULL of none of them.
_OF_ELEMENTS = {"list_sum": "Sum", "list_avg": "Avg", "list_min": "Min", "list_max": "Max", "list_bool_or": "LogicalOr",
                "list_bool_and": "LogicalAnd", "ArrayMax": "Max", "ArrayMin": "Min"}  # fmt: skip
_BY_NAME = frozenset({"list_aggregate", "list_aggr", "array_aggregate", "array_aggr", "aggregate"})


@dataclass(frozen=True)
class Call:
    """An aggregate call, taken apart.

    ``sorted``: the order of its rows does not show. ``type_``: of the value, where a function around it says so.
    ``emptied``: NULLs are left out of an array, which is there if there is a row. ``default``: what a row counts as
    that says neither TRUE nor FALSE. ``or_zero``: a sum of nothing counts as zero.
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
    emptied: bool = False

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
    if isinstance(node, exp.Sub):
        return _rest(node)
    if name in MEASURES or (name == "Anonymous" and node.name.lower() == "cardinality" and len(node.expressions) == 1):
        return _measured(node)
    elements = _of_elements(node)
    if elements is not None:
        return elements
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


def _rest(node: exp.Sub) -> Call | None:
    """``COUNT(x) - COUNT(x) FILTER (WHERE p)`` counts where ``p`` is not TRUE."""
    every, some = call_of(_uncast(node.this)), call_of(_uncast(node.expression))
    if every is None or some is None or every.condition is not None or some.condition is None:
        return None
    if any(c.name != "Count" or c.distinct or not isinstance(c.node, (exp.Count, exp.Filter)) for c in (every, some)):
        return None
    if every.args != some.args:
        return None
    asked = [exp.Not(this=exp.Is(this=arg.copy(), expression=exp.Null())) for arg in every.args if not _is_star(arg)]
    asked.append(exp.Not(this=exp.Is(this=exp.Paren(this=some.condition.copy()), expression=exp.true())))
    return replace(every, node=node, condition=exp.and_(*asked))


def _is_star(node: exp.Expr) -> bool:
    return isinstance(node, exp.Star)


def _defaulted(node: exp.Coalesce) -> Call | None:
    """``COALESCE(BOOL_OR(p), FALSE)`` is ``BOOL_OR(COALESCE(p, FALSE))``, also of no rows; likewise AND and TRUE.

    ``COALESCE(SUM(x), 0)`` does not tell no rows from rows that add nothing.
    """
    inner = call_of(node.this)
    other = node.expressions[0] if len(node.expressions) == 1 else None
    if inner is not None and inner.name == "Sum" and other is not None and _is_zero(other):
        return replace(inner, node=node, or_zero=True)
    if inner is None or inner.condition is not None or not isinstance(other, exp.Boolean):
        return None
    neutral = {"LogicalOr": False, "LogicalAnd": True}.get(inner.name)
    return replace(inner, node=node, default=neutral) if neutral is bool(other.this) else None


def _is_zero(node: exp.Expr) -> bool:
    """Whether a literal is zero, without digits behind its point, under whatever PostgreSQL casts it to."""
    node = _uncast(node)
    return isinstance(node, exp.Literal) and not node.is_string and node.name == "0"


def _uncast(node: exp.Expr) -> exp.Expr:
    """What PostgreSQL casts to a type of any length."""
    while isinstance(node, exp.Paren) or (isinstance(node, exp.Cast) and not node.args["to"].expressions):
        node = node.this
    return node


def _measured(node: exp.Expr) -> Call | None:
    """The length of a collected array: how many rows there were, in whatever order."""
    array, *rest = list(node.expressions) if isinstance(node, exp.Anonymous) else arguments(node)
    without_nulls = isinstance(array, exp.ArrayRemove) and isinstance(_uncast(array.expression), exp.Null)
    inner = call_of(array.this if without_nulls else array)
    if inner is None or inner.name != "ArrayAgg" or not all(isinstance(a, exp.Literal) for a in rest):
        return None
    if without_nulls and inner.condition is None and inner.keeps_nulls:
        inner = replace(inner, keeps_nulls=False, emptied=True, order=())
    return None if without_nulls and not inner.emptied else replace(inner, node=node, sorted=True, type_="int")


def _of_elements(node: exp.Expr) -> Call | None:
    """``list_sum(list(x))`` is ``SUM(x)``, whatever the order; so is what names the aggregate."""
    name, args = type(node).__name__, [node.this]
    if isinstance(node, exp.Anonymous):
        name, args = node.name.lower(), list(node.expressions)
    if name in _BY_NAME and len(args) == 2 and isinstance(args[1], exp.Literal):
        name, args = f"list_{args[1].name.lower()}", args[:1]
    elif len(arguments(node)) > 1:
        return None
    if name not in _OF_ELEMENTS or len(args) != 1:
        return None
    inner = _gathered(args[0])
    return replace(inner, node=node, name=_OF_ELEMENTS[name], order=(), keeps_nulls=False) if inner else None


def _gathered(node: object) -> Call | None:
    """An array that is collected, filtered and transformed here: of what, and of which rows."""
    if isinstance(node, (exp.ArrayFilter, exp.Transform)):
        inner, function = _gathered(node.this), node.expression
        if inner is None or inner.distinct or not isinstance(function, exp.Lambda) or len(function.expressions) != 1:
            return None
        body = applied(function, inner.args[0], frozenset())
        if body is None:
            return None
        if isinstance(node, exp.Transform):
            return replace(inner, args=(body,))
        return replace(inner, condition=body if inner.condition is None else exp.and_(inner.condition.copy(), body))
    found = call_of(node) if isinstance(node, exp.Expr) else None
    return None if found is None or found.name != "ArrayAgg" or found.sorted or len(found.args) != 1 else found


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
