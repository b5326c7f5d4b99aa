"""Shapes of a feature over trees of relations: every operation over what every other one gives, on the same columns."""

from __future__ import annotations

from tests.property.prove_emptied import BESIDE
from tests.property.prove_parts import Parts

_LEAVES = (
    "SELECT shop AS k, made AS t, id AS n FROM sales",
    "SELECT shop AS k, made AS t, id AS n FROM sales",
    "SELECT kind AS k, made AS t, id AS n FROM sales",
    "SELECT shop AS k, made AS t, turn AS n FROM offers",
    "SELECT CAST(sale AS VARCHAR) AS k, made AS t, n FROM visits",
)


class Trees(Parts):
    """Relations of a word ``k``, a time ``t`` and a number ``n``, and what the own row asks of one."""

    def tree(self) -> str:
        """A tree, asked by the word of the own row and, mostly, by what was before it."""
        g, name = self.g, self.g.name("y")
        rows = self._tree(g.one((1, 2, 2, 3)))
        own = g.one(("s.shop", "s.shop", "s.kind"))
        met = f"{{0}}.k = {own}" + (f" AND {g.before('{0}.t', 's.made')}" if g.often(0.7) else "")
        if g.often(0.4):
            call = g.one(("COUNT(*)", "MAX(o.n)", "MAX(1)", "MIN(o.t)", "COUNT(DISTINCT o.n)", "BOOL_OR(o.n > 1)"))
            return f"(SELECT {call} FROM ({rows}) AS o WHERE {met.format('o')})"
        if g.often(0.3):
            asked = f"EXISTS (SELECT 1 FROM ({rows}) AS o WHERE {met.format('o')})"
            return g.one((asked, f"NOT {asked}", f"{own} IN (SELECT o.k FROM ({rows}) AS o)"))
        side = g.one(("LEFT JOIN", "LEFT JOIN", "JOIN"))
        self.joins.append(f" {side} ({rows}) AS {name} ON {met.format(name)}")
        value = g.one((f"{name}.k", f"{name}.n", f"{name}.t", f"LEAST({name}.t, s.made)", f"{name}.t < s.made"))
        return g.one((value, f"{value} IS NULL", f"COUNT({name}.k) OVER (PARTITION BY s.id)"))

    def _tree(self, depth: int) -> str:
        g = self.g
        if depth == 0 or g.often(0.1):
            return g.one(_LEAVES)
        ways = (self._kept, self._paired, self._gathered, self._gathered, self._set, self._beside, self._framed)
        return g.one(ways)(depth - 1)

    def _kept(self, depth: int) -> str:
        g = self.g
        a, b = self._tree(depth), self._tree(min(depth, 1))
        asked = f"SELECT 1 FROM ({b}) AS b WHERE b.k = a.k{g.one(('', ' AND b.t < a.t', ' AND b.n = a.n'))}"
        test = g.one((
            "a.n > 1", "a.k = 'a'", "a.t IS NOT NULL", "a.k IS NOT NULL", f"EXISTS ({asked})", f"NOT EXISTS ({asked})",
            f"a.t = (SELECT {g.one(('MAX', 'MIN'))}(b.t) FROM ({b}) AS b WHERE b.k = a.k)", "a.n IS NULL OR a.n > 1",
            f"(SELECT COUNT(*) FROM ({b}) AS b) > 2", f"a.k IN (SELECT b.k FROM ({b}) AS b)",
        ))  # fmt: skip
        return f"SELECT a.k, a.t, a.n FROM ({a}) AS a WHERE {test}"

    def _paired(self, depth: int) -> str:
        g = self.g
        side = g.one(("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN"))
        more = g.one(("", " AND b.n = a.n", " AND b.t = a.t", " AND b.t < a.t" if side != "FULL JOIN" else ""))
        on = "" if side == "CROSS JOIN" else f" ON b.k = a.k{more}"
        shown = g.one(("a.k, a.t, a.n", "a.k, a.t, b.n", "COALESCE(a.k, b.k) AS k, COALESCE(a.t, b.t) AS t, a.n",
                       "b.k, GREATEST(a.t, b.t) AS t, b.n", "a.k, b.t, 1 AS n"))  # fmt: skip
        return f"SELECT {shown} FROM ({self._tree(depth)}) AS a {side} ({self._tree(depth)}) AS b{on}"

    def _gathered(self, depth: int) -> str:
        g = self.g
        a = self._tree(depth)
        call = g.one(
            ("COUNT(*)", "MAX(a.n)", "MAX(1)", "MIN(a.n)", "COUNT(a.n)", "MAX(CASE WHEN a.n > 1 THEN 1 ELSE 0 END)")
        )
        time = g.one(("MIN(a.t)", "MIN(a.t)", "MAX(a.t)"))
        having = g.one(("", "", "", " HAVING COUNT(*) > 1", " HAVING MIN(a.t) IS NOT NULL", " HAVING MAX(a.n) > 1"))
        return g.one((
            f"SELECT a.k, {time} AS t, {call} AS n FROM ({a}) AS a GROUP BY a.k{having}",
            f"SELECT a.k, a.t, {call} AS n FROM ({a}) AS a GROUP BY a.k, a.t{having}",
            f"SELECT DISTINCT a.k, a.t, 1 AS n FROM ({a}) AS a", f"SELECT DISTINCT a.k, a.t, a.n FROM ({a}) AS a",
            f"SELECT 'a' AS k, {time} AS t, {call} AS n FROM ({a}) AS a{having}",
            f"SELECT DISTINCT ON (a.k) a.k, a.t, a.n FROM ({a}) AS a ORDER BY a.k, a.t, a.n",
            f"SELECT a.k, {time} AS t, {call} AS n FROM ({a}) AS a GROUP BY ROLLUP (a.k){having}",
        ))  # fmt: skip

    def _set(self, depth: int) -> str:
        how = self.g.one(("UNION", "UNION ALL", "UNION ALL", "EXCEPT", "INTERSECT"))
        return f"SELECT * FROM ({self._tree(depth)}) AS a {how} SELECT * FROM ({self._tree(depth)}) AS b"

    def _beside(self, depth: int) -> str:
        g = self.g
        side = g.one(("CROSS JOIN {} AS one", "LEFT JOIN {} AS one ON TRUE", "JOIN {} AS one ON one.y = 1"))
        shown = g.one(("a.k, a.t, a.n", "a.k, a.t, one.y AS n"))
        return f"SELECT {shown} FROM ({self._tree(depth)}) AS a {side.format(g.one(BESIDE))}"

    def _framed(self, depth: int) -> str:
        g = self.g
        call = g.one(("COUNT(*)", "MAX(a.n)", "MIN(a.t)", "ROW_NUMBER()", "RANK()"))
        frame = "" if call.endswith("()") else g.frame()
        value = f"{call} OVER ({g.one(('PARTITION BY a.k ', ''))}ORDER BY a.t{frame})"
        rows = f"({self._tree(depth)}) AS a"
        if call == "MIN(a.t)":
            return f"SELECT a.k, {value} AS t, a.n FROM {rows}"
        text = f"SELECT a.k, a.t, {value} AS n FROM {rows}"
        kept = f"SELECT a.k, a.t, a.n FROM ({text}) AS a WHERE a.n {g.one(('= 1', '> 1', '<= 2'))}"
        return text if g.often(0.5) else kept
