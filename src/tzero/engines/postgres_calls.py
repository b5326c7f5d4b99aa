"""Which functions a PostgreSQL view calls: its parsed rule, looked up in the catalog of functions.

Nothing is read from the text of a view: a rule names every function, operator, cast and frame by its number, whatever
it was called in the source. SQL functions with a parsed body are followed; other bodies are opaque.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tzero.engines.base import Engine
from tzero.engines.call import Call, Volatility
from tzero.engines.postgres_nodes import Node, parse_nodes
from tzero.errors import EngineError
from tzero.sql.names import RelationName

_VOLATILITY = {"i": Volatility.IMMUTABLE, "s": Volatility.STABLE, "v": Volatility.VOLATILE}
_FUNCTION_FIELDS = ("funcid", "opfuncid", "aggfnoid", "winfnoid", "hashfuncid", "negfuncid")
_OPERATOR_FIELDS = ("opno", "opnos", "eqop", "sortop")
_FRAME_FIELDS = ("startInRangeFunc", "endInRangeFunc")
_TYPE_FIELDS = (
    "vartype", "consttype", "funcresulttype", "opresulttype", "aggtype", "wintype", "resulttype", "casetype", "type",
    "coalescetype", "minmaxtype", "array_typeid", "row_typeid", "paramtype", "refrestype", "typeId",
)  # fmt: skip
_VALUES = (
    "current_date", "current_time", "current_time", "current_timestamp", "current_timestamp", "localtime", "localtime",
    "localtimestamp", "localtimestamp", "current_role", "current_user", "user", "session_user", "current_catalog",
    "current_schema",
)  # fmt: skip
"""What the server calls its SQL value functions, by the number that a rule holds (``SQLValueFunctionOp``)."""
_UNREAD = frozenset({"XMLEXPR", "JSONEXPR", "JSONCONSTRUCTOREXPR", "JSONBEHAVIOR", "TABLEFUNC"})
_TEXT_TYPE, _INTERVAL_TYPE = "25", "1186"

_RULE = """
SELECT w.ev_action::text
FROM pg_catalog.pg_rewrite AS w
JOIN pg_catalog.pg_class AS c ON c.oid = w.ev_class JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ? AND c.relname = ? AND w.rulename = '_RETURN'"""
_FUNCTIONS = """
SELECT p.oid::text, CASE n.nspname WHEN 'pg_catalog' THEN p.proname ELSE n.nspname || '.' || p.proname END,
  p.provolatile::text, p.prokind::text, l.lanname, pg_catalog.oidvectortypes(p.proargtypes), p.prosqlbody::text
FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
WHERE p.oid::text = ANY (?)"""
_OPERATORS = "SELECT o.oprcode::oid::text FROM pg_catalog.pg_operator AS o WHERE o.oid::text = ANY (?)"
_TYPES = """
SELECT t.oid::text, pg_catalog.format_type(t.oid, NULL), coalesce(e.typinput, t.typinput)::oid::text,
  coalesce(e.typoutput, t.typoutput)::oid::text
FROM pg_catalog.pg_type AS t LEFT JOIN pg_catalog.pg_type AS e ON e.oid = t.typelem AND t.typcategory = 'A'
WHERE t.oid::text = ANY (?)"""
"""A type's name, and what reads and writes its text: for arrays, what reads and writes an element."""


@dataclass(frozen=True, slots=True)
class _Function:
    name: str
    volatility: Volatility
    kind: str
    language: str
    arguments: tuple[str, ...]
    body: str | None

    @property
    def opaque(self) -> bool:
        """Whether what it does is hidden: not the server's own, and no parsed body."""
        return self.language != "internal" and self.body is None and ("." in self.name or self.language != "sql")


def calls_of_rule(engine: Engine, name: RelationName) -> tuple[Call, ...]:
    """Every call of a view or materialized view; nothing for a relation that has no rule.

    Raises EngineError for a rule that cannot be read.
    """
    found = engine.rows(_RULE, [name.schema or "public", name.name])
    reading = _Reading(engine)
    return tuple(dict.fromkeys(call for (rule,) in found for call in reading.calls(rule, "")))


class _Reading:
    """Reads rules; asks the catalog for what it does not know yet."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._functions: dict[str, _Function] = {}
        self._types: dict[str, tuple[str, str, str]] = {}
        self._followed: set[str] = set()

    def calls(self, text: str, via: str) -> Iterator[Call]:
        nodes = [inner for node in parse_nodes(text) for inner in node.walk()]
        if not nodes:
            raise EngineError("a stored rule cannot be read", fix="report it with the server's version")
        self._learn_types({type_of(node) for node in nodes} - {""})
        self._learn_functions({number for node in nodes for number in self._numbers(node)})
        for node in nodes:
            yield from self._of(node, via)

    def _of(self, node: Node, via: str) -> Iterator[Call]:
        if node.type == "SQLVALUEFUNCTION":
            at = int(node.one("op"))
            kind = "value"
            yield Call(_VALUES[at], (), Volatility.STABLE, kind, via=via)
        elif node.type in _UNREAD:
            yield Call(node.type.lower(), (), Volatility.VOLATILE, "node", opaque=True, via=via)
        elif node.type == "NEXTVALUEEXPR":
            yield Call("nextval", ("regclass",), Volatility.VOLATILE, "node", via=via)
        elif node.type == "TABLESAMPLECLAUSE" and not node.nodes("repeatable"):
            yield Call("tablesample", (), Volatility.VOLATILE, "node", via=via)
        elif node.type == "VAR" and _is_system_column(node):
            yield Call("system column", (), Volatility.VOLATILE, "node", via=via)
        for number in self._numbers(node):
            yield from self._call(number, node, via)

    def _call(self, number: str, node: Node, via: str) -> Iterator[Call]:
        function = self._functions.get(number)
        if function is None:
            raise EngineError(f"a stored rule calls function {number}, which is not in the catalog")
        arguments = self._arguments(node, function)
        ordered = bool(node.nodes("aggorder")) or node.one("aggkind") in ("o", "h")
        kind = (
            "cast" if node.type == "COERCEVIAIO" else "frame" if node.type == "WINDOWCLAUSE" else _kind(node, function)
        )
        constant = _constant(node)
        fixed = any(_is_fixed(argument) for argument in _passed(node))
        yield Call(
            function.name, arguments, function.volatility, kind, ordered, function.opaque, constant, via, fixed
        )  # fmt: skip
        if function.body is not None and number not in self._followed:
            self._followed.add(number)
            yield from self.calls(function.body, function.name)

    def _arguments(self, node: Node, function: _Function) -> tuple[str, ...]:
        """The types of what is passed, where each is known; else those that the function declares."""
        if node.type not in ("FUNCEXPR", "OPEXPR"):
            return function.arguments
        passed = [self._types.get(type_of(argument), ("", "", ""))[0] for argument in node.nodes("args")]
        return tuple(passed) if passed and all(passed) else function.arguments

    def _numbers(self, node: Node) -> list[str]:
        """The numbers of the functions that a node calls."""
        found = [number for field in (*_FUNCTION_FIELDS, *_FRAME_FIELDS) for number in node.all(field)]
        operators = [number for field in _OPERATOR_FIELDS for number in node.all(field) if number != "0"]
        if operators and not any(number != "0" for number in node.all("opfuncid")):
            found += [row[0] for row in self._engine.rows(_OPERATORS, [operators])]
        if node.type == "COERCEVIAIO":
            source = next((type_of(argument) for argument in node.nodes("arg")), "")
            found += [self._types[source][2]] if source in self._types else []
            found += [self._types[node.one("resulttype")][1]]
        return [number for number in dict.fromkeys(found) if number != "0"]

    def _learn_types(self, numbers: Iterable[str]) -> None:
        for number, *rest in self._asked(_TYPES, numbers, self._types):
            self._types[number] = (rest[0], rest[1], rest[2])

    def _learn_functions(self, numbers: Iterable[str]) -> None:
        for number, name, volatility, kind, language, arguments, body in self._asked(
            _FUNCTIONS, numbers, self._functions
        ):
            types = tuple(arguments.split(", ")) if arguments else ()
            self._functions[number] = _Function(name, _VOLATILITY[volatility], kind, language, types, body)

    def _asked(self, query: str, numbers: Iterable[str], known: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
        wanted = sorted(set(numbers) - set(known))
        return self._engine.rows(query, [wanted]) if wanted else []


def type_of(node: Node) -> str:
    """The number of the type that an expression gives; empty where its node does not say."""
    if node.type == "TARGETENTRY":
        return next((type_of(inner) for inner in node.nodes("expr")), "")
    if node.type in ("BOOLEXPR", "NULLTEST", "BOOLEANTEST", "SCALARARRAYOPEXPR", "DISTINCTEXPR"):
        return "16"
    return next((found for field in _TYPE_FIELDS if (found := node.one(field)).isdigit()), "")


def _passed(node: Node) -> list[Node]:
    """What is passed to a call: its arguments, or the offsets of a frame."""
    return [*node.nodes("args"), *node.nodes("startOffset"), *node.nodes("endOffset")]


def _is_fixed(node: Node) -> bool:
    """Whether an interval counts hours, minutes and seconds alone.

    A stored interval is eight bytes of microseconds, four of days and four of months.
    """
    if type_of(node) != _INTERVAL_TYPE:
        return False
    if node.type == "CONST":
        return not any(_datum(node)[8:])
    spans = [argument for argument in node.nodes("args") if type_of(argument) == _INTERVAL_TYPE]
    return node.type == "OPEXPR" and bool(spans) and all(_is_fixed(span) for span in spans)


def _datum(node: Node) -> list[int]:
    """The bytes of a constant; the first number of the field is how many there are."""
    return [int(token) % 256 for token in node.all("constvalue") if token.lstrip("-").isdigit()][1:]


def _kind(node: Node, function: _Function) -> str:
    if node.type == "WINDOWFUNC":
        return "window"
    return "aggregate" if function.kind == "a" else "function"


def _is_system_column(node: Node) -> bool:
    return node.one("varattno").startswith("-") and node.one("varno") != "0"


def _constant(node: Node) -> str | None:
    """The text of the first argument, where it is a constant of type text.

    A stored datum is a length word of four bytes and the bytes themselves.
    """
    first = next(iter(node.nodes("args") or node.nodes("arg")), None)
    if first is None or first.type != "CONST" or first.one("consttype") != _TEXT_TYPE:
        return None
    stored = _datum(first)
    return bytes(stored[4:]).decode(errors="replace") if stored else None
