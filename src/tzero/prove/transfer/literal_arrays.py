"""Arrays that are written out: their elements, each cast as the array is."""

from __future__ import annotations

from sqlglot import exp


def elements_of(node: exp.Expr) -> list[exp.Expr] | None:
    """The elements of an array that is written out; None for another expression.

    >>> from tzero.sql.parse import parse_one
    >>> [item.sql() for item in elements_of(parse_one("CAST(ARRAY[a, b] AS DATE[])", "postgres"))]
    ['CAST(a AS DATE)', 'CAST(b AS DATE)']
    """
    if isinstance(node, exp.Paren):
        return elements_of(node.this)
    if isinstance(node, exp.Array):
        return list(node.expressions)
    if not isinstance(node, (exp.Cast, exp.TryCast)):
        return None
    elements = elements_of(node.this)
    to = node.args["to"]
    if elements is None or not to.is_type("array") or len(to.expressions) != 1:
        return None
    return [type(node)(this=element.copy(), to=to.expressions[0].copy()) for element in elements]
