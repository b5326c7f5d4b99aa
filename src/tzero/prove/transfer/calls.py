"""The aggregate and window calls inside an expression, subqueries apart."""

from __future__ import annotations

from sqlglot import exp

from tzero.prove.transfer.aggregate_call import Call, call_of


def aggregates_in(node: exp.Expr) -> list[Call]:
    """The aggregate calls of an expression that are not inside a window call or a subquery; outermost first."""
    if isinstance(node, (exp.Query, exp.Subquery)):
        return []
    if isinstance(node, exp.Window):
        inner_node = node.this
        call = call_of(inner_node.this if isinstance(inner_node, (exp.IgnoreNulls, exp.RespectNulls)) else inner_node)
        own = list(call.args) if call is not None else [inner_node]
        rest = [*node.args.get("partition_by", []), *([node.args["order"]] if node.args.get("order") else [])]
        return [found for part in (*own, *rest) for found in aggregates_in(part) if part is not None]
    call = call_of(node)
    if call is not None:
        return [call]
    return [found for child in node.iter_expressions() for found in aggregates_in(child)]


def windows_in(node: exp.Expr) -> list[exp.Window]:
    """The window calls of an expression that are not inside a subquery; innermost first."""
    if isinstance(node, (exp.Query, exp.Subquery)):
        return []
    inside = [found for child in node.iter_expressions() for found in windows_in(child)]
    return [*inside, node] if isinstance(node, exp.Window) else inside
