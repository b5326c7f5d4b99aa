"""Which functions a DuckDB query calls: its own bound plan, with views and macros taken in, and its catalog.

The plan is asked for unoptimized, so nothing is folded away before it can be seen. A plan that scans a data file cannot
be written down: there, empty relations with the same columns stand for everything that the query reads.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tzero.engines.base import Engine
from tzero.engines.call import Call, Volatility
from tzero.errors import EngineError
from tzero.sql.names import RelationName
from tzero.sql.parse import parse_one
from tzero.sql.render import Tree, inlined, quoted, relations_of

_STABILITY = {
    "CONSISTENT": Volatility.IMMUTABLE,
    "CONSISTENT_WITHIN_QUERY": Volatility.STABLE,
    "VOLATILE": Volatility.VOLATILE,
}
_CATALOG = """
SELECT function_name,
  CASE WHEN bool_or(has_side_effects) OR bool_or(stability = 'VOLATILE') THEN 'VOLATILE'
       WHEN bool_or(stability = 'CONSISTENT_WITHIN_QUERY') THEN 'CONSISTENT_WITHIN_QUERY' ELSE 'CONSISTENT' END,
  bool_and(internal)
FROM duckdb_functions() WHERE function_type IN ('scalar', 'aggregate', 'table') GROUP BY function_name"""
"""The worst that is said of a name: overloads are not told apart."""
_CAST = "__cast"
_FIXED_LENGTHS = frozenset({"to_hours", "to_minutes", "to_seconds", "to_milliseconds", "to_microseconds"})
_ARITHMETIC = frozenset({"*", "+", "-"})


def calls_of_plan(engine: Engine, tree: Tree) -> tuple[Call, ...]:
    """Every call of a query. Raises EngineError where the database cannot write its plan down."""
    plan = _plan(engine, tree)
    if plan.get("error"):
        plan = _plan(engine, inlined(tree, dict(_standing_in(engine, tree))))
    if plan.get("error"):
        raise EngineError(f"{engine.label} cannot write down its plan: {plan.get('error_message', 'no reason given')}")
    catalog = {name: (_STABILITY[worst], bool(own)) for name, worst, own in engine.rows(_CATALOG)}
    return tuple(dict.fromkeys(_calls(plan["plans"], catalog)))


def _plan(engine: Engine, tree: Tree) -> dict[str, Any]:
    (text,) = engine.rows("SELECT json_serialize_plan(?::VARCHAR)", [engine.render(tree)])[0]
    found: dict[str, Any] = json.loads(text)
    return found


def _standing_in(engine: Engine, tree: Tree) -> Iterator[tuple[RelationName, Tree]]:
    for name in relations_of(tree):
        described = engine.describe(name)
        if described is not None:
            columns = ", ".join(
                f"CAST(NULL AS {column.type}) AS {quoted(column.name, engine.dialect)}" for column in described.columns
            )
            yield name, parse_one(f"SELECT {columns}", engine.dialect)


def _calls(part: Any, catalog: Mapping[str, tuple[Volatility, bool]]) -> Iterator[Call]:
    if isinstance(part, Mapping):
        if part.get("type") == "LOGICAL_SAMPLE":
            yield Call("sample", (), Volatility.VOLATILE, "node")
        path = (
            (part.get("qname") or {}).get("path")
            if str(part.get("expression_class", "")).startswith("BOUND_")
            else None
        )
        if path:
            yield _call(part, str(path[-1]), catalog)
        for inner in part.values():
            yield from _calls(inner, catalog)
    elif isinstance(part, Sequence) and not isinstance(part, str):
        for inner in part:
            yield from _calls(inner, catalog)


def _call(part: Mapping[str, Any], name: str, catalog: Mapping[str, tuple[Volatility, bool]]) -> Call:
    passed = tuple(_type_of(child) for child in part["children"])
    if name == _CAST:
        return Call("cast", (*passed, _type_of(part)), Volatility.IMMUTABLE, "cast")
    kind = {"BOUND_AGGREGATE": "aggregate", "BOUND_WINDOW": "window"}.get(part["expression_class"], "function")
    # an operator or a comparison that is built in has no entry: it is as its operands are
    volatility, own = catalog.get(
        name, (Volatility.IMMUTABLE if part.get("is_operator") or kind == "window" else Volatility.VOLATILE, True)
    )
    ordered = bool(part.get("order_bys") or part.get("arg_orders"))
    fixed = any(_is_fixed(child) for child in part["children"])
    return Call(name, passed, volatility, kind, ordered, not own, _constant(part["children"]), fixed=fixed)


def _type_of(expression: Mapping[str, Any]) -> str:
    """The type of an expression; its class for one that has none, such as a lambda."""
    said = expression.get("return_type") or (expression.get("value") or {}).get("type")
    return _type(said) if said else str(expression["expression_class"]).lower()


def _type(said: Mapping[str, Any]) -> str:
    return str(said["id"]).lower()


def _is_fixed(expression: Mapping[str, Any]) -> bool:
    """Whether an interval counts hours, minutes and seconds alone."""
    if _type_of(expression) != "interval":
        return False
    value = (expression.get("value") or {}).get("value")
    if isinstance(value, Mapping):
        return not value["months"] and not value["days"]
    name = (expression.get("qname") or {}).get("path", [""])[-1]
    if name in _FIXED_LENGTHS:
        return True
    spans = [child for child in expression.get("children", []) if _type_of(child) == "interval"]
    return name in _ARITHMETIC and bool(spans) and all(_is_fixed(span) for span in spans)


def _constant(children: Sequence[Mapping[str, Any]]) -> str | None:
    first = children[0] if children else {}
    value = first.get("value") or {}
    return value["value"] if value.get("type", {}).get("id") == "VARCHAR" and not value.get("is_null") else None
