"""Shapes of a feature with a window in them, and what picks one row of many: QUALIFY, DISTINCT ON."""

from __future__ import annotations

from tests.property.prove_parts import Parts
from tests.property.prove_relations import SALES, Relation


class Windows(Parts):
    """Windows over events, in a CTE, beside the own row or inside a subquery."""

    def keyed_by_anchor(self) -> str:
        """Figures by anchor and word, cumulated up to the anchor, joined on both."""
        g, name = self.g, self.g.name("k")
        time = g.one(
            ("b.made", "b.made", "CAST(b.made AT TIME ZONE 'UTC' AS DATE)", "time_bucket(INTERVAL '6 hours', b.made)")
        )
        call = g.one(("COUNT(*)", "MAX(b.price)", "SUM(b.price)", "COUNT(DISTINCT b.kind)", "MIN(b.id)"))
        outer = g.one(("SUM(a.n)", "MAX(a.n)", "COUNT(*)", "MIN(a.n)", "LAG(a.n)", "ROW_NUMBER()"))
        frame = g.frame() if outer not in ("LAG(a.n)", "ROW_NUMBER()") else ""
        if "INTERVAL" in frame and "DATE" in time:
            frame = ""
        by = f"SELECT b.shop, {time} AS at, {call} AS n FROM sales AS b GROUP BY b.shop, {time}"
        partition = g.one(("PARTITION BY a.shop ", "PARTITION BY a.shop ", ""))
        self.ctes.append(
            f"{name} AS (SELECT a.shop, a.at, {outer} OVER ({partition}ORDER BY a.at{frame}) AS v FROM ({by}) AS a)"
        )
        return self.joined(
            f" LEFT JOIN {name} ON {name}.shop = s.shop AND {name}.at = {time.replace('b.', 's.')}", name
        )

    def qualified(self) -> str:
        """Of pairs of the own row and an event, those that a window picks."""
        g, name = self.g, self.g.name("q")
        relation = g.relation(1)
        met = self.met(relation, "o").replace("s.", "p.")
        order = f"o.{relation.of('time')[0]}" if relation.of("time") else f"{g.argument(relation, 'o')}"
        call = g.one(("ROW_NUMBER()", "RANK()", "DENSE_RANK()", "COUNT(*)"))
        window = f"{call} OVER (PARTITION BY p.id ORDER BY {order}{g.one(('', ' DESC', ' DESC'))})"
        pairs = f"SELECT p.id, {g.argument(relation, 'o')} AS x FROM sales AS p JOIN {relation.sql} AS o ON {met}"
        call = g.one(("MAX(y.x)", "COUNT(*)", "MIN(y.x)"))
        self.ctes.append(
            f"{name} AS (SELECT y.id, {call} AS v FROM ({pairs} QUALIFY {window} {g.one(('= 1', '<= 2', '<= 3'))}) "
            "AS y GROUP BY y.id)"
        )
        return self.joined(f" LEFT JOIN {name} ON {name}.id = s.id", name)

    def steps(self) -> str:
        """A difference of two events in a row, or the time since the last."""
        g, name = self.g, self.g.name("n")
        order = g.one(("b.made", "b.made", "b.made, b.id", "b.made DESC"))
        value = g.one(("b.made", "b.price", "b.id"))
        call = g.one((f"LAG({value})", f"LAG({value}, 2)", f"LEAD({value})", f"FIRST_VALUE({value})",
                      f"LAG({value}, 0)",
                      f"NTH_VALUE({value}, 2)", f"LAST_VALUE({value})"))  # fmt: skip
        partition = g.one(("PARTITION BY b.shop ", "PARTITION BY b.kind ", ""))
        frame = g.frame() if "VALUE" in call and "," not in order else ""
        text = f"SELECT b.*, {call} OVER ({partition}ORDER BY {order}{frame}) AS x FROM sales AS b"
        if g.often(0.5):
            self.ctes.append(f"{name} AS (SELECT y.id, y.x AS v FROM ({text}) AS y{self._gate('y')})")
            return self.joined(f" LEFT JOIN {name} ON {name}.id = s.id", name)
        relation = Relation(f"({text})", {**SALES.columns, "number": ("x",) if "made" not in value else ("price",)})
        call = g.one(("MAX(o.x)", "COUNT(o.x)", "MIN(o.x)"))
        return f"(SELECT {call} FROM {relation.sql} AS o WHERE {self.met(relation, 'o')})"

    def _gate(self, alias: str) -> str:
        return self.g.one(("", "", f" WHERE {alias}.x IS NOT NULL", f" WHERE {alias}.price > 1"))

    def named_window(self) -> str:
        g, name = self.g, self.g.name("w")
        frame = g.frame()
        calls = ", ".join(f"{g.aggregate(SALES, 'b')} OVER w AS v{at}" for at in range(2))
        partition = g.one(("PARTITION BY b.shop ", "PARTITION BY b.kind, b.shop ", ""))
        if "list(" in calls or "arg_max" in calls or "ORDER BY" in calls or "COALESCE" in calls:
            calls = "COUNT(*) OVER w AS v0, MAX(b.price) OVER w AS v1"
        where = g.one(("", "", " WHERE b.price > 1", " WHERE b.paid IS NULL"))
        self.ctes.append(
            f"{name} AS (SELECT b.id, {calls} FROM sales AS b{where} WINDOW w AS ({partition}ORDER BY b.made{frame}))"
        )
        self.joins.append(f" LEFT JOIN {name} ON {name}.id = s.id")
        return f"{name}.v{g.random.randrange(2)}"

    def window_inside(self) -> str:
        """A window over what is before the anchor, in a subquery that is asked for each own row."""
        g = self.g
        relation = g.one((SALES, SALES, g.offers))
        order = g.one(("o.made", "o.made, o.id", "o.made DESC"))
        call = g.one(("ROW_NUMBER()", "RANK()", "COUNT(*)", "LEAD(o.made)", "LAG(o.id)", "NTILE(2)", "MAX(o.id)"))
        window = f"{call} OVER ({g.one(('', 'PARTITION BY o.shop '))}ORDER BY {order})"
        text = f"SELECT o.id, {window} AS x FROM {relation.sql} AS o"
        outer = g.one(("MAX(y.x)", "COUNT(y.x)", "COUNT(*) FILTER (WHERE y.x IS NULL)", "MIN(y.x)"))
        return f"(SELECT {outer} FROM ({text} WHERE {self.met(relation, 'o')}) AS y)"

    def offer(self) -> str:
        """Windows over rows of which no two tie, joined on what makes them so."""
        g, name = self.g, self.g.name("f")
        order = g.one(("b.made", "b.made", "b.turn", "b.id", "b.made DESC"))
        call = g.one(("SUM(b.amount)", "COUNT(*)", "LAG(b.amount)", "ROW_NUMBER()", "MAX(b.turn)", "LEAD(b.made)",
                      "COUNT(b.result)", "MIN(b.made)"))  # fmt: skip
        frame = g.frame() if call.startswith(("SUM", "COUNT", "MAX", "MIN")) else ""
        if "INTERVAL" in frame and ("turn" in order or "id" in order):
            frame = ""
        partition = g.one(("PARTITION BY b.shop ", "PARTITION BY b.shop ", ""))
        window = f"{call} OVER ({partition}ORDER BY {order}{frame})"
        text = f"SELECT b.shop, b.made, b.closed, b.turn, {window} AS x FROM offers AS b"
        if g.often(0.5):
            return self.joined(
                f" ASOF LEFT JOIN (SELECT y.shop, y.made, y.x AS v FROM ({text}) AS y) AS {name} "
                f"ON {name}.shop = s.shop AND s.made {g.one(('>', '>', '>='))} {name}.made", name
            )  # fmt: skip
        met = self.g.before("y.made", "s.made")
        return f"(SELECT {g.one(('MAX(y.x)', 'COUNT(y.x)'))} FROM ({text}) AS y WHERE y.shop = s.shop AND {met})"

    def distinct_on(self) -> str:
        """The last of each, in a CTE of the own row and its past."""
        g, name = self.g, self.g.name("o")
        relation = g.one((SALES, SALES, g.offers, g.visits))
        met = self.met(relation, "o").replace("s.", "p.")
        order = g.one(("o.made DESC, o.id DESC", "o.made DESC, o.id", "o.made DESC", "o.made, o.id"))
        value = g.argument(relation, "o")
        self.ctes.append(
            f"{name} AS (SELECT DISTINCT ON (p.id) p.id, {value} AS v FROM sales AS p JOIN {relation.sql} AS o "
            f"ON {met} ORDER BY p.id, {order})"
        )
        return self.joined(f" LEFT JOIN {name} ON {name}.id = s.id", name)
