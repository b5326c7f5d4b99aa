"""The guards of time in a compiled query, taken out one at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import partial
from itertools import islice

from sqlglot import exp

Change = Callable[[exp.Expr], exp.Expr | None]
Mutant = Callable[[], exp.Expr | None]

_STRICT = {exp.LT: exp.LTE, exp.GT: exp.GTE}
_SIDES = {"PRECEDING": "FOLLOWING", "FOLLOWING": "PRECEDING"}


def without_guards(tree: exp.Expr, copied: Collection[exp.Expr] = ()) -> Iterator[tuple[str, exp.Expr]]:
    """The query with one guard gone, and what was done to it; every guard of it in turn.

    A CTE that is one of the queries ``copied`` keeps its guards: what it copies has its own.

    >>> import sqlglot
    >>> query = sqlglot.parse_one("SELECT sum(n) OVER (ORDER BY d ROWS 1 PRECEDING) FROM t WHERE d < e")
    >>> [mutant.sql() for what, mutant in without_guards(query) if what.startswith("< to <=")]
    ['SELECT SUM(n) OVER (ORDER BY d ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t WHERE d <= e']
    """
    for what, mutant in guards_of(tree, copied):
        found = mutant()
        if found is not None:
            yield what, found


def guards_of(tree: exp.Expr, copied: Collection[exp.Expr] = ()) -> Iterator[tuple[str, Mutant]]:
    """What can be done to each guard, and what makes the query with that done; nothing where it changes nothing."""
    copies = {cte.alias for cte in tree.find_all(exp.CTE) if cte.this in copied}

    def nodes(query: exp.Expr) -> Iterator[exp.Expr]:
        return query.walk(prune=lambda node: isinstance(node, exp.CTE) and node.alias in copies)

    def changed(at: int, change: Change) -> exp.Expr | None:
        mutant = tree.copy()
        target = next(islice(nodes(mutant), at, None))
        new = change(target)
        if new is not None:
            target.replace(new)
        return mutant if mutant != tree else None

    for at, node in enumerate(nodes(tree)):
        for what, change in _changes(node):
            yield f"{what}{_place(node)}: {_shown(node).sql()[:90]}", partial(changed, at, change)


def _shown(node: exp.Expr) -> exp.Expr:
    """What is said of a guard: of a frame the window that it is the frame of."""
    return node.parent if isinstance(node, exp.WindowSpec) and node.parent is not None else node


def _place(node: exp.Expr) -> str:
    """Of which rows a condition without qualified columns is, and of which part of a union."""
    select = node.find_ancestor(exp.Select)
    source = select.args.get("from_") if select is not None else None
    if source is None or not isinstance(node, exp.Predicate) or any(c.table for c in node.find_all(exp.Column)):
        return ""
    union: exp.Expr = select
    while isinstance(union.parent, exp.Union):
        union = union.parent
    parts = list(_parts(union))
    return f" of {source.this.alias_or_name}" + (f" in part {parts.index(select) + 1}" if len(parts) > 1 else "")


def _parts(query: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(query, exp.Union):
        yield from _parts(query.this)
        yield from _parts(query.expression)
    else:
        yield query


def _changes(node: exp.Expr) -> Iterator[tuple[str, Change]]:
    if type(node) in _STRICT:
        yield "< to <=", lambda n: _STRICT[type(n)](this=n.this.copy(), expression=n.expression.copy())
    if isinstance(node, (*_STRICT, exp.LTE, exp.GTE)) and _is_condition(node):
        yield "no predicate", lambda _: exp.true()
    if isinstance(node, exp.Window) and node.args.get("order") is not None:
        yield "other order", _turned_round
        if len(node.args["order"].expressions) > 1:
            yield "peers", _with_peers
    if isinstance(node, exp.WindowSpec):
        yield "frame one row later", _later
        for side in ("start", "end"):
            if node.args.get(f"{side}_side") in _SIDES and node.args.get(side) != "UNBOUNDED":
                yield f"frame {side} on the other side", _on_the_other_side(side)
        yield "frame to the end", _to_the_end


def _is_condition(node: exp.Expr) -> bool:
    """Whether a comparison decides which rows there are, rather than being a value."""
    parent = node.parent
    while isinstance(parent, (exp.And, exp.Paren)):
        parent = parent.parent
    return isinstance(parent, (exp.Where, exp.Join, exp.Filter, exp.Having, exp.Qualify, exp.If, exp.Case))


def _turned_round(window: exp.Expr) -> None:
    for item in window.args["order"].expressions:
        item.set("desc", not item.args.get("desc"))


def _with_peers(window: exp.Expr) -> None:
    order = window.args["order"]
    order.set("expressions", order.expressions[:1])


def _later(spec: exp.Expr) -> None:
    """The end of the frame moved by one row: 2 PRECEDING, 1 PRECEDING, CURRENT ROW, 1 FOLLOWING."""
    end, side = spec.args.get("end"), spec.args.get("end_side")
    number = int(end.name) if isinstance(end, exp.Literal) and end.name.isdigit() else None
    if end == "CURRENT ROW" and spec.args.get("kind") == "ROWS":
        spec.set("end", exp.Literal.number(1))
        spec.set("end_side", "FOLLOWING")
    elif number is not None and side == "PRECEDING":
        spec.set("end", exp.Literal.number(number - 1) if number > 1 else "CURRENT ROW")
        spec.set("end_side", side if number > 1 else None)


def _on_the_other_side(which: str) -> Callable[[exp.Expr], None]:
    def change(spec: exp.Expr) -> None:
        spec.set(f"{which}_side", _SIDES[spec.args[f"{which}_side"]])

    return change


def _to_the_end(spec: exp.Expr) -> None:
    spec.set("end", "UNBOUNDED")
    spec.set("end_side", "FOLLOWING")
