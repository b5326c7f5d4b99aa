"""Numbers that stand for columns of the list: ``GROUP BY 1``, ``ORDER BY 2``."""

from __future__ import annotations

from sqlglot import exp


def positional(node: exp.Expr, select: exp.Select) -> exp.Expr:
    """An expression of ORDER BY or DISTINCT ON, with a number replaced by the column that it counts."""
    if isinstance(node, exp.Ordered):
        new = node.copy()
        new.set("this", positional(node.this, select).copy())
        return new
    if isinstance(node, exp.Literal) and not node.is_string:
        return item_at(select, int(node.name))
    return node


def lost_ordinal(select: exp.Select) -> exp.Literal | None:
    """A number in GROUP BY, ORDER BY or DISTINCT ON that counts no column, or the columns of a star."""
    distinct = select.args.get("distinct")
    on = distinct.args.get("on") if distinct is not None else None
    ordered = select.args.get("order") if distinct is not None or select.args.get("limit") is not None else None
    for clause in (select.args.get("group"), ordered, on):
        for node in clause.expressions if clause is not None else ():
            inside = node.this if isinstance(node, exp.Ordered) else node
            if isinstance(inside, exp.Literal) and not inside.is_string:
                before = select.expressions[: int(inside.name)] if inside.is_int else []
                if not before or len(before) < int(inside.name) or any(item.is_star for item in before):
                    return inside
    return None


def item_at(select: exp.Select, ordinal: int) -> exp.Expr:
    """The expression of a column of the list, by its number."""
    target: exp.Expr = select.expressions[ordinal - 1]
    inner_node = target.this if isinstance(target, exp.Alias) else target
    assert isinstance(inner_node, exp.Expr)
    return inner_node
