"""Shapes of a feature by recursion over data: chains of events back in time, and states that go from day to day."""

from __future__ import annotations

from tests.property.prove_parts import Parts


class Chains(Parts):
    """A recursive CTE, and what the own row asks of it."""

    def recursion(self) -> str:
        """Chains that mostly go back; some go nowhere, forward, or change what they start at."""
        g, name = self.g, self.g.name("c")
        self.recursive = True
        first = g.one((
            "SELECT id, shop, made, made, price, 0 FROM sales", "SELECT id, shop, made, made, price, 0 FROM sales",
            "SELECT p.id, o.shop, p.made, o.made, o.price, 0 FROM sales AS p JOIN sales AS o ON o.made < p.made "
            "AND o.shop = p.shop",
            "SELECT id, shop, made, paid, price, 0 FROM sales", "SELECT sale, 'a', made, made, n, 0 FROM visits",
        ))  # fmt: skip
        union = g.one(("UNION ALL", "UNION ALL", "UNION"))
        self.ctes.append(f"{name}(id, w, t0, since, n, depth) AS ({first} {union} {self._step(name)})")
        call = g.one(
            ("COUNT(*)", "MAX(depth)", "MIN(since)", "COUNT(DISTINCT since)", "SUM(n)", "MAX(since)", "MAX(n)")
        )
        more = g.one(("", "", " WHERE depth > 0", " WHERE since IS NOT NULL"))
        if g.often(0.4):
            met = g.one(("x.t0 < s.made", "x.since < s.made", "x.id = s.id", "x.id = s.id AND x.t0 <= s.made"))
            return f"(SELECT {call} FROM (SELECT * FROM {name}{more}) AS x WHERE {met})"
        rows = f"SELECT id, t0, {call} AS v FROM {name}{more} GROUP BY id, t0"
        on = g.one((f"{name}x.id = s.id", f"{name}x.id = s.id AND {name}x.t0 = s.made", f"{name}x.t0 < s.made"))
        return self.joined(f" LEFT JOIN ({rows}) AS {name}x ON {on}", f"{name}x")

    def _step(self, name: str) -> str:
        g = self.g
        before = g.before("o.made", g.one(("c.since", "c.since", "c.t0")))
        kept = g.one(("c.id, {w}, c.t0", "c.id, {w}, c.t0", "c.id, {w}, c.t0", "c.id, c.w, o.made", "o.id, {w}, c.t0"))
        kept = kept.format(w=g.one(("c.w", "o.shop")))
        since = g.one(
            ("o.made", "o.made", "o.made", "c.since", "c.since - INTERVAL '1 hour'", "LEAST(o.made, c.since)")
        )
        value = g.one(("o.price", "c.n + o.price", "c.n", "GREATEST(c.n, o.price)"))
        more = g.one(("", " AND o.paid < c.since", " AND o.price > 1", " AND (o.paid IS NULL OR o.paid >= c.since)"))
        if g.often(0.3):
            test = f"o.shop = c.w AND {before}{more}"
            asked = g.one(("MAX(o.made)", "MAX(o.made)", "MIN(o.made)"))
            return (
                f"SELECT c.id, c.w, c.t0, (SELECT {asked} FROM sales AS o WHERE {test}), "
                f"c.n + (SELECT COUNT(*) FROM sales AS o WHERE {test}), c.depth + 1 FROM {name} AS c "
                f"WHERE c.depth < 2{g.one(('', ' AND c.since IS NOT NULL'))}"
            )
        side = g.one(("JOIN", "JOIN", "LEFT JOIN"))
        return (
            f"SELECT {kept}, {since}, {value}, c.depth + 1 FROM {name} AS c {side} sales AS o ON o.shop = c.w "
            f"AND {before}{more} WHERE c.depth < 2"
        )

    def days(self) -> str:
        """A state that each day takes over from the day before."""
        g, name = self.g, self.g.name("e")
        self.recursive = True
        day = f"CAST(o.made AT TIME ZONE '{g.one(('UTC', 'UTC', 'Europe/Oslo'))}' AS DATE)"
        counted = f"(SELECT COUNT(*) FROM sales AS o WHERE {day} {g.one(('=', '=', '<', '<='))} d.day"
        counted += g.one(("", "", " - 1", " + 1")) + ")"
        self.ctes.append(
            f"{name}(day, n) AS (SELECT DATE '2024-03-26', CAST(0 AS BIGINT) UNION ALL SELECT d.day + 1, "
            f"(d.n * 3) % 97 + {counted} FROM {name} AS d WHERE d.day < DATE '2024-04-12')"
        )
        own = f"CAST(s.made AT TIME ZONE '{g.one(('UTC', 'UTC', 'UTC', 'Europe/Oslo'))}' AS DATE)"
        return f"(SELECT MAX(d.n) FROM {name} AS d WHERE d.day {g.one(('=', '=', '<', '<='))} {own})"
