"""FROM and its joins: every combination of branches, each with the names that it gives."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from tzero.prove.domain.facts import NotNull
from tzero.prove.domain.label import Atom, Kind
from tzero.prove.domain.row import Present, Row
from tzero.prove.domain.terms import NULL, Term
from tzero.prove.transfer.attained import attained
from tzero.prove.transfer.chosen import chosen
from tzero.prove.transfer.frame import Frame
from tzero.prove.transfer.join import OuterJoin, inner, side_by_side
from tzero.prove.transfer.join_condition import condition, inequality
from tzero.prove.transfer.nested import as_one, as_row, is_nested, place, with_terms
from tzero.prove.transfer.source import renamed, rows_of, shaped

if TYPE_CHECKING:
    from tzero.prove.transfer.interpreter import Interpreter
    from tzero.prove.transfer.named_relation import Names


class FromClause:
    """The FROM clause of one SELECT."""

    def __init__(
        self,
        interpreter: Interpreter,
        node: exp.Select,
        names: Names,
        outer: Frame | None,
        aliases: dict[str, exp.Expr],
    ) -> None:
        self.interpreter = interpreter
        self.node = node
        self.names = names
        self.outer = outer
        self.aliases = aliases
        self._unnamed = itertools.count(1)

    def frames(self) -> list[Frame]:
        source = self.node.args.get("from_")
        frames = [self._start()]
        if source is not None:
            frames = self._cross(frames, source.this)
        for lateral in self.node.args.get("laterals") or ():
            frames = self._lateral_view(frames, lateral)
        for join in self.node.args.get("joins") or ():
            frames = self._join(frames, join)
        return frames

    def _start(self) -> Frame:
        """The frame of no FROM item: one row."""
        start = Frame(self.interpreter, outer=self.outer, aliases=self.aliases, names=self.names)
        if self.outer is None:
            start.row = Row(single=True, always=True)
        else:
            start.row = Row(store=self.outer.row.store, single=True, always=True, outer=self.outer.row.uids())
        return start

    def _lateral_view(self, frames: list[Frame], node: exp.Expr) -> list[Frame]:
        return [with_row(f, self.interpreter.opaque(node, "LATERAL VIEW is not understood", [f.row])) for f in frames]

    def _sources(self, frame: Frame, node: exp.Expr) -> tuple[str, list[Row]]:
        """A FROM item as seen from a frame: a lateral one may use its names."""
        alias, rows = self._item(frame, node)
        return alias or f"\0{next(self._unnamed)}", rows

    def _item(self, frame: Frame, node: exp.Expr) -> tuple[str, list[Row]]:
        if is_nested(node):
            return self._nested(node)
        lateral = isinstance(node, (exp.Lateral, exp.Unnest)) or (
            isinstance(node, exp.Table) and not isinstance(node.this, exp.Identifier)
        )
        scope = frame if lateral else self.outer
        if isinstance(node, exp.Subquery):
            rows = self.interpreter.query(node.this, self.names, self.outer)
            if self.interpreter.dialect == "duckdb" and self._correlates(node, frame):
                rows = self.interpreter.query(node.this, self.names, frame)
            rows = shaped(self.interpreter, node, rows)
            return node.alias_or_name.lower(), [renamed(row, node) for row in rows]
        return rows_of(self.interpreter, node, self.names, scope)

    def _nested(self, node: exp.Expr) -> tuple[str, list[Row]]:
        """A join in parentheses: what it joins, as one item."""
        frames = self._cross([self._start()], node.this)
        alias = node.args.get("alias")
        if alias is None:
            return "", [as_row(frame) for frame in frames]
        names = [column.name.lower() for column in alias.columns]
        rows = [as_one(frame, names) for frame in frames]
        note = "an alias of a join with columns of the same name"
        found = [
            row or self.interpreter.opaque(node, note, [frame.row]) for row, frame in zip(rows, frames, strict=True)
        ]
        return node.alias_or_name.lower(), found

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
        place(new, alias, right.columns)
        return new

    def _join(self, frames: list[Frame], join: exp.Join) -> list[Frame]:
        method = str(join.args.get("method") or "").upper()
        side = str(join.args.get("side") or "").upper()
        kind = str(join.args.get("kind") or "").upper()
        node = join.this
        found: list[Frame] = []
        if method in ("POSITIONAL",) or kind in ("POSITIONAL", "STRAIGHT"):
            # Padded with NULLs, too: nothing that held of the rows holds of the pairs.
            return self._forgetting(frames, join, Kind.ORDER, "rows are paired by physical position")
        if method not in ("", "ASOF", "NATURAL", "HASH", "LOOP"):
            return self._forgetting(frames, join, Kind.UNKNOWN, f"{method} JOIN is not understood")
        if method == "ASOF" and side in ("RIGHT", "FULL"):
            # which left row is the latest before a right one is not what a plain join asks
            return self._forgetting(frames, join, Kind.UNKNOWN, f"ASOF {side} JOIN is not understood")
        if side in ("RIGHT", "FULL"):
            return self._two_sided(frames, join, method, side)
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
            on = condition(frame, pair, row.columns, join, on_node, method)
            predicates.append((row, pair, on))
        if not rows and side == "LEFT":
            return [self._beside(frame, alias, Row(), frame.row)]
        if kind in ("SEMI", "ANTI"):
            return self._semi(frame, predicates, join)
        if method == "ASOF":
            if len(predicates) > 1:
                # the latest row is the latest of all branches: none of them can be followed alone
                note = "ASOF JOIN with a union of rows is not understood"
                return self._forgetting([frame], join, Kind.UNKNOWN, note)
            return [
                joined for row, pair, on in predicates for joined in self._asof(frame, alias, row, pair, on, join, side)
            ]
        if side == "LEFT" and len(predicates) == 1:
            row, pair, on = predicates[0]
            picked = chosen(self.interpreter, join.this, self.names, frame, row)
            outer = OuterJoin(self.interpreter, frame.row, row, on, join, picked, pair.row)
            joined, columns = outer.row(), outer.columns()
            if outer.is_certain():
                columns, facts = attained(self.interpreter, frame.row, columns, outer.pair.store, plain=True)
                joined = joined.assume(facts)
            return [self._placed(pair, joined, alias, with_terms(row.columns, columns))]
        for row, pair, on in predicates:
            kept = inner(self.interpreter, pair.row, on)
            if kept is not None:
                columns, facts = attained(self.interpreter, frame.row, row.columns, kept.store)
                found.append(self._placed(pair, kept.assume(facts), alias, with_terms(row.columns, columns)))
        if side == "LEFT":
            found.append(self._unmatched(frame, alias, predicates, join))
        return found

    def _placed(self, pair: Frame, row: Row, alias: str = "", columns: dict[str, Term] | None = None) -> Frame:
        """The pair's names over the joined row; an outer side's columns may be other terms there."""
        new = pair.copy(row)
        if columns is not None:
            place(new, alias, columns)
        return new

    def _unmatched(self, frame: Frame, alias: str, predicates: list[tuple[Row, Frame, Term]], join: exp.Expr) -> Frame:
        row = frame.row
        for right, _, on in predicates:
            row = OuterJoin(self.interpreter, row, right, on, join).unmatched()
        columns = predicates[0][0].columns
        new = frame.copy(row)
        place(new, alias, with_terms(columns, dict.fromkeys(columns, NULL)))
        return new

    def _semi(self, frame: Frame, predicates: list[tuple[Row, Frame, Term]], join: exp.Expr) -> list[Frame]:
        row = frame.row
        for right, _, on in predicates:
            row = OuterJoin(self.interpreter, row, right, on, join).unmatched()
        return [frame.copy(row)]

    def _asof(
        self, frame: Frame, alias: str, row: Row, pair: Frame, on: Term, join: exp.Expr, side: str
    ) -> list[Frame]:
        latest = inequality(on, row)
        outer = OuterJoin(self.interpreter, frame.row, row, on, join)
        joined = outer.row(latest=latest, asof=True)
        if side != "LEFT":
            if outer.marker not in self.interpreter.ledger:  # nothing can match
                return []
            atoms = self.interpreter.ledger[outer.marker]
            covering = tuple(replace(o, total=False) for o in joined.occurrences)
            presence = joined.presence + tuple(map(Present, atoms))
            joined = replace(joined, presence=presence, occurrences=covering, witnesses=(), always=False)
            joined = joined.assume((NotNull(outer.marker),))
        return [self._placed(pair, joined, alias, with_terms(row.columns, outer.columns()) if side == "LEFT" else None)]

    def _two_sided(self, frames: list[Frame], join: exp.Join, method: str, side: str) -> list[Frame]:
        """RIGHT and FULL: every right row, with the left rows that it matches; FULL adds the left rows without one."""
        found: list[Frame] = []
        if not frames:
            # No left row at all: the right ones are there all the same, and nobody knows the names of the left.
            return self._cross([self._start()], join.this)
        for frame in frames:
            alias, rows = self._sources(frame, join.this)
            if not rows and side == "FULL":
                found.append(self._beside(frame, alias, Row(), frame.row))
            for row in rows:
                pair = self._beside(frame, alias, row, side_by_side(frame.row, row))
                on = condition(frame, pair, row.columns, join, join.args.get("on"), method)
                kept = inner(self.interpreter, pair.row, on)
                if kept is not None:
                    found.append(self._placed(pair, kept))
                lonely = OuterJoin(self.interpreter, row, frame.row, on, join).unmatched()
                right = frame.copy(lonely)
                right.sources = {name: dict.fromkeys(columns, NULL) for name, columns in frame.sources.items()}
                place(right, alias, row.columns)
                found.append(right)
                if side == "FULL":
                    found.append(self._unmatched(frame, alias, [(row, pair, on)], join))
        return found

    def _forgetting(self, frames: list[Frame], join: exp.Join, kind: Kind, note: str) -> list[Frame]:
        """The names of a join of whose pairs nothing is known."""
        atom = Atom(kind, origin=self.interpreter.origin(join, note))
        pairs = self._cross(frames, join.this)
        if not pairs:
            # One side is empty, and the rows of the other may be there all the same.
            return [with_row(self._start(), self.interpreter.opaque(join, note, []))]
        return [frame.forgotten(atom) for frame in pairs]


def with_row(frame: Frame, row: Row) -> Frame:
    """A frame over another row, whose columns are the only names."""
    frame = frame.copy(row)
    frame.sources["lateral view"] = row.columns
    return frame
