"""SELECT: FROM, joins, WHERE, GROUP BY, HAVING, windows, QUALIFY, the list, DISTINCT and LIMIT, in that order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from tzero.prove.domain.facts import Fact
from tzero.prove.domain.row import Row, Unique
from tzero.prove.domain.terms import INT, Term, Var, app, const
from tzero.prove.transfer.aggregate import Aggregation, Call, call_of
from tzero.prove.transfer.expression import bind
from tzero.prove.transfer.filter import filter_row
from tzero.prove.transfer.frame import Frame
from tzero.prove.transfer.from_clause import FromClause, with_row
from tzero.prove.transfer.group import Grouping
from tzero.prove.transfer.join import side_by_side
from tzero.prove.transfer.window import Windowing
from tzero.prove.transfer.wording import worded

if TYPE_CHECKING:
    from tzero.prove.transfer.interpreter import Interpreter, Names

UNDERSTOOD = frozenset(
    {"expressions", "from_", "joins", "where", "group", "having", "windows", "qualify", "distinct", "order", "limit"}
    | {"offset", "with_", "kind", "hint", "laterals", "sort", "operation_modifiers"}
)


class Selection:
    """One SELECT, in the environment of its CTEs and of the enclosing query's frame."""

    def __init__(self, interpreter: Interpreter, node: exp.Select, names: Names, outer: Frame | None) -> None:
        self.interpreter = interpreter
        self.node = node
        self.names = names
        self.outer = outer
        self.aliases = {e.alias.lower(): e.this for e in node.expressions if isinstance(e, exp.Alias)}
        self.named: dict[str, exp.Expr] = {
            w.this.name.lower(): w for w in node.args.get("windows") or () if isinstance(w, exp.Window)
        }

    def rows(self) -> list[Row]:
        """The symbolic rows of the result, one for each branch."""
        for key, value in self.node.args.items():
            if value and key not in UNDERSTOOD:
                return [self.interpreter.opaque(self.node, f"{key} is not understood", [])]
        if self.node.args.get("kind") or self.node.args.get("sort"):
            return [self.interpreter.opaque(self.node, "this form of SELECT is not understood", [])]
        if lost := _lost_ordinal(self.node):
            return [self.interpreter.opaque(lost, f"which column {lost.name} stands for is not understood", [])]
        frames = self._where(self._from())
        if not frames:
            return []
        frames = self._grouped(frames)
        frames = self._windowed(frames)
        return self._limit(self._distinct(self._projected(frames)))

    # -- WHERE, GROUP BY, windows ---------------------------------------------------------------------------------

    def _from(self) -> list[Frame]:
        return FromClause(self.interpreter, self.node, self.names, self.outer, self.aliases).frames()

    def _where(self, frames: list[Frame]) -> list[Frame]:
        where = self.node.args.get("where")
        if where is None:
            return frames
        return self._filtered(frames, where.this)

    def _filtered(self, frames: list[Frame], condition: exp.Expr) -> list[Frame]:
        found = []
        for frame in frames:
            term = bind(condition, frame)
            kept = filter_row(self.interpreter, frame.row, term)
            if kept is not None:
                found.append(frame.copy(kept))
        return found

    def _grouped(self, frames: list[Frame]) -> list[Frame]:
        group = self.node.args.get("group")
        having = self.node.args.get("having")
        calls = self._aggregates()
        if group is None and having is None and not calls:
            return frames
        if group is not None and any(group.args.get(k) for k in ("grouping_sets", "cube", "rollup", "totals")):
            note = "grouping sets make rows whose keys are NULL"
            return [with_row(frames[0], self.interpreter.opaque(group, note, [f.row for f in frames]))]
        nodes = self._group_nodes(group)
        keys = [tuple(bind(node, frame) for node in nodes) for frame in frames]
        rows = [frame.row for frame in frames]
        grouping = Grouping(self.interpreter, rows, keys, group or self.node, self.outer.row if self.outer else None)
        values: dict[exp.Expr, Term] = {}
        for call in sorted(calls, key=lambda call: call.name != "Min"):
            if call.node not in values:
                values[call.node] = Aggregation(self.interpreter, grouping, frames, call).term()
        return self._after_grouping(frames, grouping, nodes, values)

    def _after_grouping(
        self, frames: list[Frame], grouping: Grouping, nodes: list[exp.Expr], values: dict[exp.Expr, Term]
    ) -> list[Frame]:
        inside = frames[0]
        inner_keys = next(branch.keys for branch in grouping.branches)

        def hook(node: exp.Expr) -> Term | None:
            if node in values:
                return values[node]
            for key_node, inner_key, outer_key in zip(nodes, inner_keys, grouping.keys, strict=True):
                if type(node) is type(key_node) and (node == key_node or _binds_to(node, inside, inner_key)):
                    return outer_key
            return None

        row = grouping.row()
        frame = Frame(self.interpreter, row, outer=self.outer, aliases=self.aliases, hooks=(hook,), names=self.names)
        for alias, columns in inside.sources.items():
            translated = {name: grouping.translate(term) for name, term in columns.items()}
            frame.sources[alias] = {name: term for name, term in translated.items() if term is not None}
        for name, term in inside.merged.items():
            found = grouping.translate(term)
            if found is not None:
                frame.merged[name] = found
        having = self.node.args.get("having")
        return [frame] if having is None else self._filtered([frame], having.this)

    def _group_nodes(self, group: exp.Expr | None) -> list[exp.Expr]:
        if group is None:
            return []
        if group.args.get("all"):
            return [e.this if isinstance(e, exp.Alias) else e for e in self.node.expressions if not _aggregates(e)]
        return [self._grouping_node(node) for node in group.expressions]

    def _grouping_node(self, node: exp.Expr) -> exp.Expr:
        """A grouping expression with ordinals and aliases resolved."""
        if isinstance(node, exp.Literal) and not node.is_string:
            return _item(self.node, int(node.name))
        while isinstance(node, exp.Paren):
            node = node.this
        return node

    def _aggregates(self) -> list[Call]:
        found: list[Call] = []
        scopes = list(self.node.expressions)
        for key in ("having", "qualify", "order"):
            if self.node.args.get(key) is not None:
                scopes.append(self.node.args[key])
        for scope in scopes:
            found += _aggregates(scope)
        return found

    def _windowed(self, frames: list[Frame]) -> list[Frame]:
        """Bind every window call over the finished rows, then QUALIFY."""
        nodes = self._window_nodes()
        if nodes:
            tables: list[dict[exp.Expr, Term]] = [{} for _ in frames]
            facts: list[list[Fact]] = [[] for _ in frames]
            for node in nodes:
                windowing = Windowing(self.interpreter, frames, node, self.named)
                for position in range(len(frames)):
                    if node not in tables[position]:
                        tables[position][node], more = windowing.term(position)
                        facts[position] += more
            for frame, table, more in zip(frames, tables, facts, strict=True):
                frame.row = frame.row.assume(more)
                frame.hooks = (table.get, *frame.hooks)
        qualify = self.node.args.get("qualify")
        return frames if qualify is None else self._filtered(frames, qualify.this)

    def _window_nodes(self) -> list[exp.Window]:
        scopes: list[exp.Expr] = list(self.node.expressions)
        for key in ("qualify", "order"):
            if self.node.args.get(key) is not None:
                scopes.append(self.node.args[key])
        return [node for scope in scopes for node in _within(scope, exp.Window)]

    # -- the list, DISTINCT, LIMIT --------------------------------------------------------------------------------

    def _projected(self, frames: list[Frame]) -> list[Frame]:
        for frame in frames:
            columns: dict[str, Term] = {}
            written: dict[str, str] = {}
            for position, node in enumerate(self.node.expressions):
                for name, term in self._items(node, frame, position):
                    shown = node.alias or name
                    if written.setdefault(name, shown) != shown:
                        # Names that only their case tells apart are one name here: nothing is said of either.
                        columns[name] = term = frame.unknown(node, f"two columns are called {name}")
                    columns[_free(name, columns)] = term
            frame.row = replace(frame.row, columns=columns)
        return frames

    def _items(self, node: exp.Expr, frame: Frame, position: int) -> Iterable[tuple[str, Term]]:
        star = node.this if isinstance(node, exp.Column) and isinstance(node.this, exp.Star) else node
        if isinstance(star, exp.Star):
            return self._star(node, star, frame)
        name = node.alias_or_name.lower() or (node.output_name.lower() or f"_col_{position}")
        inner_node = node.this if isinstance(node, exp.Alias) else node
        if isinstance(inner_node, (exp.Explode, exp.Unnest)):
            return [(name, self._exploded(inner_node, frame))]
        term = bind(inner_node, frame)
        if isinstance(node, exp.Aliases):
            return [(name, frame.unknown(node, "several aliases of one expression"))]
        return [(name, term)]

    def _exploded(self, node: exp.Expr, frame: Frame) -> Term:
        """``unnest`` in the list is a cross join with the elements."""
        from tzero.prove.transfer.source import _unnest

        args = list(node.expressions) if isinstance(node, exp.Unnest) else [node.this]
        row = _unnest(self.interpreter, node, args, frame)
        new = side_by_side(frame.row, replace(row, store=row.store))
        frame.row = replace(new, columns=frame.row.columns)
        return next(iter(row.columns.values()))

    def _star(self, node: exp.Expr, star: exp.Star, frame: Frame) -> list[tuple[str, Term]]:
        columns = self._starred(node, frame)
        if columns is None:
            return [("*", frame.unknown(node, f"no such relation: {worded(node)}"))]
        dropped = {item.name.lower() for item in star.args.get("except_") or star.args.get("except") or ()}
        replaced = {e.alias.lower(): e.this for e in star.args.get("replace") or ()}
        renamed = {e.this.name.lower(): e.alias.lower() for e in star.args.get("rename") or ()}
        found = []
        for name, term in columns:
            if name in dropped:
                continue
            value = bind(replaced[name], frame) if name in replaced else term
            found.append((renamed.get(name, name), value))
        return found

    def _starred(self, node: exp.Expr, frame: Frame) -> list[tuple[str, Term]] | None:
        if not isinstance(node, exp.Column):
            return frame.everything()
        found = frame.whole(node.table)
        return None if found is None else list(found.items())

    def _distinct(self, frames: list[Frame]) -> list[Frame]:
        distinct = self.node.args.get("distinct")
        if distinct is None:
            return frames
        on = distinct.args.get("on")
        if on is not None:
            return self._distinct_on(frames, on)
        rows = [frame.row for frame in frames]
        return [replace_row(frames[0], distinct_row(self.interpreter, rows, self.node, self.outer))]

    def _distinct_on(self, frames: list[Frame], on: exp.Expr) -> list[Frame]:
        """DISTINCT ON is a row number of 1 in the order of the query."""
        keys = on.expressions if isinstance(on, exp.Tuple) else [on]
        order = self.node.args.get("order")
        window = exp.Window(
            this=exp.RowNumber(), partition_by=[_positional(key, self.node) for key in keys],
            order=exp.Order(expressions=[_positional(o, self.node) for o in order.expressions]) if order else None,
        )  # fmt: skip
        return self._numbered(frames, window, 1)

    def _numbered(
        self, frames: list[Frame], window: exp.Window, limit: int | None, *, keep: bool = True
    ) -> list[Frame]:
        windowing = Windowing(self.interpreter, frames, window, {})
        bound = [windowing.term(position) for position in range(len(frames))]
        found = []
        for frame, (term, facts) in zip(frames, bound, strict=True):
            row = frame.row.assume(facts)
            if limit == 1 and keep:
                kept = filter_row(self.interpreter, row, app("eq", term, const(1, INT), type_="bool"))
            else:
                kept = filter_row(self.interpreter, row, app("le", term, Var("limit", INT), type_="bool"))
            if kept is not None:
                found.append(frame.copy(kept))
        return found

    def _limit(self, frames: list[Frame]) -> list[Row]:
        limit = self.node.args.get("limit")
        offset = self.node.args.get("offset")
        if limit is None and offset is None:
            return [frame.row for frame in frames]
        one = _is_one(limit) and offset is None
        ties = _with_ties(limit)
        order = self.node.args.get("order")
        spec = exp.Order(expressions=[self._ordering(o) for o in order.expressions]) if order is not None else None
        window = exp.Window(this=exp.Rank() if ties else exp.RowNumber(), order=spec)
        if not self._aligned(frames):
            return [
                self.interpreter.opaque(
                    self.node, "LIMIT over a union of rows is not understood", [f.row for f in frames]
                )
            ]
        kept = self._numbered(frames, window, 1 if one and not ties else None)
        if one and not ties:
            kept = [
                f.copy(replace(f.row, unique=(*f.row.unique, Unique(const(1, INT), 1, (), f.row.own_uids()))))
                for f in kept
            ]
        return [frame.row for frame in kept]

    def _aligned(self, frames: list[Frame]) -> bool:
        return bool(frames) and (not self.node.args.get("distinct") or len(frames) == 1)

    def _ordering(self, node: exp.Expr) -> exp.Expr:
        """An ORDER BY item; ordinals and output aliases are resolved to their expressions."""
        inside = node.this if isinstance(node, exp.Ordered) else node
        target = inside
        if self.node.args.get("distinct") is not None and isinstance(inside, exp.Column):
            return node
        if isinstance(inside, exp.Literal) and not inside.is_string:
            target = self.node.expressions[int(inside.name) - 1]
        elif isinstance(inside, exp.Column) and not inside.table and inside.name.lower() in self.aliases:
            target = self.aliases[inside.name.lower()]
        target = target.this if isinstance(target, exp.Alias) else target
        if not isinstance(node, exp.Ordered):
            return target
        new = node.copy()
        new.set("this", target.copy())
        return new


def replace_row(frame: Frame, row: Row) -> Frame:
    new = frame.copy(row)
    new.hooks = ()
    new.sources = {"": dict(row.columns)}
    return new


def distinct_row(interpreter: Interpreter, rows: list[Row], node: exp.Expr, outer: Frame | None) -> Row:
    """The distinct rows of some branches: groups by all of their columns."""
    keys = [tuple(row.columns.values()) for row in rows]
    grouping = Grouping(interpreter, rows, keys, node, outer.row if outer else None)
    row = grouping.row()
    return replace(row, columns=dict(zip(rows[0].columns, grouping.keys, strict=True)))


def _binds_to(node: exp.Expr, frame: Frame, key: Term) -> bool:
    if isinstance(node, (exp.Literal, exp.Null, exp.Boolean, exp.Subquery)):
        return False
    return bind(node, frame) is key


def _aggregates(node: exp.Expr) -> list[Call]:
    """The aggregate calls of an expression that are not inside a window call or a subquery; outermost first."""
    if isinstance(node, (exp.Query, exp.Subquery)):
        return []
    if isinstance(node, exp.Window):
        inner_node = node.this
        call = call_of(inner_node.this if isinstance(inner_node, (exp.IgnoreNulls, exp.RespectNulls)) else inner_node)
        own = list(call.args) if call is not None else [inner_node]
        rest = [*node.args.get("partition_by", []), *([node.args["order"]] if node.args.get("order") else [])]
        return [found for part in (*own, *rest) for found in _aggregates(part) if part is not None]
    call = call_of(node)
    if call is not None:
        return [call]
    return [found for child in node.iter_expressions() for found in _aggregates(child)]


def _within(node: exp.Expr, kind: type[exp.Window]) -> list[exp.Window]:
    if isinstance(node, (exp.Query, exp.Subquery)):
        return []
    inside = [found for child in node.iter_expressions() for found in _within(child, kind)]
    return [*inside, node] if isinstance(node, kind) else inside


def _free(name: str, columns: dict[str, Term]) -> str:
    found, n = name, 1
    while found in columns:
        found, n = f"{name}_{n}", n + 1
    return found


def _with_ties(limit: exp.Expr | None) -> bool:
    options = limit.args.get("limit_options") if isinstance(limit, exp.Fetch) else None
    return isinstance(options, exp.Expr) and bool(options.args.get("with_ties"))


def _is_one(limit: exp.Expr | None) -> bool:
    if isinstance(limit, exp.Fetch):
        count = limit.args.get("count")
        return count is None or (isinstance(count, exp.Literal) and count.name == "1")
    return isinstance(limit, exp.Limit) and isinstance(limit.expression, exp.Literal) and limit.expression.name == "1"


def _positional(node: exp.Expr, select: exp.Select) -> exp.Expr:
    if isinstance(node, exp.Ordered):
        new = node.copy()
        new.set("this", _positional(node.this, select).copy())
        return new
    if isinstance(node, exp.Literal) and not node.is_string:
        return _item(select, int(node.name))
    return node


def _lost_ordinal(select: exp.Select) -> exp.Literal | None:
    """A number in GROUP BY, ORDER BY or DISTINCT ON that counts no column, or the columns of a star."""
    distinct = select.args.get("distinct")
    on = distinct.args.get("on") if distinct is not None else None
    ordered = select.args.get("order") if distinct is not None or select.args.get("limit") is not None else None
    for clause in (select.args.get("group"), ordered, on):
        for node in clause.expressions if clause is not None else ():
            inside = node.this if isinstance(node, exp.Ordered) else node
            if isinstance(inside, exp.Literal) and not inside.is_string:
                before = select.expressions[: int(inside.name)] if inside.is_int else []
                if not before or len(before) < int(inside.name) or any(item.is_star for item in before):
                    return inside
    return None


def _item(select: exp.Select, ordinal: int) -> exp.Expr:
    """The expression of a column of the list, by its number."""
    target: exp.Expr = select.expressions[ordinal - 1]
    inner_node = target.this if isinstance(target, exp.Alias) else target
    assert isinstance(inner_node, exp.Expr)
    return inner_node
