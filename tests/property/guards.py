"""The guards of time in a compiled query, taken out one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlglot import exp

Change = Callable[[exp.Expr], exp.Expr | None]

_STRICT = {exp.LT: exp.LTE, exp.GT: exp.GTE}
_SIDES = {"PRECEDING": "FOLLOWING", "FOLLOWING": "PRECEDING"}


def without_guards(tree: exp.Expr) -> Iterator[tuple[str, exp.Expr]]:
    """The query with one guard gone, and what was done to it; every guard of it in turn.

    >>> import sqlglot
    >>> query = sqlglot.parse_one("SELECT sum(n) OVER (ORDER BY d ROWS 1 PRECEDING) FROM t WHERE d < e")
    >>> [mutant.sql() for what, mutant in without_guards(query) if what.startswith("< to <=")]
    ['SELECT SUM(n) OVER (ORDER BY d ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t WHERE d <= e']
    """
    for at, node in enumerate(tree.walk()):
        for what, change in _changes(node):
            mutant = tree.copy()
            target = list(mutant.walk())[at]
            new = change(target)
            if new is not None:
                target.replace(new)
            if mutant != tree:
                yield f"{what}: {node.sql()[:90]}", mutant


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
