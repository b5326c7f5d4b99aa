"""Lists that a CTE collects by a key, looked up by that key and reduced: the same of the rows with the key.

``list_sum(list_filter(e.l, x -> p(x)))``, where ``e`` has ``list(v) AS l`` for each key and is joined on it, is
``(SELECT SUM(v) FILTER (WHERE p(v)) FROM .. WHERE key = ..)``: none of it is NULL, as of no row. So is the length of a
list in whose place NULL is an empty one.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from sqlglot import exp

_REDUCED: dict[str, type[exp.AggFunc]] = {
    "list_sum": exp.Sum, "list_avg": exp.Avg, "list_min": exp.Min, "list_max": exp.Max, "ArrayMin": exp.Min,
    "ArrayMax": exp.Max,
}  # fmt: skip
_LENGTHS = (exp.Length, exp.ArraySize)
_PLAIN = frozenset({"expressions", "from_", "joins", "where", "group"})
_JOINED = frozenset({"this", "on", "using", "side", "kind"})


@dataclass(frozen=True)
class _Elements:
    """What is left of a list: a value for each element, which rows it is of, and where it comes from."""

    column: exp.Column
    functions: tuple[tuple[str, exp.Lambda], ...] = ()
    never_null: bool = False


def as_subquery(node: exp.Expr) -> exp.Subquery | None:
    """The subquery that a reduced list is; None where it is no such list."""
    counted = isinstance(node, exp.Coalesce) and len(node.expressions) == 1 and isinstance(node.this, _LENGTHS)
    if counted and isinstance(node.expressions[0], exp.Literal) and node.expressions[0].name == "0":
        elements = _elements(node.this.this)
        return None if elements is None else _subquery(elements, exp.Count)
    if isinstance(node, _LENGTHS) and len([value for value in node.args.values() if isinstance(value, exp.Expr)]) == 1:
        elements = _elements(node.this)
        return None if elements is None or not elements.never_null else _subquery(elements, exp.Count)
    name, args = type(node).__name__, [node.this]
    if isinstance(node, exp.Anonymous):
        name, args = node.name.lower(), list(node.expressions)
    elements = _elements(args[0]) if name in _REDUCED and len(args) == 1 else None
    return None if elements is None else _subquery(elements, _REDUCED[name])


def _elements(node: object) -> _Elements | None:
    """A list of a CTE's column, filtered and transformed."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Column) and node.table:
        return _Elements(node)
    if isinstance(node, exp.Coalesce) and len(node.expressions) == 1 and _is_empty(node.expressions[0]):
        inner = _elements(node.this)
        whole = inner is not None and not inner.functions
        return _Elements(inner.column, (), never_null=True) if inner is not None and whole else None
    if isinstance(node, (exp.ArrayFilter, exp.Transform)):
        inner, function = _elements(node.this), node.expression
        if inner is None or not isinstance(function, exp.Lambda) or len(function.expressions) != 1:
            return None
        kind = "where" if isinstance(node, exp.ArrayFilter) else "value"
        return _Elements(inner.column, (*inner.functions, (kind, function)), inner.never_null)
    return None


def _is_empty(node: exp.Expr) -> bool:
    while isinstance(node, (exp.Paren, exp.Cast)):
        node = node.this
    return isinstance(node, exp.Array) and not node.expressions


def _subquery(elements: _Elements, function: type[exp.AggFunc]) -> exp.Subquery | None:
    select = elements.column.find_ancestor(exp.Select)
    found = _collecting(select, elements.column.table) if select is not None else None
    if found is None or not elements.functions:
        return None
    query, matched = found
    collected = _collected(query, elements.column.name)
    if collected is None:
        return None
    value, condition = collected
    inside = {item.alias_or_name.lower() for item in query.find_all(exp.Table, exp.Subquery)}
    asked = [condition.copy()] if condition is not None else []
    for kind, each in elements.functions:
        body = applied(each, value, inside)
        if body is None:
            return None
        if kind == "where":
            asked.append(body)
        else:
            value = body
    call: exp.Expr = exp.Count(this=exp.Star()) if function is exp.Count else function(this=value.copy())
    if asked:
        call = exp.Filter(this=call, expression=exp.Where(this=exp.and_(*asked)))
    text = exp.Select(expressions=[call], from_=query.args["from_"].copy())
    text.set("joins", [join.copy() for join in query.args.get("joins") or ()])
    where = query.args.get("where")
    text.set("where", exp.Where(this=exp.and_(*([where.this.copy()] if where else []), matched)))
    return exp.Subquery(this=text)


def _collected(query: exp.Select, name: str) -> tuple[exp.Expr, exp.Expr | None] | None:
    """What a list of a query gathers, and of which rows."""
    call = next((item.unalias() for item in query.expressions if item.alias_or_name.lower() == name.lower()), None)
    condition = None
    if isinstance(call, exp.Filter):
        call, condition = call.this, call.expression.this
    if not isinstance(call, exp.ArrayAgg) or any(value for key, value in call.args.items() if key != "this"):
        return None
    value = call.this.this if isinstance(call.this, exp.Order) else call.this
    if isinstance(value, exp.Distinct) or value.find(exp.AggFunc, exp.Query):
        return None
    return value, condition


def applied(function: exp.Lambda, value: exp.Expr, inside: Set[str]) -> exp.Expr | None:
    """The body of a function of one element, of a value; None where other names could change what they mean."""
    name = function.expressions[0].name.lower()
    fields = {}
    if isinstance(value, exp.Struct):
        fields = {f.this.name.lower(): f.expression for f in value.expressions if isinstance(f, exp.PropertyEQ)}
    body = exp.Paren(this=function.this.copy())
    if body.find(exp.Query, exp.Lambda, exp.AggFunc, exp.Window):
        return None
    for node in list(body.find_all(exp.Dot, exp.Column, exp.Identifier)):
        if isinstance(node, exp.Identifier) and isinstance(node.parent, (exp.Dot, exp.Column)):
            continue  # the name in one of these
        if isinstance(node, exp.Column) and node.table and node.table.lower() not in (name, *inside):
            continue
        element = fields.get(_field(node, name), value if _is_element(node, name) else None)
        if element is None:
            return None
        node.replace(exp.Paren(this=element.copy()))
    return body


def _is_element(node: exp.Expr, name: str) -> bool:
    return not isinstance(node, exp.Dot) and not node.text("table") and node.name.lower() == name


def _field(node: exp.Expr, name: str) -> str:
    """The name of the field of an element that a node is, if it is one."""
    if isinstance(node, exp.Dot) and isinstance(node.this, exp.Identifier) and node.this.name.lower() == name:
        return str(node.expression.name).lower()
    return node.name.lower() if isinstance(node, exp.Column) and node.table.lower() == name else ""


def _collecting(select: exp.Select, alias: str) -> tuple[exp.Select, exp.Expr] | None:
    """The query of a CTE that a query joins by all of its keys, and that its keys are those that are asked for."""
    join = next((j for j in select.args.get("joins") or () if j.alias_or_name.lower() == alias.lower()), None)
    query = _query_of(join.this, select) if join is not None else None
    if join is None or query is None or any(value for key, value in join.args.items() if key not in _JOINED):
        return None
    if join.side not in ("", "LEFT") or join.kind not in ("", "INNER"):
        return None
    keys = _keys(query)
    pairs = _pairs(join, select, alias)
    if not keys or pairs is None or set(pairs) != set(keys):
        return None
    inside = {item.alias_or_name.lower() for item in query.find_all(exp.Table, exp.Subquery)}
    if any(not c.table or c.table.lower() in inside for e in pairs.values() for c in e.find_all(exp.Column)):
        return None
    return query, exp.and_(*(exp.EQ(this=keys[name].copy(), expression=pairs[name].copy()) for name in keys))


def _query_of(item: exp.Expr, select: exp.Select) -> exp.Select | None:
    """The plain query that a FROM item is, or that a CTE of the select itself is; it means the same in both places."""
    if any(value for key, value in item.args.items() if key not in ("this", "alias")) or _renames(item):
        return None
    if isinstance(item, exp.Subquery):
        return _plain(item.this)
    with_ = select.args.get("with_")
    if with_ is None or with_.args.get("recursive") or not isinstance(item, exp.Table):
        return None
    names = [cte.alias_or_name.lower() for cte in with_.expressions]
    if item.name.lower() not in names:
        return None
    place = names.index(item.name.lower())
    query = _plain(with_.expressions[place].this)
    if query is None or _renames(with_.expressions[place]):
        return None
    later = [table for table in query.find_all(exp.Table) if table.name.lower() in names[place:] and not table.db]
    return None if later else query


def _plain(query: exp.Expr) -> exp.Select | None:
    """A query that only groups what it reads."""
    plain = isinstance(query, exp.Select) and not any(value for key, value in query.args.items() if key not in _PLAIN)
    return query if plain and isinstance(query, exp.Select) else None


def _renames(item: exp.Expr) -> bool:
    alias = item.args.get("alias")
    return isinstance(alias, exp.TableAlias) and bool(alias.columns)


def _keys(query: exp.Select) -> dict[str, exp.Expr]:
    """The keys that a query groups by, by the names that it gives them; none where some have no name."""
    group = query.args.get("group")
    if group is None or any(v for k, v in group.args.items() if k != "expressions"):
        return {}
    shown = [(e.alias_or_name.lower(), e.unalias()) for e in query.expressions]
    found: dict[str, exp.Expr] = {}
    for key in group.expressions:
        if isinstance(key, exp.Literal) and key.name.isdigit() and 0 < int(key.name) <= len(shown):
            key = shown[int(key.name) - 1][1]
        name = next((name for name, value in shown if value == key and name), None)
        if name is None:
            return {}
        found[name] = key
    return found


def _pairs(join: exp.Join, select: exp.Select, alias: str) -> dict[str, exp.Expr] | None:
    """What each column of a joined relation must equal; None where more is asked."""
    using = join.args.get("using")
    first = select.args["from_"].this
    if using:
        if len(select.args["joins"]) != 1 or not isinstance(first, exp.Table):
            return None
        return {name.name.lower(): exp.column(name.name, table=first.alias_or_name) for name in using}
    on = join.args.get("on")
    found: dict[str, exp.Expr] = {}
    for part in on.flatten() if isinstance(on, exp.And) else [on]:
        part = part.unnest() if part is not None else None
        if not isinstance(part, exp.EQ):
            return None
        mine, other = part.this, part.expression
        if not (isinstance(mine, exp.Column) and mine.table.lower() == alias.lower()):
            mine, other = other, mine
        if not (isinstance(mine, exp.Column) and mine.table.lower() == alias.lower()) or mine.name.lower() in found:
            return None
        if any(not c.table or c.table.lower() == alias.lower() for c in other.find_all(exp.Column)):
            return None
        found[mine.name.lower()] = other
    return found
