"""SELECT: FROM, joins, WHERE, GROUP BY, HAVING, windows, QUALIFY, the list, DISTINCT and LIMIT, in that order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from tzero.prove.domain.facts import Fact
from tzero.prove.domain.row import Row
from tzero.prove.domain.terms import NULL, Term
from tzero.prove.transfer.aggregate import Aggregation
from tzero.prove.transfer.aggregate_call import Call
from tzero.prove.transfer.calls import aggregates_in, windows_in
from tzero.prove.transfer.expression import bind
from tzero.prove.transfer.filter import filter_row
from tzero.prove.transfer.frame import Frame
from tzero.prove.transfer.from_clause import FromClause, with_row
from tzero.prove.transfer.group import Grouping
from tzero.prove.transfer.grouping_sets import key_sets
from tzero.prove.transfer.limit import Limiting
from tzero.prove.transfer.ordinals import item_at, lost_ordinal
from tzero.prove.transfer.projection import Projection
from tzero.prove.transfer.window import Windowing
from tzero.prove.transfer.window_copy import Copies

if TYPE_CHECKING:
    from tzero.prove.transfer.interpreter import Interpreter
    from tzero.prove.transfer.named_relation import Names

UNDERSTOOD = frozenset(
    {"expressions", "from_", "joins", "where", "group", "having", "windows", "qualify", "distinct", "order", "limit"}
    | {"offset", "with_", "kind", "hint", "laterals", "sort", "operation_modifiers"}
)
NOT_FOLLOWED = ("grouping_sets", "cube", "rollup", "totals")
"""Grouping sets that stand beside the keys of a GROUP BY, not among them."""


class Selection:
    """One SELECT, in the environment of its CTEs and of the enclosing query's frame."""

    def __init__(self, interpreter: Interpreter, node: exp.Select, names: Names, outer: Frame | None) -> None:
        self.interpreter = interpreter
        self.node = node
        self.names = names
        self.outer = outer
        self.aliases = {e.alias.lower(): e.this for e in node.expressions if isinstance(e, exp.Alias)}
        self.limiting = Limiting(interpreter, node, self.aliases)
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
        if lost := lost_ordinal(self.node):
            return [self.interpreter.opaque(lost, f"which column {lost.name} stands for is not understood", [])]
        frames = self._where(self._from())
        if not frames and self._is_a_row_of_none():
            return [self.interpreter.opaque(self.node, "an aggregate over no row at all is not understood", [])]
        if not frames:
            return []
        frames = self._grouped(frames)
        frames = self._windowed(frames)
        frames = self._distinct(Projection(self.interpreter, self.node).over(frames))
        return self.limiting.limited(frames)

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

    def _is_a_row_of_none(self) -> bool:
        """Whether there is a row even where nothing is grouped: of no key at all, or of a grouping set without one."""
        group = self.node.args.get("group")
        if group is None:
            return bool(self.node.args.get("having") or self._aggregates())
        sets = key_sets(self._group_nodes(group))
        return sets is None or not all(sets) or any(group.args.get(kind) for kind in NOT_FOLLOWED)

    def _grouped(self, frames: list[Frame]) -> list[Frame]:
        group = self.node.args.get("group")
        having = self.node.args.get("having")
        calls = self._aggregates()
        if group is None and having is None and not calls:
            return frames
        if group is not None and any(group.args.get(kind) for kind in NOT_FOLLOWED):
            note = "this form of grouping sets is not understood"
            return [with_row(frames[0], self.interpreter.opaque(group, note, [f.row for f in frames]))]
        nodes = self._group_nodes(group)
        sets = key_sets(nodes)
        if sets is None:
            note = "a number in a grouping set is not understood"
            return [with_row(frames[0], self.interpreter.opaque(group or self.node, note, [f.row for f in frames]))]
        every = list(dict.fromkeys(key for chosen in sets for key in chosen))
        found = []
        for chosen in sets:
            missing = [key for key in every if key not in chosen]
            found += self._grouped_by(frames, list(chosen), missing, calls)
        return self.interpreter.limited(found)

    def _grouped_by(
        self, frames: list[Frame], nodes: list[exp.Expr], missing: list[exp.Expr], calls: list[Call]
    ) -> list[Frame]:
        """The groups by some keys; the others of several grouping sets are NULL."""
        group = self.node.args.get("group")
        keys = [tuple(bind(node, frame) for node in nodes) for frame in frames]
        rows = [frame.row for frame in frames]
        grouping = Grouping(self.interpreter, rows, keys, group or self.node, self.outer.row if self.outer else None)
        values: dict[exp.Expr, Term] = {}
        for call in sorted(calls, key=lambda call: call.name != "Min"):
            if call.node not in values:
                values[call.node] = Aggregation(self.interpreter, grouping, frames, call).term()
        return self._after_grouping(frames, grouping, nodes, missing, values)

    def _after_grouping(
        self,
        frames: list[Frame],
        grouping: Grouping,
        nodes: list[exp.Expr],
        missing: list[exp.Expr],
        values: dict[exp.Expr, Term],
    ) -> list[Frame]:
        absent = [(node, [bind(node, frame) for frame in frames]) for node in missing]

        def hook(node: exp.Expr) -> Term | None:
            if node in values:
                return values[node]
            for position, key_node in enumerate(nodes):
                keys = [branch.keys[position] for branch in grouping.branches]
                if type(node) is type(key_node) and (node == key_node or _binds_to(node, frames, keys)):
                    return grouping.keys[position]
            for key_node, keys in absent:
                if type(node) is type(key_node) and (node == key_node or _binds_to(node, frames, keys)):
                    return NULL
            return None

        row = grouping.row()
        frame = Frame(self.interpreter, row, outer=self.outer, aliases=self.aliases, hooks=(hook,), names=self.names)
        for alias, columns in frames[0].sources.items():
            same = {n: t for n, t in columns.items() if all(f.sources.get(alias, {}).get(n) is t for f in frames)}
            translated = {name: grouping.translate(term) for name, term in same.items()}
            frame.sources[alias] = {name: term for name, term in translated.items() if term is not None}
        for name, term in frames[0].merged.items():
            found = grouping.translate(term) if all(f.merged.get(name) is term for f in frames) else None
            if found is not None:
                frame.merged[name] = found
        having = self.node.args.get("having")
        return [frame] if having is None else self._filtered([frame], having.this)

    def _group_nodes(self, group: exp.Expr | None) -> list[exp.Expr]:
        if group is None:
            return []
        if group.args.get("all"):
            return [e.this if isinstance(e, exp.Alias) else e for e in self.node.expressions if not aggregates_in(e)]
        return [self._grouping_node(node) for node in group.expressions]

    def _grouping_node(self, node: exp.Expr) -> exp.Expr:
        """A grouping expression with ordinals and aliases resolved."""
        if isinstance(node, exp.Literal) and not node.is_string:
            return item_at(self.node, int(node.name))
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
            found += aggregates_in(scope)
        return found

    def _windowed(self, frames: list[Frame]) -> list[Frame]:
        """Bind every window call over the finished rows, then QUALIFY."""
        nodes = self._window_nodes()
        if nodes:
            tables: list[dict[exp.Expr, Term]] = [{} for _ in frames]
            facts: list[list[Fact]] = [[] for _ in frames]
            copies = Copies()
            for node in nodes:
                windowing = Windowing(self.interpreter, frames, node, self.named, copies=copies)
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
        return [node for scope in scopes for node in windows_in(scope)]

    # -- the list, DISTINCT, LIMIT --------------------------------------------------------------------------------

    def _distinct(self, frames: list[Frame]) -> list[Frame]:
        distinct = self.node.args.get("distinct")
        if distinct is None or not frames:
            return frames
        on = distinct.args.get("on")
        if on is not None:
            return self.limiting.distinct_on(frames, on)
        rows = [frame.row for frame in frames]
        return [replace_row(frames[0], distinct_row(self.interpreter, rows, self.node, self.outer))]


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


def _binds_to(node: exp.Expr, frames: list[Frame], keys: list[Term]) -> bool:
    """Whether an expression is a key in every branch."""
    if isinstance(node, (exp.Literal, exp.Null, exp.Boolean, exp.Subquery)):
        return False
    return all(bind(node, frame) is key for frame, key in zip(frames, keys, strict=True))
