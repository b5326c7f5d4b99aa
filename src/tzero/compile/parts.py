"""The parts that the statistics of a group share: event streams, running totals, distributions, windowed extremes."""

from __future__ import annotations

from sqlglot import exp

from tzero.compile.anchors import distinct_anchors
from tzero.compile.base import Base
from tzero.compile.dialects.base import Dialect
from tzero.compile.distributions import Distribution, at_anchor
from tzero.compile.events import EventStream, event_stream, extreme_name
from tzero.compile.extremes import framed_extreme, joined_extreme
from tzero.compile.groups import Group
from tzero.compile.lookups import Cte
from tzero.compile.running import Running, Total
from tzero.compile.times import Scale
from tzero.features.populations import Grid
from tzero.features.statistics import Statistic
from tzero.sql.build import named, quoted_column
from tzero.timeline import Trail


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
        self._distributions: dict[tuple[object, ...], Distribution] = {}
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
            self._running[at] = Running(name, self.stream(statistic).name, ordered, at[1], self.scale)
        return self._running[at]

    def distribution(self, statistic: Statistic) -> Distribution:
        at = (statistic.segment, statistic.category, statistic.trail, statistic.known_at)
        if at not in self._distributions:
            self._distributions[at] = Distribution(
                f"spread_{len(self._distributions) + 1}",
                self.group,
                self.stream(statistic).name,
                statistic.segment,
                statistic.category,
                statistic.trail,
                self.scale,
                self._fills_grid(statistic) and self._grid is None,
            )
        return self._distributions[at]

    def cells_of(self, statistic: Statistic) -> str | None:
        """The distribution's cells that already hold the count of these keys, if there are any."""
        for distribution in self._distributions.values():
            same_keys = {*distribution.segment, *distribution.category} == set(statistic.keys)
            same_events = distribution.events == self.stream(statistic).name and distribution.trail == statistic.trail
            if same_keys and same_events and self._has_own_cell(distribution):
                return distribution.own_cell
        return None

    @property
    def anchors(self) -> str:
        """The CTE of the anchors: of a grid that is counted whole, its cells."""
        return "anchors" if self._grid is None else self._grid.cells

    @property
    def _grid(self) -> Distribution | None:
        return next((found for found in self._distributions.values() if found.is_grid), None)

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

    def joined(self, query: exp.Select) -> tuple[exp.Select, list[Cte]]:
        """The query over the anchors ``a`` with every part joined, and the CTEs of the parts."""
        ctes: list[Cte] = []
        for distribution in self._distributions.values():
            ctes += distribution.ctes()
            query = _join(query, distribution.name, distribution.segment)
            if self._has_own_cell(distribution) and not distribution.is_grid:
                query = _join(query, distribution.cells, (*distribution.segment, *distribution.category))
        for running in self._running.values():
            ctes += running.ctes(distinct_anchors(self.group, running.keys))
            query = _join(query, running.name, running.keys)
        for cte, keys in self._extremes.values():
            ctes.append(cte)
            query = _join(query, cte[0], keys)
        return query, ctes

    def _has_own_cell(self, distribution: Distribution) -> bool:
        return {*distribution.segment, *distribution.category} <= set(self.group.keys)


def _join(query: exp.Select, name: str, keys: tuple[str, ...]) -> exp.Select:
    return query.join(named(name), on=at_anchor(keys, name), join_type="left")
