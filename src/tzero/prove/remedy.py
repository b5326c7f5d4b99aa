"""What to write instead, by what stands at the place of a finding: a join, a window, a group, a function."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from tzero.prove import functions
from tzero.prove.domain.label import Atom

_DATED = ("T001", "T003", "T014")
_FRAME = "RANGE BETWEEN UNBOUNDED PRECEDING AND INTERVAL '1 microsecond' PRECEDING"


def remedy(code: str, atom: Atom, words: Mapping[str, str], *, own: bool) -> str | None:
    """The fix for an atom, or None where that of the rule serves. ``own``: the query says whose row each row is."""
    node = atom.origin.node if atom.origin is not None else None
    if code in _DATED and _is_itself(words):
        return f"T0 is the time of this very row: declare own = '{words['relation']}'"
    if code == "T014":
        return _ties(node, words, own=own)
    if code in ("T001", "T002", "T003"):
        return _bounded(code, node, words, own=own)
    if code == "T011":
        return _ordered(node, atom.origin.note if atom.origin is not None else "")
    return _understood(node) if code == "T012" else None


def missing(code: str, atom: Atom, words: Mapping[str, str]) -> str | None:
    """The fact that is missing; None where the rule's own words serve."""
    if code in _DATED and _is_itself(words):
        return f"own = '{words['relation']}'"
    if code != "T011" or atom.origin is None:
        return None
    return "exact numbers" if atom.origin.note.startswith("the last bits") else "a total order: unique ordering keys"


def _is_itself(words: Mapping[str, str]) -> bool:
    """Whether T0 is the very time that should be before it."""
    return words["time"] == words["t0"]


def bound(atom: Atom, words: Mapping[str, str], query: exp.Expr) -> Mapping[str, str]:
    """The words with the row's time and T0 as they can be written where the row is read."""
    node = atom.origin.node if atom.origin is not None else None
    time = words["time"].rpartition(".")[2]
    here = node is not None and _innermost(node) is query
    anchor = _anchor(query, words["anchor"]) if here else ""
    alias = node.alias_or_name if isinstance(node, exp.Table) else ""
    return {
        **words,
        "t0": anchor or "the anchor",
        "time": f"{alias}.{time}" if alias and "." in words["time"] else words["time"],
    }


def _innermost(node: exp.Expr) -> exp.Expr | None:
    return node if isinstance(node, exp.Select) else node.find_ancestor(exp.Select)


def _anchor(query: exp.Expr, name: str) -> str:
    """The expression that the query calls its anchor, where that is a column."""
    for item in query.expressions if isinstance(query, exp.Select) else ():
        inner = item.this if isinstance(item, exp.Alias) else item
        if item.alias_or_name.lower() == name and isinstance(inner, exp.Column):
            return f"{inner.table}.{inner.name}" if inner.table else inner.name
    return ""


# -- rows that may come later ---------------------------------------------------------------------------------------


def _bounded(code: str, node: exp.Expr | None, words: Mapping[str, str], *, own: bool) -> str | None:
    strict = f"{words['time']} < {words['t0']}"
    written = _window_of(node)
    if written is not None:
        return _framed(written, words)
    if isinstance(node, exp.Window):
        return f"add to the WHERE before its LIMIT or DISTINCT ON: {strict}"
    join = _join_of(node)
    if join is not None:
        if code == "T003" and not join.args.get("side"):
            return f"use LEFT JOIN, or add to its ON: {strict}"
        if code == "T003":
            return f"add to its ON: {strict}; or aggregate what matches, for each match is a row"
        return f"add to the ON of its join: {strict}"
    if isinstance(node, exp.Table):
        itself = "join it by its whole key" if own else f"declare own = '{words['relation']}'"
        return f"read only the rows with {strict}; or, if it is the row itself, {itself}"
    if isinstance(node, exp.Select):
        return f"add to its WHERE, or to the FILTER of each aggregate: {strict}"
    if isinstance(node, (exp.Group, exp.SetOperation)):
        return f"keep to {strict} before grouping, or group by a time too and compare that where the groups are read"
    if isinstance(node, (exp.Exists, exp.In, exp.Subquery)):
        return f"add to its WHERE: {strict}"
    return None


def _window_of(node: exp.Expr | None) -> exp.Window | None:
    """The window call that a node is, if somebody wrote it: LIMIT and DISTINCT ON are bound as one that nobody did."""
    return node if isinstance(node, exp.Window) and node.parent is not None else None


def _framed(node: exp.Window, words: Mapping[str, str]) -> str:
    name = _function_of(node)
    if name == "Lead":
        return "look back with LAG, or use it in a test that holds at T0: the next time IS NULL OR >= T0"
    if name in functions.WHOLE_PARTITION:
        return f"it looks at the whole partition, whatever its order: count the rows before instead, with {_FRAME}"
    if name not in functions.FRAME_VALUES and name in functions.WINDOW_FUNCTIONS:
        return f"order by {words['time']}, and compare RANK or the values of a frame: this function has none"
    order = node.args.get("order")
    if order is None:
        return f"add ORDER BY {words['time']} {_FRAME}: without an order, the whole partition is looked at"
    return f"order by {words['time']} and end the frame before the own row: {_FRAME}"


def _function_of(node: exp.Window) -> str:
    inner = node.this
    return type(inner.this if isinstance(inner, (exp.IgnoreNulls, exp.RespectNulls)) else inner).__name__


def _join_of(node: exp.Expr | None) -> exp.Join | None:
    """The join that brings a relation in, or that a node is."""
    if isinstance(node, exp.Join):
        return node
    return node.parent if isinstance(node, exp.Table) and isinstance(node.parent, exp.Join) else None


def _ties(node: exp.Expr | None, words: Mapping[str, str], *, own: bool) -> str | None:
    written = _window_of(node)
    if written is not None and _function_of(written) in functions.OFFSETS:
        return f"it has no frame: take LAST_VALUE, with {_FRAME}, or declare the times unique"
    if written is not None and _function_of(written) in functions.NUMBERS:
        return "RANK does not tell those apart that tie: use it instead, or declare the times unique"
    if written is not None:
        return f"end the frame before the peers ({_FRAME}, or EXCLUDE GROUP), or declare the times unique"
    if isinstance(node, exp.Table) and _join_of(node) is None and not own:
        return f"if each output row is about one row of it, declare own = '{words['relation']}'"
    strict = f"{words['time']} < {words['t0']}"
    if isinstance(node, exp.Group):
        return f"write {strict}, < instead of <=; where T0 is the time of these rows, take an anchor that is later"
    return f"write {strict}: < instead of <=, or a day less"


# -- order and what is not understood -------------------------------------------------------------------------------


def _ordered(node: exp.Expr | None, note: str) -> str | None:
    call = node.this if isinstance(node, exp.Window) else node
    if note.startswith("the last bits"):
        return "cast to a decimal before adding: exact numbers add up to the same in any order"
    if isinstance(node, exp.Window):
        return "add a unique key as the last term of its ORDER BY"
    if isinstance(call, exp.AnyValue) or (isinstance(call, exp.IgnoreNulls) and isinstance(call.this, exp.AnyValue)):
        return "use MIN or MAX, which any order answers alike"
    if "without a total ORDER BY" in note:
        return "add an ORDER BY inside the call, of the values themselves or of a unique key"
    return None


def _understood(node: exp.Expr | None) -> str | None:
    if isinstance(node, exp.CTE):
        return "write it without recursion (joins, a window), or store it with the time at which it was known"
    if isinstance(node, exp.Column):
        return "correct the name, or add the column to 'columns' of its relation"
    if isinstance(node, exp.Predicate):
        return "declare the types of both sides, or cast them"
    if isinstance(node, exp.Cast):
        return "declare the type of what is cast, and cast to a type of this dialect"
    if isinstance(node, exp.Anonymous):
        known = node.name.lower() in functions.AGGREGATE_NAMES
        declared = f"pure_functions = ['{node.name.lower()}']"
        return None if known else f"declare {declared} if it depends on its arguments alone, or use a known function"
    return "write it with clauses and functions that are understood, or store it with the time at which it was known"
