"""The portable subset of SQL expressions: what a declaration may say, whatever the engine.

A closed world: a node or function that is not listed here is refused by name, so nothing reaches an engine whose
meaning differs there in silence. Clocks, randomness, aggregates, windows and subqueries are not in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from tzero.errors import ExpressionError, Place
from tzero.sql.parse import parse_one

READ_DIALECT = "postgres"

NODES: frozenset[type[exp.Expr]] = frozenset({
    exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Alias,
    exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE,
    exp.NullSafeEQ, exp.NullSafeNEQ, exp.Is, exp.In, exp.Between, exp.Like, exp.Case, exp.If,
    exp.Cast, exp.DataType, exp.DataTypeParam, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg, exp.DPipe,
    exp.Extract, exp.Var, exp.AtTimeZone,
})  # fmt: skip
FUNCTIONS: dict[type[exp.Expr], str] = {
    exp.Abs: "abs", exp.Ceil: "ceil", exp.Coalesce: "coalesce", exp.Exp: "exp", exp.Floor: "floor",
    exp.Greatest: "greatest", exp.Least: "least", exp.Length: "length", exp.Ln: "ln", exp.Lower: "lower",
    exp.Nullif: "nullif", exp.RegexpReplace: "regexp_replace", exp.Sqrt: "sqrt", exp.Substring: "substring",
    exp.Trim: "trim", exp.Upper: "upper",
}  # fmt: skip
NAMED_FUNCTIONS = frozenset({"seconds_between"})
CAST_TYPES = frozenset({"INT", "BIGINT", "DOUBLE", "TEXT", "VARCHAR", "BOOLEAN", "DATE", "DECIMAL", "TIMESTAMP"})
TIME_TYPES = frozenset({"DATE", "TIMESTAMP"})
EXTRACT_FIELDS = frozenset({"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "ISODOW", "DOY"})
_WRITTEN_TIME = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?$")


@dataclass(frozen=True, slots=True)
class ColumnRef:
    """A column as written: its name, and the relation that it was qualified with, if any."""

    name: str
    relation: str | None = None

    def __str__(self) -> str:
        return f"{self.relation}.{self.name}" if self.relation else self.name


def parse_expression(text: str, place: Place | None = None) -> exp.Expr:
    """Parse a scalar expression of the portable subset.

    >>> parse_expression("coalesce(gen, 13) >= 13").sql()
    'COALESCE(gen, 13) >= 13'

    Raises ExpressionError naming the part that is not portable.
    """
    try:
        select = parse_one(f"SELECT {text}\n", READ_DIALECT)
    except ExpressionError as error:
        raise ExpressionError(f"cannot read the expression {text!r}: {error.what}", place=place) from error
    clauses = {key for key, value in select.args.items() if value and key != "expressions"}
    if not isinstance(select, exp.Select) or clauses or len(select.expressions) != 1:
        raise ExpressionError(f"{text!r} is not one scalar expression", place=place)
    tree: exp.Expr = select.expressions[0]
    if isinstance(tree, exp.Alias):
        raise ExpressionError(f"{text!r} names its result with AS", place=place, fix="give the name as the keyword")
    for node in tree.walk():
        problem = _refusal(node)
        if problem:
            raise ExpressionError(f"{problem} in {text!r}", place=place, fix=_allowed())
    tree.pop()
    return tree


def columns_of(tree: exp.Expr) -> Iterator[ColumnRef]:
    """Every column that an expression reads, in order, with repeats."""
    for node in tree.find_all(exp.Column, bfs=False):
        yield ColumnRef(_folded(node.this), _folded(node.args["table"]) if node.args.get("table") else None)


def _folded(identifier: exp.Identifier) -> str:
    return str(identifier.this) if identifier.quoted else str(identifier.this).lower()


def _refusal(node: exp.Expr) -> str | None:
    kind = type(node)
    if kind is exp.Anonymous and str(node.this).lower() in NAMED_FUNCTIONS:
        return None if len(node.expressions) == 2 else f"{node.this} takes two times"
    if kind not in NODES and kind not in FUNCTIONS:
        name = str(node.this) if isinstance(node, exp.Anonymous) else node.sql(READ_DIALECT)
        return f"{name.split('(')[0][:60] or node.key!r} is not in the portable subset"
    if isinstance(node, exp.Cast) and node.to.this.name not in CAST_TYPES:
        return f"a cast to {node.to.sql(READ_DIALECT)} is not in the portable subset"
    if isinstance(node, exp.Cast) and node.to.this.name in TIME_TYPES and _is_other_text(node.this):
        return f"the time {node.this.name!r}, which may be read off a clock,"
    if isinstance(node, exp.Extract) and str(node.this).upper() not in EXTRACT_FIELDS:
        return f"extract({node.this}) is not in the portable subset"
    if isinstance(node, exp.AtTimeZone) and not isinstance(node.args["zone"], exp.Literal):
        return "a time zone that is not a literal"
    if isinstance(node, exp.Like) and "\\" in node.expression.name:
        return "a LIKE pattern with a backslash"
    if isinstance(node, exp.RegexpReplace) and node.args.get("modifiers") is None:
        return "regexp_replace without the 'g' flag"
    return None


def is_written_time(value: exp.Expr) -> bool:
    """Whether a value is a literal date or time in ISO form; 'now' or 'today' would be read off a clock."""
    return isinstance(value, exp.Literal) and value.is_string and _WRITTEN_TIME.match(value.name) is not None


def _is_other_text(value: exp.Expr) -> bool:
    return isinstance(value, exp.Literal) and value.is_string and not is_written_time(value)


def _allowed() -> str:
    return "use columns, literals, comparisons, AND/OR/NOT, CASE, CAST, arithmetic, LIKE, extract(), and " + ", ".join(
        sorted(FUNCTIONS.values()) + sorted(NAMED_FUNCTIONS)
    )
