"""Functions of the elements of an array: ``list_transform(xs, x -> f(x))``, ``filter(xs, x -> p(x))``."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from tzero.prove.domain.terms import Term, app
from tzero.prove.domain.types import HOLDER, UNKNOWN
from tzero.prove.transfer.binding import bind, binds, holds_instant
from tzero.prove.transfer.frame import Frame


@binds(exp.Transform, exp.ArrayFilter)
def _each(node: exp.Expr, frame: Frame) -> Term:
    """What is made of each element depends on the array, and on whatever else its function reads."""
    array, function = bind(node.this, frame), node.expression
    whole = isinstance(function, exp.Lambda) and not function.this.find(exp.Query, exp.Lambda, exp.AggFunc, exp.Window)
    if not whole:
        return frame.unknown(node, "a function of elements that is not understood", (array,))
    kind = HOLDER if holds_instant(array) else UNKNOWN
    element = app("pure", array, type_=kind, params=("element",))
    names = {name.name.lower() for name in function.expressions}

    def of_element(inner: exp.Expr) -> Term | None:
        if isinstance(inner, exp.Column) and inner.table:
            return element if inner.table.lower() in names else None
        named = isinstance(inner, (exp.Column, exp.Identifier)) and inner.name.lower() in names
        return element if named else None

    made = bind(function.this, replace(frame, hooks=(of_element, *frame.hooks)))
    type_ = HOLDER if holds_instant(array) or holds_instant(made) else UNKNOWN
    return app("pure", array, made, type_=type_, params=(type(node).__name__,))
