"""The type and nullability of a portable expression, from those of its columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from tzero.features.types import ColumnType
from tzero.sql.portable import ColumnRef, columns_of

BOOLEAN, TEXT, DOUBLE, INTEGER, BIGINT = (ColumnType(k) for k in ("boolean", "text", "double", "integer", "bigint"))
UNKNOWN = ColumnType("other")

_TESTS = (exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.In, exp.Between, exp.Like)
_NEVER_NULL = (exp.Is, exp.NullSafeEQ, exp.NullSafeNEQ)
_TEXTS = (exp.Lower, exp.Upper, exp.Trim, exp.RegexpReplace, exp.Substring, exp.DPipe)
_MAY_MISS = (exp.Ln, exp.Sqrt, exp.Div, exp.Mod, exp.Nullif)


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of a value before any row is read."""

    type: ColumnType
    nullable: bool


Resolve = Callable[[ColumnRef], Shape]


def infer(tree: exp.Expr, resolve: Resolve) -> Shape:
    """The shape of an expression; ``resolve`` gives those of its columns.

    >>> from tzero.sql.portable import parse_expression
    >>> infer(parse_expression("coalesce(a, 0)"), lambda ref: Shape(INTEGER, True))
    Shape(type=ColumnType(kind='integer', scale=None), nullable=False)
    """
    match tree:
        case exp.Column():
            return resolve(next(columns_of(tree)))
        case exp.Paren() | exp.Neg() | exp.Abs():
            return infer(tree.this, resolve)
        case exp.Literal():
            return Shape(_literal(tree), False)
        case exp.Boolean():
            return Shape(BOOLEAN, False)
        case exp.Null():
            return Shape(UNKNOWN, True)
        case exp.Cast():
            return Shape(ColumnType.parse(tree.to.sql("postgres")), infer(tree.this, resolve).nullable)
        case exp.Case():
            return _case(tree, resolve)
        case exp.Coalesce():
            return _first(_arguments(tree), resolve, all)
        case exp.Greatest() | exp.Least():
            return _first(_arguments(tree), resolve, all)
        case exp.Nullif():
            return Shape(infer(tree.this, resolve).type, True)
        case exp.AtTimeZone():
            inner = infer(tree.this, resolve)
            turned = "timestamp" if inner.type.kind == "timestamptz" else "timestamptz"
            return Shape(ColumnType(turned), inner.nullable)
    nullable = not isinstance(tree, _NEVER_NULL) and (isinstance(tree, _MAY_MISS) or _any_null(tree, resolve))
    return Shape(_type(tree, resolve), nullable)


def _type(tree: exp.Expr, resolve: Resolve) -> ColumnType:
    if isinstance(tree, (*_TESTS, *_NEVER_NULL)):
        return BOOLEAN
    if isinstance(tree, _TEXTS):
        return TEXT
    if isinstance(tree, (exp.Length, exp.Extract)):
        return BIGINT
    if isinstance(tree, (exp.Add, exp.Sub, exp.Mul, exp.Mod)):
        sides = [infer(side, resolve).type for side in (tree.this, tree.expression)]
        if any(side.kind == "double" for side in sides):
            return DOUBLE
        if any(side.kind == "decimal" for side in sides):
            return ColumnType("decimal")
        return BIGINT if any(side.kind == "bigint" for side in sides) else sides[0]
    return DOUBLE


def _arguments(tree: exp.Expr) -> list[exp.Expr]:
    return [tree.this, *tree.expressions]


def _first(branches: list[exp.Expr], resolve: Resolve, null: Callable[[list[bool]], bool]) -> Shape:
    shapes = [infer(branch, resolve) for branch in branches]
    known = [shape.type for shape in shapes if shape.type.kind != "other"]
    return Shape(known[0] if known else UNKNOWN, null([shape.nullable for shape in shapes]))


def _case(tree: exp.Case, resolve: Resolve) -> Shape:
    branches = [branch.args["true"] for branch in tree.args["ifs"]]
    default = tree.args.get("default")
    found = _first([*branches, default] if default is not None else branches, resolve, any)
    return Shape(found.type, found.nullable or default is None)


def _any_null(tree: exp.Expr, resolve: Resolve) -> bool:
    return any(resolve(ref).nullable for ref in columns_of(tree)) or any(
        True for _ in tree.find_all(exp.Null, *_MAY_MISS)
    )


def _literal(tree: exp.Literal) -> ColumnType:
    if tree.is_string:
        return TEXT
    if tree.is_int:
        return INTEGER if abs(int(tree.this)) < 2**31 else BIGINT
    return DOUBLE
