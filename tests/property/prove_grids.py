"""Shapes of a feature on a grid: anchors by segments, with what was before each, joined on the own row's keys."""

from __future__ import annotations

from tests.property.prove_parts import Parts

FIRST, LAST = "2024-03-28", "2024-04-03"
"""The days that the worlds lie in, about."""


class Grids(Parts):
    """Grids of days and shops: of those that there are, or of a series and a list."""

    def grid(self) -> str:
        g, name = self.g, self.g.name("g")
        zone = g.one(("UTC", "UTC", "Europe/Oslo"))
        day = f"CAST({{}}.made AT TIME ZONE '{zone}' AS DATE)"
        anchors, segments = self._anchors(day.format("b")), self._segments()
        cells = f"SELECT d.day, w.shop FROM ({anchors}) AS d(day) CROSS JOIN ({segments}) AS w(shop)"
        if g.often(0.25):
            first = f"SELECT b.shop, MIN({day.format('b')}) AS first FROM sales AS b GROUP BY b.shop"
            cells = f"SELECT d.day, w.shop FROM ({anchors}) AS d(day) JOIN ({first}) AS w ON w.first <= d.day"
        self.ctes.append(f"{name}c AS ({cells})")
        self.ctes.append(f"{name} AS ({self._counted(f'{name}c', day)})")
        side = g.one(("LEFT JOIN", "LEFT JOIN", "JOIN"))
        on = f"{name}.shop = s.shop AND {name}.day = {day.format('s')}"
        return self.joined(f" {side} {name} ON {on}", name)

    def _anchors(self, day: str) -> str:
        g = self.g
        ends = f"SELECT MIN({day}) AS a, MAX({day}) AS z FROM sales AS b"
        name = g.name("r")
        recursive = (
            f"WITH RECURSIVE {name}(d) AS (SELECT DATE '{FIRST}' UNION ALL SELECT CAST(d + INTERVAL '1 day' AS DATE) "
            f"FROM {name} WHERE d < DATE '{LAST}') SELECT d FROM {name}"
        )
        return g.one((
            f"SELECT DISTINCT {day} FROM sales AS b", f"SELECT DISTINCT {day} FROM sales AS b",
            f"SELECT CAST(x AS DATE) FROM generate_series(TIMESTAMP '{FIRST}', TIMESTAMP '{LAST}', "
            "INTERVAL '1 day') AS t(x)",
            f"SELECT CAST(x AS DATE) FROM ({ends}) AS e CROSS JOIN LATERAL generate_series(CAST(e.a AS TIMESTAMP), "
            "CAST(e.z AS TIMESTAMP), INTERVAL '1 day') AS t(x)",
            recursive,
        ))  # fmt: skip

    def _segments(self) -> str:
        return self.g.one((
            "SELECT DISTINCT shop FROM sales", "SELECT DISTINCT shop FROM sales", "SELECT shop FROM shops",
            "SELECT x FROM unnest(ARRAY['a', 'b', 'c']) AS u(x)", "SELECT DISTINCT shop FROM offers",
            "SELECT * FROM (VALUES ('a'), ('b')) AS v(shop)",
        ))  # fmt: skip

    def _counted(self, cells: str, day: str) -> str:
        """What each cell of the grid says: of the days before it, directly or added up."""
        g = self.g
        call = g.one(("COUNT(o.id)", "MAX(o.price)", "MIN(o.made)", "COUNT(DISTINCT o.kind)", "SUM(o.price)"))
        if g.often(0.6):
            sign = g.one(("<", "<", "<", "<="))
            on = f"o.shop = c.shop AND {day.format('o')} {sign} c.day"
            shown = f"SELECT c.day, c.shop, {call} AS v"
            return f"{shown} FROM {cells} AS c LEFT JOIN sales AS o ON {on} GROUP BY c.day, c.shop"
        frame = g.one((
            "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING", "GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING",
            "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW", "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
        ))  # fmt: skip
        own = g.one(("", " - COUNT(o.id)"))
        total = f"SUM(COUNT(o.id)) OVER (PARTITION BY c.shop ORDER BY c.day {frame}){own}"
        on = f"o.shop = c.shop AND {day.format('o')} = c.day"
        return (
            f"SELECT c.day, c.shop, {total} AS v FROM {cells} AS c LEFT JOIN sales AS o ON {on} GROUP BY c.day, c.shop"
        )
