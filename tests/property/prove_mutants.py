"""Small changes of a query that make it look at a little more: the nearly safe ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from random import Random

import sqlglot
from sqlglot import exp

Change = Callable[[exp.Expr], exp.Expr | None]

_COMPARISONS = (exp.LT, exp.LTE, exp.GT, exp.GTE, exp.EQ)


_OTHER_WAY = {exp.LT: exp.GT, exp.GT: exp.LT, exp.LTE: exp.GTE, exp.GTE: exp.LTE, exp.EQ: exp.NEQ}


def _not(node: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.Paren(this=node))


def mutants(tree: exp.Expr) -> Iterator[tuple[str, exp.Expr]]:
    """Every single change, with a name."""
    for position, node in enumerate(tree.walk()):
        for name, change in _changes(node):
            yield name, _applied(tree, position, change)


def sampled(tree: exp.Expr, random: Random, number: int) -> list[exp.Expr]:
    """A few single changes, of each kind of node as often as of any other; only those are made."""
    found: dict[str, list[tuple[int, Change]]] = defaultdict(list)
    for position, node in enumerate(tree.walk()):
        found[type(node).__name__] += ((position, change) for _, change in _changes(node))
    kinds = [changes for changes in found.values() if changes]
    return [_applied(tree, *random.choice(random.choice(kinds))) for _ in range(number)] if kinds else []


def _applied(tree: exp.Expr, position: int, change: Change) -> exp.Expr:
    copy = tree.copy()
    target = list(copy.walk())[position]
    new = change(target)
    if new is not None:
        target.replace(new)
    return copy


def ends(original: exp.Expr, mutant: exp.Expr) -> bool:
    """A recursion that was changed may never end, and a query that runs cannot be stopped: it is not run."""
    before, after = (tree.find(exp.With) for tree in (original, mutant))
    return before is None or not before.args.get("recursive") or before == after


def smaller(sql: str, dialect: str = "duckdb") -> Iterator[str]:
    """A query with one thing left out, the largest first."""
    tree = sqlglot.parse_one(sql, read=dialect)
    nodes = list(tree.walk())
    found: set[str] = set()
    for position, node in enumerate(nodes):
        for change in _cuts(node):
            found.add(_applied(tree, position, change).sql(dialect))
    yield from sorted((text for text in found if len(text) < len(sql)), key=len)


def _cuts(node: exp.Expr) -> Iterator[Change]:
    if isinstance(node, (exp.And, exp.Or)):
        yield lambda n: n.this.copy()
        yield lambda n: n.expression.copy()
    if isinstance(node, (exp.Filter, exp.Coalesce, exp.Paren, exp.Not)) and isinstance(node.this, exp.Expr):
        yield lambda n: n.this.copy()
    if isinstance(node, (exp.Where, exp.Join, exp.CTE, exp.Having, exp.Qualify)):
        yield _removed
    if isinstance(node, exp.Alias) and isinstance(node.parent, exp.Select) and len(node.parent.expressions) > 1:
        yield _removed
    if isinstance(node, exp.Window) and node.args.get("partition_by"):
        yield _set(lambda _: ("partition_by", []))
    if isinstance(node, exp.Subquery) and isinstance(node.parent, (exp.From, exp.Join)):
        yield lambda n: exp.to_table(
            next((t.name for t in n.find_all(exp.Table) if isinstance(t.this, exp.Identifier)), "sales"),
            alias=n.alias or None,
        )


def _removed(node: exp.Expr) -> None:
    node.pop()


def crossed(one: str, other: str, random: Random, dialect: str = "duckdb") -> Iterator[str]:
    """A query with one of its parts out of another: a condition for a condition, a relation for a relation."""
    tree, giver = (sqlglot.parse_one(sql, read=dialect) for sql in (one, other))
    for kinds in ((*_COMPARISONS, exp.Between, exp.Exists), (exp.Subquery,), (exp.AggFunc,), (exp.WindowSpec,)):
        taken, given = ([node for node in t.find_all(*kinds) if node.parent] for t in (tree, giver))
        if taken and given:
            copy = tree.copy()
            place = random.choice([node for node in copy.find_all(*kinds) if node.parent])
            gift = random.choice(given).copy()
            if isinstance(gift, exp.Subquery) and place.alias:
                gift = exp.alias_(exp.Subquery(this=gift.this), place.alias, table=True)
            place.replace(gift)
            yield copy.sql(dialect)


def _changes(node: exp.Expr) -> Iterator[tuple[str, Change]]:
    if isinstance(node, _COMPARISONS):
        for other in _COMPARISONS:
            if not isinstance(node, other):
                yield f"{type(node).__name__} to {other.__name__}", _to(other)
        yield (
            "not the other way",
            lambda n: _not(_OTHER_WAY[type(n)](this=n.this.copy(), expression=n.expression.copy())),
        )
        yield "or equal", lambda n: exp.Paren(this=exp.Or(this=n.copy(), expression=_to(exp.EQ)(n)))
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
        yield "frame to the row before", _frame_end(exp.Literal.number(1), "PRECEDING")
        for name in ("CURRENT ROW", "GROUP", "TIES"):
            yield f"exclude {name}", _set(lambda _, name=name: ("exclude", exp.Var(this=name)))
    if isinstance(node, exp.Join) and not node.args.get("side") and node.args.get("on"):
        yield "full", _set(lambda _: ("side", "FULL"))
    if isinstance(node, exp.Literal) and not node.is_string and node.name.isdigit() and len(node.name) < 3:
        yield "one more", lambda n: exp.Literal.number(int(n.name) + 1)
        yield "one less", lambda n: exp.Literal.number(int(n.name) - 1) if int(n.name) else None
    if isinstance(node, exp.Interval) and isinstance(node.this, exp.Literal):
        for text in ("0 seconds", "1 microsecond", "24 hours", "1 day", "-1 hours"):
            yield (
                f"interval of {text}",
                lambda _, text=text: exp.Cast(this=exp.Literal.string(text), to=exp.DataType.build("interval")),
            )
    if isinstance(node, exp.Union):
        yield "other union", _set(lambda n: ("distinct", not n.args.get("distinct")))
        yield "except", lambda n: exp.Except(this=n.this.copy(), expression=n.expression.copy(), distinct=True)
    if isinstance(node, exp.Exists):
        yield "not exists", lambda n: exp.Not(this=n.copy())
    if isinstance(node, exp.Select) and not node.args.get("distinct"):
        yield "distinct", _set(lambda _: ("distinct", exp.Distinct()))
    if isinstance(node, exp.Group) and len(node.expressions) > 1:
        yield "a key less", _set(lambda n: ("expressions", n.expressions[1:]))
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
