"""GROUPING SETS, ROLLUP and CUBE: the sets of keys that rows are grouped by, one after the other."""

from __future__ import annotations

from itertools import combinations, product

from sqlglot import exp

Keys = tuple[exp.Expr, ...]
_SETS = (exp.GroupingSets, exp.Rollup, exp.Cube)


def key_sets(nodes: list[exp.Expr]) -> list[Keys] | None:
    """The sets of keys of a GROUP BY; None where a number stands for a key of one.

    >>> from sqlglot import parse_one
    >>> group = parse_one("SELECT 1 FROM t GROUP BY a, ROLLUP (b, c)").args["group"]
    >>> [", ".join(key.sql() for key in keys) for keys in key_sets(group.expressions)]
    ['a, b, c', 'a, b', 'a']
    """
    found = [tuple(key for part in parts for key in part) for parts in product(*map(_sets_of, nodes))]
    nested = any(isinstance(node, _SETS) for node in nodes)
    if nested and any(isinstance(key, exp.Literal) for keys in found for key in keys):
        return None
    return [tuple(dict.fromkeys(keys)) for keys in found]


def _sets_of(node: exp.Expr) -> list[Keys]:
    if isinstance(node, exp.GroupingSets):
        return [keys for member in node.expressions for keys in _sets_of(member)]
    parts = [_members(item) for item in node.expressions] if isinstance(node, (exp.Rollup, exp.Cube)) else []
    if isinstance(node, exp.Rollup):
        return [_together(parts[:n]) for n in range(len(parts), -1, -1)]
    if isinstance(node, exp.Cube):
        return [_together(chosen) for n in range(len(parts), -1, -1) for chosen in combinations(parts, n)]
    return [_members(node)]


def _members(node: exp.Expr) -> Keys:
    if isinstance(node, exp.Tuple):
        return tuple(node.expressions)
    return (node.this,) if isinstance(node, exp.Paren) else (node,)


def _together(parts: list[Keys] | tuple[Keys, ...]) -> Keys:
    return tuple(key for part in parts for key in part)
