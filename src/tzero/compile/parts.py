"""The parts that the statistics of a group share: event streams, running totals, distributions, windowed extremes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from tzero.compile.anchors import ANCHOR, SEGMENT_DAYS, distinct_anchors, vocabulary, vocabulary_name
from tzero.compile.base import Base
from tzero.compile.dialects.base import Dialect
from tzero.compile.distributions import ANCHORS, Distribution
from tzero.compile.events import EventStream, event_stream, extreme_name
from tzero.compile.extremes import framed_extreme, joined_extreme
from tzero.compile.groups import Group
from tzero.compile.histograms import Histogram, Tally
from tzero.compile.lookups import Cte
from tzero.compile.running import Running, Total, event_number
from tzero.compile.times import Scale
from tzero.features.populations import Grid
from tzero.features.statistics import Statistic
from tzero.sql.build import all_of, equal, named, quoted_column, text
from tzero.timeline import Trail

_Spread = tuple[tuple[str, ...], tuple[str, ...], Trail, str | None]
"""What a distribution is of: segment, category, trail, and the label's known-at."""


class Parts:
    """Makes each part once, whichever statistic asks for it first, and joins them all to the anchors ``a``."""

    def __init__(self, group: Group, base: Base, base_table: exp.Table, dialect: Dialect) -> None:
        self.group = group
        self.base = base
        self.base_table = base_table
        self.dialect = dialect
        self.scale = Scale(group.population.anchor, base.time_type, dialect)
        self._streams: dict[str | None, EventStream] = {}
        self._running: dict[tuple[object, ...], Running] = {}
        self._distributions: dict[_Spread, Distribution | Histogram] = {}
        self._tallies: dict[str, Tally] = {}
        self._extremes: dict[tuple[object, ...], tuple[Cte, tuple[str, ...]]] = {}

    @property
    def streams(self) -> list[Cte]:
        return [(stream.name, stream.query) for stream in self._streams.values()]

    @property
    def has_plain_stream(self) -> bool:
        """Whether there is a stream of the events as they are, with no label's known-at."""
        return None in self._streams

    def total(self, statistic: Statistic, keys: tuple[str, ...], total: Total, trail: Trail | None = None) -> exp.Expr:
        running = self.running(statistic, keys, trail)
        return quoted_column(running.add(total), running.name)

    def running(self, statistic: Statistic, keys: tuple[str, ...], trail: Trail | None = None) -> Running:
        ordered = tuple(key for key in self.group.keys if key in keys)
        at = (ordered, trail or statistic.trail, statistic.known_at)
        if at not in self._running:
            name = f"as_of_{len(self._running) + 1}"
            grows = self.base.rows.source.change is None
            self._running[at] = Running(name, self.stream(statistic).name, ordered, at[1], self.scale, grows)
        return self._running[at]

    def distribution(self, statistic: Statistic) -> Distribution | Histogram:
        at = (statistic.segment, statistic.category, statistic.trail, statistic.known_at)
        if at not in self._distributions:
            name = f"spread_{len(self._distributions) + 1}"
            wide = self._is_narrow(statistic)
            self._distributions[at] = self._histogram(name, statistic) if wide else self._cells(name, statistic)
        return self._distributions[at]

    def own_number(self, statistic: Statistic) -> exp.Expr | None:
        """The count of these keys where a distribution holds it already."""
        for at, distribution in self._distributions.items():
            segment, category, trail, known_at = at
            same = {*segment, *category} == set(statistic.keys)
            same = same and (trail, known_at) == (statistic.trail, statistic.known_at)
            if same and (isinstance(distribution, Histogram) or self._has_own_cell(distribution)):
                return distribution.own_number
        tally = self._tally(statistic)
        return tally.own_number if tally is not None else None

    def number_equal(self, category: str, value: str) -> Total:
        """How many events have a value of a category."""
        values = list(dict.fromkeys([*self._domain(category), *self._constants(category)]))
        test = exp.EQ(this=quoted_column(category), expression=text(value))
        return Total(f"number_equal_{category}_{values.index(value)}", event_number(test))

    def _constants(self, category: str) -> list[str]:
        return [s.constant for _, s in self.group.statistics if s.constant is not None and s.category == (category,)]

    def _domain(self, category: str) -> tuple[str, ...]:
        return self.group.population.rows.domains.get(category, ())

    def _is_narrow(self, statistic: Statistic) -> bool:
        """Whether the counts of all values fit side by side: of a vocabulary that the grid is filled from."""
        return len(statistic.category) == 1 and self._is_listed(statistic.category[0], statistic.segment)

    def _is_listed(self, category: str, segment: Sequence[str]) -> bool:
        if self.group.population.grid is Grid.OBSERVED or len(self._domain(category)) > self.dialect.widest_histogram:
            return False
        return category in self.group.categories and set(segment) <= set(self.group.segments)

    def _histogram(self, name: str, statistic: Statistic) -> Histogram:
        (category,) = statistic.category
        running = self.running(statistic, statistic.segment)
        return Histogram(name, running.name, running.keys, category, self._numbers(running, category), self.dialect)

    def _tally(self, statistic: Statistic) -> Tally | None:
        """The counts of a value within other keys, where they fit side by side.

        They save a timeline of these keys, and a join once the grid is filled; as-of joins cost less than they do.
        """
        if self.dialect.as_of_joins:
            return None
        inside = [key for key in statistic.keys if key in self.group.categories]
        others = tuple(key for key in statistic.keys if key not in inside)
        if len(inside) != 1 or not self._is_listed(inside[0], others):
            return None
        running = self.running(statistic, others)
        name = f"{running.name}_by_{inside[0]}"
        if name not in self._tallies:
            numbers = self._numbers(running, inside[0])
            self._tallies[name] = Tally(name, running.name, running.keys, inside[0], numbers, self.dialect)
        return self._tallies[name]

    def _numbers(self, running: Running, category: str) -> tuple[str, ...]:
        return tuple(running.add(self.number_equal(category, value)) for value in self._domain(category))

    def _cells(self, name: str, statistic: Statistic) -> Distribution:
        return Distribution(
            name,
            self.group,
            self.stream(statistic).name,
            statistic.segment,
            statistic.category,
            statistic.trail,
            self.scale,
            self._fills_grid(statistic) and self._grid is None,
        )

    @property
    def anchors(self) -> str:
        """The CTE of the anchors: of a grid that is counted whole, its cells."""
        return "anchors" if self._grid is None else self._grid.cells

    @property
    def _grid(self) -> Distribution | None:
        found = (each for each in self._distributions.values() if isinstance(each, Distribution))
        return next((each for each in found if each.is_grid), None)

    def _fills_grid(self, statistic: Statistic) -> bool:
        dense = self.dialect.dense_grids and self.group.population.grid is not Grid.OBSERVED
        return dense and {*statistic.segment, *statistic.category} == set(self.group.keys)

    def windowed_extreme(self, statistic: Statistic) -> exp.Expr:
        """The least or greatest value within a window, which cannot be taken back when it leaves."""
        name = extreme_name(statistic)
        key = (statistic.kind, statistic.value, statistic.segment, statistic.trail, statistic.known_at)
        if key not in self._extremes:
            cte = f"extreme_{len(self._extremes) + 1}"
            windowed = framed_extreme if self._is_known_at_once(statistic) else joined_extreme
            anchors = distinct_anchors(self.group, statistic.segment)
            query = windowed(statistic, name, self.stream(statistic).name, anchors, self.scale)
            self._extremes[key] = ((cte, query), statistic.segment)
        return quoted_column(name, self._extremes[key][0][0])

    def _is_known_at_once(self, statistic: Statistic) -> bool:
        rows = self.group.population.rows
        late = (statistic.known_at, rows.source.known_at, *(lookup.source.sla for lookup in rows.lookups))
        return not any(late)

    def stream(self, statistic: Statistic) -> EventStream:
        known_at = statistic.known_at
        if known_at not in self._streams:
            statistics = [s for _, s in self.group.statistics if s.known_at == known_at]
            keys = [key for s in statistics for key in s.keys]
            if known_at is None:
                keys = [*self.group.keys, *keys]
            self._streams[known_at] = event_stream(
                "events" if known_at is None else f"events_known_at_{known_at}",
                self.base_table,
                self.base,
                self.group.population,
                known_at,
                list(dict.fromkeys(keys)),
                statistics,
                self.dialect,
            )
        return self._streams[known_at]

    @property
    def is_stepwise(self) -> bool:
        """Whether a grid is filled only after what depends on the segment alone has been joined to it."""
        filled = self.group.population.grid is not Grid.OBSERVED and bool(self.group.categories)
        return filled and self._grid is None

    def key_columns(self) -> list[exp.Expr]:
        """The key columns of the group, wherever they stand in the query over the anchors."""
        return [quoted_column(key, self._place(key)) for key in self.group.keys]

    def joined(self, query: exp.Select) -> tuple[exp.Select, list[Cte]]:
        """The query from the anchors ``a`` with every part joined, and the CTEs of the parts."""
        ctes: list[Cte] = []
        joins: list[tuple[str, tuple[str, ...]]] = []
        for distribution in self._distributions.values():
            if isinstance(distribution, Histogram):
                continue
            ctes += distribution.ctes()
            joins.append((distribution.name, distribution.segment))
            if self._has_own_cell(distribution) and not distribution.is_grid:
                joins.append((distribution.cells, (*distribution.segment, *distribution.category)))
        for running in self._running.values():
            ctes += running.ctes(distinct_anchors(self.group, running.keys))
            joins.append((running.name, running.keys))
        for tally in [*self._distributions.values(), *self._tallies.values()]:
            if isinstance(tally, Tally):
                ctes += tally.ctes()
                joins.append((tally.name, tally.segment))
        for cte, keys in self._extremes.values():
            ctes.append(cte)
            joins.append((cte[0], keys))
        return self._from_anchors(query, joins), ctes

    def _from_anchors(self, query: exp.Select, joins: list[tuple[str, tuple[str, ...]]]) -> exp.Select:
        if not self.is_stepwise:
            query = query.from_(exp.alias_(named(self.anchors), ANCHORS, table=True, quoted=True))
            return self._join_all(query, joins)
        categories = set(self.group.categories)
        source = SEGMENT_DAYS if self.group.segments else "days"
        query = query.from_(exp.alias_(named(source), ANCHORS, table=True, quoted=True))
        query = self._join_all(query, [join for join in joins if not categories & set(join[1])])
        for category in self.group.categories:
            query = query.join(vocabulary(self.group, category, numbered=True), join_type="cross")
        return self._join_all(query, [join for join in joins if categories & set(join[1])])

    def _join_all(self, query: exp.Select, joins: list[tuple[str, tuple[str, ...]]]) -> exp.Select:
        for name, keys in joins:
            same = [equal(quoted_column(key, name), quoted_column(key, self._place(key))) for key in keys]
            at = equal(quoted_column(ANCHOR, name), quoted_column(ANCHOR, ANCHORS))
            query = query.join(named(name), on=all_of([at, *same]), join_type="left")
        return query

    def _place(self, key: str) -> str:
        """The alias under which a key column stands."""
        return vocabulary_name(key) if self.is_stepwise and key in self.group.categories else ANCHORS

    def _has_own_cell(self, distribution: Distribution) -> bool:
        return {*distribution.segment, *distribution.category} <= set(self.group.keys)
