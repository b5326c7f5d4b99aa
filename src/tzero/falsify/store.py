"""A deployed relation on trial: samples of its base relations, and comparisons carried out by its own database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tzero.engines.base import Engine
from tzero.falsify.bench import Cells, cell
from tzero.falsify.closure import Closure
from tzero.falsify.compare import Difference, Shape, difference
from tzero.falsify.cut import Cut
from tzero.falsify.mutations.clock import EARLY, LATE, stopped_at
from tzero.falsify.rewrite import Cte, Rewriter, from_item, literal, with_ctes
from tzero.falsify.tables import Table
from tzero.falsify.times import Times
from tzero.falsify.world import Row, Rows, World
from tzero.sql.names import RelationName
from tzero.sql.render import quoted

ROWS = 24
"""How many rows before a cut, and how many from it on, are read of each base relation."""
_SHOWN, _HEAD = 200, 3000
Written = tuple[list[Cte], str]
"""Named subqueries, and the query over them."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The first protected row that moved, and of the free ones how many there are and how many moved."""

    difference: Difference | None
    rows: int
    moved: int


@dataclass
class Store:
    """``anchor`` is the output column with T0; None where it is the own row's time, found by its key."""

    engine: Engine
    closure: Closure
    tables: tuple[Table, ...]
    types: Mapping[str, Mapping[str, str]]
    columns: tuple[str, ...]
    anchor: str
    anchor_kind: str
    own: Table | None
    key: tuple[str, ...]
    spine: bool
    times: Times
    base: World = field(default_factory=World)
    parts: Mapping[str, str] = field(default_factory=dict)
    """Conditions on the rows of tables that are not taken whole."""
    held: bool = False
    """Whether these rows are in tables of their own."""
    before: str = ""
    """The table that holds what the relation gives over these rows as they are; empty where none does."""
    turned: bool = False
    told: frozenset[str] = frozenset()
    """Columns whose values the database takes for equal that are not the same: their texts are compared."""

    @property
    def _joined(self) -> bool:
        return self.anchor not in self.columns

    def column(self, name: str) -> str:
        return quoted(name, self.engine.dialect)

    def column_source(self, name: str) -> str:
        return from_item(self.engine, RelationName.parse(name))

    def moments(self, number: int) -> list[datetime]:
        """Values of T0 spread over the rows of the relation."""
        ctes, query = self._output(self.base, "a")
        anchor = self.column(self.anchor)
        counted = f"row_number() OVER (ORDER BY {anchor}) AS at_, count(*) OVER () AS n"
        ordered = f"SELECT {anchor} AS t, {counted} FROM ({query}) q"
        # a division of integers is whole in one engine and not in the other: only what divides is divided
        each = f"(n - n % {number}) / {number} + 1"
        text = f"SELECT t FROM ({ordered} WHERE {anchor} IS NOT NULL) s WHERE at_ % ({each}) = 0"
        found = (self.times.instant(row[0]) for row in self.engine.rows(with_ctes(ctes, text)))
        return sorted(moment for moment in found if moment is not None)

    def sample(self, cut: Cut) -> World:
        """Rows of each base relation about a cut; of a part that is held, rows of that part."""
        world = World({table.name: {} for table in self.tables})
        for table in self.tables:
            rows: Rows = world.rows[table.name]
            for values in self._read(table, cut):
                rows[world.number()] = values
        return world

    def compare(self, before: World, after: World, cut: Cut | None, kept: frozenset[Cells]) -> Compared:
        """Run the relation over two worlds and compare, in the database."""
        held = self.before and before is self.base
        first: Written = ([], f'SELECT * FROM "{self.before}"') if held else self._output(before, "b")
        return self._compared(first, self._output(after, "a"), cut, kept)

    def as_it_is(self) -> str:
        """A query of the relation over the rows as they are."""
        return with_ctes(*self._output(self.base, "b"))

    def compare_with(self, other: Store) -> Compared:
        """Run the relation here and as another store has it, over the same rows; nothing may differ."""
        return self._compared(self._output(self.base, "b"), other._output(self.base, "a"), None, frozenset())

    def in_other_order(self) -> Store:
        """The same with the rows of its base relations in another physical order."""
        return replace(self, turned=True)

    def at_times(self) -> tuple[Store, Store] | None:
        """The same with every clock that it reads stopped, early and late; None where it reads none."""
        stopped = [[(name, stopped_at(tree, moment)) for name, tree in self.closure.views] for moment in (EARLY, LATE)]
        if all(tree is None for _, tree in stopped[0]):
            return None
        early, late = (
            tuple((name, new or tree) for (name, new), (_, tree) in zip(views, self.closure.views, strict=True))
            for views in stopped
        )
        return replace(self, closure=replace(self.closure, views=early)), replace(
            self, closure=replace(self.closure, views=late)
        )

    def _compared(self, before: Written, after: Written, cut: Cut | None, kept: frozenset[Cells]) -> Compared:
        (first, one), (second, two) = before, after
        names = ", ".join(self.column(name) for name in self._all())
        safe = self._protected(cut, kept)
        signed = f"SELECT {names}, 1 AS s_ FROM ({one}) b UNION ALL SELECT {names}, -1 AS s_ FROM ({two}) a"
        counted = f"SELECT {names}, {safe} AS p_, sum(s_) AS d_, count(*) AS n_ FROM ({signed}) u GROUP BY {names}"
        ctes = [*first, *second, ("compared_", counted)]
        totals = "SELECT p_, sum(n_), sum(abs(d_)) FROM compared_ GROUP BY p_"
        found = {bool(row[0]): (int(row[1]), int(row[2])) for row in self.engine.rows(with_ctes(ctes, totals))}
        free, moved = found.get(cut is None, (0, 0))
        shown = None
        if found.get(True, (0, 0))[1]:
            first_rows = f"ORDER BY {self.column(self.anchor)} LIMIT {_SHOWN}"
            text = f"SELECT d_, {names} FROM compared_ WHERE p_ AND d_ <> 0 {first_rows}"
            shown = self._difference(self.engine.rows(with_ctes(ctes, text)))
        return Compared(shown, (free + 1) // 2, (moved + 1) // 2)

    def kept_keys(self, cut: Cut) -> frozenset[Cells]:
        if self.own is None:
            return frozenset()
        rows = self.base.rows[self.own.name]
        return frozenset(tuple(rows[uid][c] for c in self.own.key) for uid in cut.kept)

    def at_cut(self, moment: datetime) -> list[int]:
        """The sampled own rows whose T0 it is."""
        if self.own is None or not self.own.known:
            return []
        time = self.own.relation.time or self.own.known
        found = []
        for uid, row in self.base.rows[self.own.name].items():
            t0 = self.times.instant(row[time])
            if t0 is not None and (self.times.day_start(t0) if self.anchor_kind == "date" else t0) == moment:
                found.append(uid)
        return found

    def rewriter(self) -> Rewriter:
        return Rewriter(
            self.engine,
            self.closure,
            {table.name: table for table in self.tables},
            self.types,
            self.base,
            self.parts,
            self.turned,
            self.held,
        )

    def _all(self) -> tuple[str, ...]:
        return (*self.columns, self.anchor) if self._joined else self.columns

    def _output(self, world: World, prefix: str) -> Written:
        rewriter = self.rewriter()
        ctes, last = rewriter.over(world, prefix)
        if not self._joined:
            return ctes, f'SELECT {self._shown()} FROM "{last}" q'
        assert self.own is not None
        time = self.column(self.own.relation.time or self.own.known or "")
        match = " AND ".join(
            f"o.{self.column(c)} = q.{self.column(k)}" for c, k in zip(self.own.key, self.key, strict=True)
        )
        source = rewriter.source(world, self.own)
        read = f'SELECT {self._shown()}, o.{time} AS {self.column(self.anchor)} FROM "{last}" q'
        return ctes, f"{read} LEFT JOIN {source} o ON {match}"

    def _shown(self) -> str:
        """The columns of the relation, as they are compared."""
        if not self.told:
            return "q.*"
        places = ((name, f"q.{self.column(name)}") for name in self.columns)
        return ", ".join(
            f"CAST({place} AS text) AS {self.column(name)}" if name in self.told else place for name, place in places
        )

    def _protected(self, cut: Cut | None, kept: frozenset[Cells]) -> str:
        if cut is None:
            return "TRUE"
        anchor = self.column(self.anchor)
        moment = f"CAST({literal(self.times.written(self.anchor_kind, cut.moment))} AS {self.anchor_kind})"
        at = f"{anchor} = {moment}"
        if self.own is not None:
            keys = [dict(zip(self.own.key, key, strict=True)) for key in sorted(kept, key=repr)] if self.key else []
            tests = (
                " AND ".join(
                    f"{self.column(k)} = {self.rewriter().literal(self.own, c, key[c])}"
                    for c, k in zip(self.own.key, self.key, strict=True)
                )
                for key in keys
            )
            at += " AND (" + (" OR ".join(f"({test})" for test in tests) or "FALSE") + ")"
        return f"({anchor} IS NULL OR {anchor} < {moment} OR ({at}))"

    def head(self) -> Counter[Cells]:
        """Some thousand rows of the relation, the same ones each time."""
        ctes, query = self._output(self.base, "a")
        order = ", ".join(self.column(name) for name in (*self.key, *self.columns))
        rows = self.engine.rows(with_ctes(ctes, f"SELECT * FROM ({query}) q ORDER BY {order} LIMIT {_HEAD}"))
        return Counter(tuple(cell(value) for value in row) for row in rows)

    def paired(self, old: Counter[Cells], new: Counter[Cells]) -> Difference | None:
        gone, come = old - new, new - old
        return difference(gone, come, self._shape()) if gone or come else None

    def _shape(self) -> Shape:
        names = self._all()
        key = tuple(names.index(name) for name in self.key)
        return Shape(names, names.index(self.anchor), key, self.spine, self.own is not None)

    def _difference(self, rows: list[tuple[Any, ...]]) -> Difference | None:
        shape = self._shape()
        gone: Counter[Cells] = Counter()
        come: Counter[Cells] = Counter()
        for number, *cells in rows:
            (gone if number > 0 else come)[tuple(cell(value) for value in cells)] += abs(int(number))
        if self.spine:
            both = {shape.key_of(row) for row in gone} & {shape.key_of(row) for row in come}
            gone = Counter({row: n for row, n in gone.items() if shape.key_of(row) in both})
            come = Counter({row: n for row, n in come.items() if shape.key_of(row) in both})
        return difference(gone, come, shape) if gone or come else None

    def _read(self, table: Table, cut: Cut) -> list[Row]:
        rewriter = self.rewriter()
        name = rewriter.part(table.name) if self.held and table.name in self.parts else self.column_source(table.name)
        columns = ", ".join(self._cell(table, column) for column in table.kinds)
        if not table.dated or not table.known:
            return self._rows(table, f"SELECT {columns} FROM {name} LIMIT {ROWS}")
        known = self.column(table.known)
        floor = self.times.written(table.kinds[table.known].kind, cut.floor(table))
        moment = f"CAST({literal(floor)} AS {self.types[table.name][table.known]})"
        order = ", ".join([known, *(self.column(c) for c in table.key)])
        past = f"SELECT {columns} FROM {name} WHERE {known} < {moment} ORDER BY {known} DESC, {order} LIMIT {ROWS}"
        future = f"SELECT {columns} FROM {name} WHERE {known} >= {moment} ORDER BY {order} LIMIT {ROWS}"
        return [*self._rows(table, past), *self._rows(table, future)]

    def _cell(self, table: Table, column: str) -> str:
        """A column as it is read: of a type that no value is made of, its text."""
        text = self.column(column)
        return f"CAST({text} AS text) AS {text}" if table.kinds[column].kind == "other" else text

    def _rows(self, table: Table, sql: str) -> list[Row]:
        return [dict(zip(table.kinds, row, strict=True)) for row in self.engine.rows(sql)]
