"""Small changes of a query that make it look at a little more: the nearly safe ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlglot import exp

Change = Callable[[exp.Expr], exp.Expr | None]

_COMPARISONS = (exp.LT, exp.LTE, exp.GT, exp.GTE, exp.EQ)


def mutants(tree: exp.Expr) -> Iterator[tuple[str, exp.Expr]]:
    """Every single change, with a name."""
    for position, node in enumerate(tree.walk()):
        for name, change in _changes(node):
            copy = tree.copy()
            target = list(copy.walk())[position]
            new = change(target)
            if new is not None:
                target.replace(new)
            yield name, copy


def _changes(node: exp.Expr) -> Iterator[tuple[str, Change]]:
    if isinstance(node, _COMPARISONS):
        for other in _COMPARISONS:
            if not isinstance(node, other):
                yield f"{type(node).__name__} to {other.__name__}", _to(other)
        yield "coalesced", lambda n: exp.Coalesce(this=exp.Paren(this=n.copy()), expressions=[exp.false()])
        yield "negated", lambda n: exp.Not(this=exp.Paren(this=n.copy()))
    if isinstance(node, (exp.And, exp.Or)):
        yield "left half", lambda n: n.this.copy()
        yield "right half", lambda n: n.expression.copy()
    if isinstance(node, exp.And):
        yield "and to or", lambda n: exp.Paren(this=exp.Or(this=n.this.copy(), expression=n.expression.copy()))
    if isinstance(node, (exp.Not, exp.Coalesce, exp.Filter)):
        yield f"without {type(node).__name__}", lambda n: n.this.copy()
    if isinstance(node, (exp.Min, exp.Max, exp.Sum, exp.Count)):
        for other in (exp.Min, exp.Max, exp.Count):
            yield f"{type(node).__name__} to {other.__name__}", _to_aggregate(other)
        yield "count of all", lambda _: exp.Count(this=exp.Star())
    if isinstance(node, exp.Ordered):
        yield "other order", _set(lambda n: ("desc", not n.args.get("desc")))
    if isinstance(node, exp.WindowSpec):
        for kind in ("ROWS", "RANGE", "GROUPS"):
            yield f"frame in {kind}", _set(lambda _, kind=kind: ("kind", kind))
        yield "frame to the own row", _frame_end("CURRENT ROW", None)
        yield "frame to the end", _frame_end("UNBOUNDED", "FOLLOWING")
    if isinstance(node, exp.Window) and node.args.get("partition_by"):
        yield "no partition", _set(lambda _: ("partition_by", []))
    if isinstance(node, exp.Join) and node.args.get("on"):
        yield "other side", _set(lambda n: ("side", None if n.args.get("side") else "LEFT"))
    if isinstance(node, exp.Case):
        yield "else 0", _set(lambda _: ("default", exp.Literal.number(0)))
        yield "no else", _set(lambda _: ("default", None))
    if isinstance(node, (exp.Add, exp.Sub)):
        other = exp.Sub if isinstance(node, exp.Add) else exp.Add
        yield "other sign", lambda n: other(this=n.this.copy(), expression=n.expression.copy())
    if isinstance(node, exp.Alias) and node.alias not in ("t0", "day", "id") and isinstance(node.parent, exp.Select):
        yield (
            "is it NULL",
            lambda n: exp.alias_(exp.Is(this=exp.Paren(this=n.this.copy()), expression=exp.Null()), n.alias),
        )
    if isinstance(node, exp.Column) and node.name in ("made", "paid", "seen"):
        for name in {"made", "paid"} - {node.name}:
            yield f"{node.name} to {name}", lambda n, name=name: exp.column(name, table=n.table or None)


def _to(kind: type[exp.Expr]) -> Change:
    return lambda n: kind(this=n.this.copy(), expression=n.expression.copy())


def _to_aggregate(kind: type[exp.Expr]) -> Change:
    return lambda n: None if isinstance(n.this, exp.Star) else kind(this=n.this.copy())


def _set(what: Callable[[exp.Expr], tuple[str, object]]) -> Change:
    def change(node: exp.Expr) -> None:
        key, value = what(node)
        node.set(key, value)

    return change


def _frame_end(end: str, side: str | None) -> Change:
    def change(node: exp.Expr) -> None:
        node.set("end", end)
        node.set("end_side", side)

    return change
