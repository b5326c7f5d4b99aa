"""Which columns of a query hold the same things: those that it compares, under all the names that it gives them."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

Pair = tuple[str, str]
FOLDED = (exp.Paren, exp.Cast, exp.Lower, exp.Upper, exp.Trim, exp.Coalesce, exp.Abs)
_AMOUNTS = (exp.Sum, exp.Avg, exp.Min, exp.Max, exp.Filter, exp.Window)


def column_of(node: exp.Expr | None) -> str:
    """The name of the column whose values an expression holds, as they are or folded; empty where it is none."""
    while isinstance(node, (*FOLDED, *_AMOUNTS)):
        node = node.this
    return node.name.lower() if isinstance(node, exp.Column) else ""


def joined_by(node: exp.Expr) -> Iterator[Pair]:
    """The columns that a node says are equal, or looks for among others.

    >>> import sqlglot
    >>> [pair for node in sqlglot.parse_one("SELECT a.x IN (SELECT y FROM b)").walk() for pair in joined_by(node)]
    [('x', 'y')]
    """
    if isinstance(node, exp.EQ):
        yield from _paired([node.this], _shown(node.expression) or [node.expression])
        yield from _paired(_shown(node.this), [node.expression])
    elif isinstance(node, exp.In) and isinstance(node.args.get("query"), exp.Expr):
        asked = node.this.expressions if isinstance(node.this, exp.Tuple) else [node.this]
        yield from _paired(asked, _shown(node.args["query"]))
    elif isinstance(node, (exp.Except, exp.Intersect)):
        yield from _paired(_shown(node.this), _shown(node.expression))


def matched_by(node: exp.Expr) -> Iterator[str]:
    """The names by which a node brings rows together, without saying what equals what: USING, PARTITION BY."""
    if isinstance(node, exp.Join):
        yield from (name.name.lower() for name in node.args.get("using") or ())
    elif isinstance(node, exp.Window):
        yield from filter(None, map(column_of, node.args.get("partition_by") or ()))


def renamed_by(node: exp.Expr) -> Iterator[Pair]:
    """Other names that a node gives to columns: aliases, names beside an alias, the first names of a union.

    >>> import sqlglot
    >>> [pair for node in sqlglot.parse_one("SELECT a.x AS z FROM a").walk() for pair in renamed_by(node)]
    [('z', 'x')]
    """
    if isinstance(node, exp.Alias):
        yield from _named(node.alias, node.this)
    elif isinstance(node, (exp.Subquery, exp.CTE)) and node.alias_column_names:
        for name, shown in zip(node.alias_column_names, _shown(node.this), strict=False):
            yield from _named(name, shown)
    elif isinstance(node, exp.Union):
        for first, second in zip(_shown(node.this), _shown(node.expression), strict=False):
            yield from _named(first.alias_or_name, second)


def same_names(joined: set[str], renamed: list[Pair]) -> Iterator[Pair]:
    """The renamings that bear on what is joined: of a name that is, or that another such name stands for.

    >>> list(same_names({"z", "id"}, [("z", "y"), ("y", "x"), ("n", "m")]))
    [('z', 'y'), ('y', 'x')]
    """
    left, found = list(renamed), set(joined)
    while hits := [pair for pair in left if not found.isdisjoint(pair)]:
        yield from hits
        found |= {name for pair in hits for name in pair}
        left = [pair for pair in left if pair not in hits]


def _named(name: str, shown: exp.Expr) -> Iterator[Pair]:
    column = column_of(shown.unalias())
    if name and column and name.lower() != column:
        yield name.lower(), column


def _paired(left: list[exp.Expr], right: list[exp.Expr]) -> Iterator[Pair]:
    for one, other in zip(left, right, strict=False):
        pair = column_of(one.unalias()), column_of(other.unalias())
        if all(pair):
            yield pair


def _shown(node: exp.Expr | None) -> list[exp.Expr]:
    """What a query shows, also in parentheses, and as the rows of ANY and ALL; nothing where it is no query."""
    while isinstance(node, (exp.Paren, exp.Subquery, exp.Any, exp.All)):
        node = node.this
    return list(node.selects) if isinstance(node, exp.Query) else []
