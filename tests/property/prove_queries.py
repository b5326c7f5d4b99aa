"""Whole queries of the grammar: one row per sale with features of what was before it, in every shape."""

from __future__ import annotations

import itertools

from tests.property.prove_choices import chosen, chosen_time
from tests.property.prove_dialects import understood
from tests.property.prove_grammar import Grammar
from tests.property.prove_relations import SALES
from tests.property.prove_shapes import Shapes


def query(seed: object, *, wide: bool = False, dialect: str = "duckdb") -> str:
    """A query with the columns id and t0, and one to three features. Its own relation is sales.

    For another dialect, the first that is drawn and has nothing in it that only DuckDB understands.
    """
    seeds = itertools.chain([seed], (f"{seed} {number}" for number in itertools.count(1)))
    drawn = (Query(Grammar(each, wide=wide)).sql() for each in seeds)
    return next(sql for sql in drawn if understood(sql, dialect))


class Query(Shapes):
    """One query under construction; ``joins`` and ``filters`` grow as features need them."""

    shown = "s.id, s.made AS t0"

    def sql(self) -> str:
        g = self.g
        features = [self._feature() for _ in range(g.random.choice((1, 1, 1, 1, 2) if g.wide else (1, 1, 2, 3)))]
        listed = ", ".join(f"{feature} AS f{i}" for i, feature in enumerate(features))
        if g.often(0.12):
            self.filters.append(self._filter())
        where = f" WHERE {' AND '.join(self.filters)}" if self.filters else ""
        recursive = "RECURSIVE " if self.recursive else ""
        head = f"WITH {recursive}{', '.join(self.ctes)} " if self.ctes else ""
        found = f"{head}SELECT {self.shown}, {listed} FROM {self.base}{''.join(self.joins)}{where}"
        if g.often(0.1):
            return f"SELECT * FROM ({found}) AS q WHERE {self._outside(len(features))}"
        return self.whole(found, len(features)) if g.wide and g.often(0.08) else found

    def _outside(self, features: int) -> str:
        column = f"q.f{self.g.random.randrange(features)}"
        return self.g.one((f"{column} IS NOT NULL", f"{column} IS NULL", "q.t0 > TIMESTAMPTZ '2024-03-30 00:00:00+00'"))

    def _filter(self) -> str:
        g = self.g
        relation = g.relation(1)
        inside = f"SELECT 1 FROM {relation.sql} AS x WHERE {self.met(relation, 'x')}"
        return g.one((f"EXISTS ({inside})", f"NOT EXISTS ({inside})", "s.price > 2", "s.kind = 'a'"))

    def _feature(self) -> str:
        if self.g.wide and self.g.often(0.55):
            return self.any()
        return self.g.call(
            self._scalar, self._scalar, self._lateral, self._window, self._window, self._grouped, self._exists,
            self._membership, self._asof, self._timeline, self._latest, self._own, self._join_grouped,
        )  # fmt: skip

    # -- shapes ---------------------------------------------------------------------------------------------------

    def _scalar(self) -> str:
        relation = self.g.relation(3)
        call = self.g.aggregate(relation, "o", "s.made")
        return f"(SELECT {call} FROM {relation.sql} AS o WHERE {self.met(relation, 'o')})"

    def _lateral(self) -> str:
        g, name = self.g, self.g.name("l")
        relation = g.relation(2)
        call = g.aggregate(relation, "o", "s.made")
        having = f" HAVING COUNT(*) > {g.random.randrange(3)}" if g.often(0.2) else ""
        side = "LEFT JOIN LATERAL" if g.often(0.8) else "JOIN LATERAL"
        inside = f"SELECT {call} AS v FROM {relation.sql} AS o WHERE {self.met(relation, 'o')}{having}"
        self.joins.append(f" {side} ({inside}) AS {name} ON TRUE")
        return f"{name}.v"

    def _window(self) -> str:
        g = self.g
        partition = g.one(("", "PARTITION BY s.shop ", "PARTITION BY s.kind ", "PARTITION BY s.shop, s.kind "))
        order = g.one(("s.made", "s.made", "s.made", "s.made, s.id", "s.made DESC", g.day("s.made")))
        call = g.one((
            g.aggregate(SALES, "s"), g.aggregate(SALES, "s"), "RANK()", "DENSE_RANK()", "ROW_NUMBER()",
            "LAG(s.price)", "FIRST_VALUE(s.price)", "MIN(s.made)", "LEAD(s.made)", "NTILE(3)",
        ))  # fmt: skip
        if call.startswith(("list", "arg_max")):
            call = "COUNT(*)"
        if "RANGE" in (frame := g.frame()) and "INTERVAL" in frame and ("," in order or "DATE" in order):
            frame = ""
        takes = call.startswith(("COUNT", "SUM", "MAX", "MIN", "BOOL", "FIRST", "COALESCE"))
        call = "COUNT(*)" if call.startswith("COALESCE") else call
        found = f"{call} OVER ({partition}ORDER BY {order}{frame if takes else ''})"
        if call.startswith(("MIN(s.made", "LEAD")):
            return g.one((f"{found} < s.made", f"({found} IS NULL OR {found} >= s.made)", found))
        return found

    def _grouped(self) -> str:
        """A join of events that is grouped back by the own row, in a CTE."""
        g, name = self.g, self.g.name("g")
        relation = g.relation(1)
        met = self.met(relation, "o").replace("s.", "p.")
        call = g.aggregate(relation, "o", "p.made")
        side = g.one(("LEFT JOIN", "LEFT JOIN", "JOIN", "LEFT JOIN"))
        keys = g.one(("p.id, p.made", "p.id"))
        self.ctes.append(
            f"{name} AS (SELECT {keys}, {call} AS v FROM sales AS p {side} {relation.sql} AS o ON {met} "
            f"GROUP BY {keys})"
        )
        self.joins.append(f" LEFT JOIN {name} ON {name}.id = s.id")
        return f"{name}.v"

    def _join_grouped(self) -> str:
        """Daily figures, cumulated, joined on the day."""
        g, name = self.g, self.g.name("d")
        frame = g.one((
            "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING", "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
            "GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING",
        ))  # fmt: skip
        own = g.one(("", "", " - MAX(COUNT(*)) OVER (PARTITION BY b.shop ORDER BY b.day ROWS CURRENT ROW)"))
        day = "CAST(made AT TIME ZONE 'UTC' AS DATE)"
        total = f"SUM(COUNT(*)) OVER (PARTITION BY b.shop ORDER BY b.day {frame}){own}"
        days = f"SELECT shop, {day} AS day FROM sales"
        self.ctes.append(f"{name} AS (SELECT b.shop, b.day, {total} AS v FROM ({days}) AS b GROUP BY b.shop, b.day)")
        self.joins.append(
            f" LEFT JOIN {name} ON {name}.shop = s.shop AND {name}.day = CAST(s.made AT TIME ZONE 'UTC' AS DATE)"
        )
        return f"{name}.v"

    def _exists(self) -> str:
        relation = self.g.relation(2)
        inside = f"SELECT 1 FROM {relation.sql} AS o WHERE {self.met(relation, 'o')}"
        return f"{self.g.one(('EXISTS', 'NOT EXISTS'))} ({inside})"

    def _membership(self) -> str:
        g = self.g
        relation = g.relation(1)
        if not relation.of("word") and not relation.of("key"):
            return self._exists()
        column, own = (relation.of("word")[0], "s.shop") if relation.of("word") else (relation.of("key")[0], "s.id")
        inside = f"SELECT o.{column} FROM {relation.sql} AS o WHERE {self.met(relation, 'o')}"
        return f"{own} {g.one(('IN', 'IN', 'NOT IN'))} ({inside})"

    def _asof(self) -> str:
        g, name = self.g, self.g.name("a")
        sign = g.one((">", ">", ">", ">="))
        if g.often(0.5):
            source, column = "(SELECT shop, made, MAX(price) AS v FROM sales GROUP BY shop, made)", "shop"
        else:
            source, column = "(SELECT sale AS id, made, MAX(n) AS v FROM visits GROUP BY sale, made)", "id"
        self.joins.append(
            f" ASOF LEFT JOIN {source} AS {name} ON {name}.{column} = s.{column} AND s.made {sign} {name}.made"
        )
        return f"{name}.v"

    def _timeline(self) -> str:
        """Anchors and events in one order; a number tells which comes first of those at the same moment."""
        g, name = self.g, self.g.name("t")
        first = g.one(("0, 1", "0, 1", "0, 1", "1, 0")).split(", ")
        order = g.one(("u.at, u.k", "u.at, u.k", "u.at"))
        call = g.one(("COUNT(u.x)", "SUM(u.x)", "MAX(u.x)", "COUNT(*) FILTER (WHERE u.x IS NOT NULL)"))
        relation = g.one(("sales", "sales", "visits"))
        at, x = ("made", "price") if relation == "sales" else (g.one(("made", "seen")), "n")
        at = g.one((at, f"{at} + INTERVAL '6 hours'"))
        self.ctes.append(
            f"{name} AS (SELECT u.id, u.k, {call} OVER (ORDER BY {order} RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT "
            f"ROW) AS v FROM (SELECT id, made AS at, {first[0]} AS k, NULL AS x FROM sales UNION ALL "
            f"SELECT NULL, {at}, {first[1]}, {x} FROM {relation}) AS u)"
        )
        self.joins.append(f" LEFT JOIN {name} ON {name}.id = s.id AND {name}.k = {first[0]}")
        return f"{name}.v"

    def _latest(self) -> str:
        """The last event before, in one of three ways; with a total order, mostly."""
        g, name = self.g, self.g.name("r")
        direction = g.one((" DESC", " DESC", ""))
        order = f"o.made{direction}" + g.one((", o.id", ", o.id DESC", ""))
        met = self.met(SALES, "o")
        if g.often(0.4):
            return f"(SELECT o.price FROM sales AS o WHERE {met} ORDER BY {order} LIMIT 1)"
        if g.often(0.5):
            self.joins.append(
                f" LEFT JOIN LATERAL (SELECT o.price AS v FROM sales AS o WHERE {met} ORDER BY {order} LIMIT 1) "
                f"AS {name} ON TRUE"
            )
            return f"{name}.v"
        met = met.replace("s.", "p.")
        self.ctes.append(
            f"{name} AS (SELECT p.id, o.price AS v FROM sales AS p JOIN sales AS o ON {met} "
            f"QUALIFY ROW_NUMBER() OVER (PARTITION BY p.id ORDER BY {order}) = 1)"
        )
        self.joins.append(f" LEFT JOIN {name} ON {name}.id = s.id")
        return f"{name}.v"

    def _own(self) -> str:
        """Of the own row alone, or of its late column."""
        g = self.g
        if g.wide and g.often(0.4):
            return g.one((chosen("s.paid", "s.made", "s.price", g.random), chosen_time("s.paid", "s.made", g.random)))
        return g.one((
            "s.price * 2", "s.kind", g.late("s.paid", "s.made"),
            f"CASE WHEN {g.late('s.paid', 's.made')} THEN 1 ELSE 0 END",
            f"EXTRACT(HOUR FROM s.made AT TIME ZONE '{g.one(('UTC', 'Europe/Oslo'))}')", "LEAST(s.paid, s.made)",
            "GREATEST(s.price, 3)", "COALESCE(s.rating, 0)", g.day("s.made"), "s.made::date", "s.rating > 0.5",
        ))  # fmt: skip
