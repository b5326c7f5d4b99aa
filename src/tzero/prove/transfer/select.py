"""SELECT: FROM, joins, WHERE, GROUP BY, HAVING, windows, QUALIFY, the list, DISTINCT and LIMIT, in that order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from tzero.prove.domain.facts import Fact
from tzero.prove.domain.label import Atom, Kind
from tzero.prove.domain.row import Present, Row, Unique
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import INT, NULL, TRUE, App, Term, Var, app, const
from tzero.prove.meaning.logic import both
from tzero.prove.transfer.aggregate import Aggregation, Call, call_of
from tzero.prove.transfer.expression import bind, compare
from tzero.prove.transfer.filter import filter_row
from tzero.prove.transfer.frame import Frame
from tzero.prove.transfer.group import Grouping
from tzero.prove.transfer.join import OuterJoin, inner, side_by_side
from tzero.prove.transfer.source import rows_of
from tzero.prove.transfer.window import Windowing

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
        frames = self._where(self._from())
        if not frames:
            return []
        frames = self._grouped(frames)
        frames = self._windowed(frames)
        return self._limit(self._distinct(self._projected(frames)))

    # -- FROM and joins -------------------------------------------------------------------------------------------

    def _from(self) -> list[Frame]:
        start = Frame(self.interpreter, outer=self.outer, aliases=self.aliases, names=self.names)
        if self.outer is not None:
            start.row = Row(store=self.outer.row.store, single=True, outer=self.outer.row.uids())
        else:
            start.row = Row(single=True)
        source = self.node.args.get("from_")
        frames = [start]
        if source is not None:
            frames = self._cross(frames, source.this)
        for lateral in self.node.args.get("laterals") or ():
            frames = self._lateral_view(frames, lateral)
        for join in self.node.args.get("joins") or ():
            frames = self._join(frames, join)
        return frames

    def _lateral_view(self, frames: list[Frame], node: exp.Expr) -> list[Frame]:
        return [
            self._with_row(f, self.interpreter.opaque(node, "LATERAL VIEW is not understood", [f.row])) for f in frames
        ]

    def _with_row(self, frame: Frame, row: Row) -> Frame:
        frame = frame.copy(row)
        frame.sources["lateral view"] = row.columns
        return frame

    def _sources(self, frame: Frame, node: exp.Expr) -> tuple[str, list[Row]]:
        """A FROM item as seen from a frame: a lateral one may use its names."""
        lateral = isinstance(node, (exp.Lateral, exp.Unnest)) or (
            isinstance(node, exp.Table) and not isinstance(node.this, exp.Identifier)
        )
        scope = frame if lateral else self.outer
        if isinstance(node, exp.Subquery):
            rows = self.interpreter.query(node.this, self.names, self.outer)
            if self.interpreter.dialect == "duckdb" and self._correlates(node, frame):
                rows = self.interpreter.query(node.this, self.names, frame)
            from tzero.prove.transfer.source import _renamed

            if node.args.get("pivots"):
                rows = [self.interpreter.opaque(node, "PIVOT is not understood", rows)]
            return node.alias_or_name.lower(), [_renamed(row, node) for row in rows]
        return rows_of(self.interpreter, node, self.names, scope)

    def _correlates(self, node: exp.Expr, frame: Frame) -> bool:
        """DuckDB lets a subquery in FROM use earlier items without LATERAL."""
        inside = {t.alias_or_name.lower() for t in node.find_all(exp.Table, exp.Subquery, exp.CTE)}
        return any(
            c.table.lower() in frame.sources and c.table.lower() not in inside for c in node.find_all(exp.Column)
        )

    def _cross(self, frames: list[Frame], node: exp.Expr) -> list[Frame]:
        found = []
        for frame in frames:
            alias, rows = self._sources(frame, node)
            for row in rows:
                found.append(self._beside(frame, alias, row, side_by_side(frame.row, row)))
        for extra in node.args.get("joins") or ():
            found = self._join(found, extra)
        return self.interpreter.limited(found)

    def _beside(self, frame: Frame, alias: str, right: Row, pair: Row) -> Frame:
        new = frame.copy(pair)
        new.sources[alias] = right.columns
        return new

    def _join(self, frames: list[Frame], join: exp.Join) -> list[Frame]:
        method = str(join.args.get("method") or "").upper()
        side = str(join.args.get("side") or "").upper()
        kind = str(join.args.get("kind") or "").upper()
        node = join.this
        found: list[Frame] = []
        if method in ("POSITIONAL",) or kind in ("POSITIONAL", "STRAIGHT"):
            return self._positional(frames, join)
        if method not in ("", "ASOF", "NATURAL", "HASH", "LOOP"):
            return self._opaque_join(frames, join, f"{method} JOIN is not understood")
        if side in ("RIGHT", "FULL"):
            return self._two_sided(frames, join, side)
        for frame in frames:
            alias, rows = self._sources(frame, node)
            if isinstance(node, exp.Lateral) and not join.args.get("on") and not side:
                on_node: exp.Expr | None = None
            else:
                on_node = join.args.get("on")
            found += self._joined(frame, alias, rows, join, on_node, method, side, kind)
        for extra in node.args.get("joins") or ():
            found = self._join(found, extra)
        return self.interpreter.limited(found)

    def _joined(
        self, frame: Frame, alias: str, rows: list[Row], join: exp.Join, on_node: exp.Expr | None,
        method: str, side: str, kind: str,
    ) -> list[Frame]:  # fmt: skip
        found: list[Frame] = []
        predicates = []
        for row in rows:
            pair = self._beside(frame, alias, row, side_by_side(frame.row, row))
            on = self._condition(frame, pair, join, on_node, method)
            predicates.append((row, pair, on))
        if not rows and side == "LEFT":
            return [self._beside(frame, alias, Row(), frame.row)]
        if kind in ("SEMI", "ANTI"):
            return self._semi(frame, predicates, join)
        if method == "ASOF":
            return [self._asof(frame, row, pair, on, join, side) for row, pair, on in predicates[:1]]
        if side == "LEFT" and len(predicates) == 1:
            row, pair, on = predicates[0]
            outer = OuterJoin(self.interpreter, frame.row, row, on, join)
            return [self._placed(pair, outer.row(), alias, outer.columns())]
        for _, pair, on in predicates:
            kept = inner(self.interpreter, pair.row, on)
            if kept is not None:
                found.append(self._placed(pair, kept))
        if side == "LEFT":
            found.append(self._unmatched(frame, alias, predicates, join))
        return found

    def _placed(self, pair: Frame, row: Row, alias: str = "", columns: dict[str, Term] | None = None) -> Frame:
        """The pair's names over the joined row; an outer side's columns may be other terms there."""
        new = pair.copy(row)
        if columns is not None:
            new.sources[alias] = columns
        return new

    def _unmatched(self, frame: Frame, alias: str, predicates: list[tuple[Row, Frame, Term]], join: exp.Expr) -> Frame:
        row = frame.row
        for right, _, on in predicates:
            row = OuterJoin(self.interpreter, row, right, on, join).unmatched()
        nulls: dict[str, Term] = dict.fromkeys(predicates[0][0].columns, NULL)
        new = frame.copy(row)
        new.sources[alias] = nulls
        return new

    def _semi(self, frame: Frame, predicates: list[tuple[Row, Frame, Term]], join: exp.Expr) -> list[Frame]:
        row = frame.row
        for right, _, on in predicates:
            row = OuterJoin(self.interpreter, row, right, on, join).unmatched()
        return [frame.copy(row)]

    def _asof(self, frame: Frame, row: Row, pair: Frame, on: Term, join: exp.Expr, side: str) -> Frame:
        latest = _inequality(on, row)
        outer = OuterJoin(self.interpreter, frame.row, row, on, join)
        joined = outer.row(latest=latest, asof=True)
        if side != "LEFT":
            from tzero.prove.domain.facts import NotNull

            atoms = self.interpreter.ledger[outer.marker]
            joined = replace(joined, presence=joined.presence + tuple(map(Present, atoms)))
            joined = joined.assume((NotNull(outer.marker),))
        alias = join.this.alias_or_name.lower()
        return self._placed(pair, joined, alias, outer.columns() if side == "LEFT" else None)

    def _two_sided(self, frames: list[Frame], join: exp.Join, side: str) -> list[Frame]:
        """RIGHT and FULL: every right row, with the left rows that it matches; FULL adds the left rows without one."""
        found: list[Frame] = []
        for frame in frames:
            alias, rows = self._sources(frame, join.this)
            for row in rows:
                pair = self._beside(frame, alias, row, side_by_side(frame.row, row))
                on = self._condition(frame, pair, join, join.args.get("on"), "")
                kept = inner(self.interpreter, pair.row, on)
                if kept is not None:
                    found.append(self._placed(pair, kept))
                lonely = OuterJoin(self.interpreter, row, frame.row, on, join).unmatched()
                right = frame.copy(lonely)
                right.sources = {name: dict.fromkeys(columns, NULL) for name, columns in frame.sources.items()}
                right.sources[alias] = row.columns
                found.append(right)
                if side == "FULL":
                    found.append(self._unmatched(frame, alias, [(row, pair, on)], join))
        return found

    def _positional(self, frames: list[Frame], join: exp.Join) -> list[Frame]:
        """Rows are paired by physical position and padded with NULLs: nothing that held of them holds of the pairs."""
        crossed = self._cross(frames, join.this)
        atom = Atom(Kind.ORDER, origin=self.interpreter.origin(join, "rows are paired by physical position"))
        return [self._forgotten(frame, atom) for frame in crossed]

    def _forgotten(self, frame: Frame, atom: Atom) -> Frame:
        """The same names, of values that depend on an atom and of which nothing else is known."""
        new = frame.copy(Row(store=self.outer.row.store if self.outer else Store(), presence=(Present(atom),)))
        for alias, columns in frame.sources.items():
            new.sources[alias] = {name: self._vague(term, atom) for name, term in columns.items()}
        return new

    def _vague(self, term: Term, atom: Atom) -> Term:
        var = Var("unknown", term.type)
        self.interpreter.ledger[var] = (atom,)
        return var

    def _opaque_join(self, frames: list[Frame], join: exp.Join, note: str) -> list[Frame]:
        atom = Atom(Kind.UNKNOWN, origin=self.interpreter.origin(join, note))
        return [self._forgotten(frame, atom) for frame in self._cross(frames, join.this)]

    def _condition(self, frame: Frame, pair: Frame, join: exp.Join, on: exp.Expr | None, method: str) -> Term:
        using = [item.name.lower() for item in join.args.get("using") or ()]
        alias = join.this.alias_or_name.lower()
        if method == "NATURAL":
            left = frame.everything()
            using = [name for name in pair.sources[alias] if name in left]
        if using:
            return self._using(frame, pair, alias, using, join, asof=method == "ASOF")
        return bind(on, pair) if on is not None else TRUE

    def _using(self, frame: Frame, pair: Frame, alias: str, using: list[str], join: exp.Join, *, asof: bool) -> Term:
        parts = []
        for position, name in enumerate(using):
            left, right = frame.resolve(name), pair.sources[alias].get(name)
            if left is None or right is None:
                return pair.unknown(join, f"USING ({name}): no such column on both sides")
            inexact = asof and position == len(using) - 1
            parts.append(
                compare(pair, "le" if inexact else "eq", False, *((right, left) if inexact else (left, right)), join)
            )
            pair.merged[name] = left
        return both(parts)

    # -- WHERE, GROUP BY, windows ---------------------------------------------------------------------------------

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
            return [self._with_row(frames[0], self.interpreter.opaque(group, note, [f.row for f in frames]))]
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
            for position, node in enumerate(self.node.expressions):
                for name, term in self._items(node, frame, position):
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
        columns = frame.whole(node.table) if isinstance(node, exp.Column) else frame.everything()
        if columns is None:
            return [("*", frame.unknown(node, f"no such relation: {node.sql()}"))]
        dropped = {item.name.lower() for item in star.args.get("except_") or star.args.get("except") or ()}
        replaced = {e.alias.lower(): e.this for e in star.args.get("replace") or ()}
        renamed = {e.this.name.lower(): e.alias.lower() for e in star.args.get("rename") or ()}
        found = []
        for name, term in columns.items():
            if name in dropped:
                continue
            value = bind(replaced[name], frame) if name in replaced else term
            found.append((renamed.get(name, name), value))
        return found

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


def _item(select: exp.Select, ordinal: int) -> exp.Expr:
    """The expression of a column of the list, by its number."""
    target: exp.Expr = select.expressions[ordinal - 1]
    inner_node = target.this if isinstance(target, exp.Alias) else target
    assert isinstance(inner_node, exp.Expr)
    return inner_node


def _inequality(on: Term, right: Row) -> Term | None:
    """The right side's term in the inequality of an as-of join."""
    mine = {leaf for term in right.columns.values() for leaf in term.leaves}
    for part in on.args if isinstance(on, App) and on.op == "and" else (on,):
        if isinstance(part, App) and part.op in ("lt", "le"):
            for arg in part.args:
                if arg.leaves and arg.leaves <= mine:
                    return arg
    return None
