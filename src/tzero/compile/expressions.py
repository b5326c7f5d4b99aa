"""Portable expressions in an engine's terms: the same value everywhere, or NULL where a function is undefined."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from tzero.compile.dialects.base import Dialect
from tzero.compile.sessions import refuse_session
from tzero.errors import Place
from tzero.features.inference import Resolve, infer
from tzero.sql.build import case_when, cast, double, integer
from tzero.sql.portable import ColumnRef, columns_of

Locate = Callable[[ColumnRef], exp.Expr]


def in_dialect(tree: exp.Expr, resolve: Resolve, locate: Locate, dialect: Dialect, place: Place | None) -> exp.Expr:
    """The expression for an engine: columns located, divisions, casts and logarithms with one meaning."""

    def visit(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column):
            return locate(next(columns_of(node)))
        rebuilt = node.copy()
        for key, value in node.args.items():
            if isinstance(value, exp.Expr):
                rebuilt.set(key, visit(value))
            elif isinstance(value, list):
                rebuilt.set(key, [visit(item) if isinstance(item, exp.Expr) else item for item in value])
        return _with_one_meaning(node, rebuilt, resolve, dialect, place)

    return visit(tree)


def _with_one_meaning(
    node: exp.Expr, rebuilt: exp.Expr, resolve: Resolve, dialect: Dialect, place: Place | None
) -> exp.Expr:
    refuse_session(node, resolve, place)
    zero = integer(0)
    match node:
        case exp.Div():
            divisor = exp.Nullif(this=cast(rebuilt.expression, "double"), expression=double(0.0))
            return exp.Div(this=cast(rebuilt.this, "double"), expression=divisor)
        case exp.Mod():
            return exp.Mod(this=rebuilt.this, expression=exp.Nullif(this=rebuilt.expression, expression=zero))
        case exp.Ln():
            return case_when(
                exp.GT(this=rebuilt.this.copy(), expression=zero), exp.Ln(this=cast(rebuilt.this, "double"))
            )
        case exp.Sqrt():
            return case_when(exp.GTE(this=rebuilt.this.copy(), expression=zero), rebuilt)
        case exp.Cast() if _rounds(node, resolve):
            half_up = exp.Floor(this=exp.Add(this=rebuilt.this, expression=exp.Literal.number("0.5")))
            return exp.Cast(this=half_up, to=rebuilt.args["to"])
        case exp.Anonymous():
            return dialect.seconds_between(*rebuilt.expressions)
    return rebuilt


def _rounds(node: exp.Cast, resolve: Resolve) -> bool:
    if node.to.this.name not in ("INT", "BIGINT"):
        return False
    return infer(node.this, resolve).type.kind in ("double", "decimal")
