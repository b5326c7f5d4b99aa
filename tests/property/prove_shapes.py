"""More shapes of a feature: what a query may say besides aggregates of what was before, one method each.

Each of them joins to the own row ``s``, or is an expression of it; each is near to being safe, and mostly is.
"""

from __future__ import annotations

from tests.property.prove_grammar import SALES, Grammar, Relation


class Parts:
    """What a query under construction has so far."""

    def __init__(self, grammar: Grammar) -> None:
        self.g = grammar
        self.joins: list[str] = []
        self.filters: list[str] = []
        self.ctes: list[str] = []

    def met(self, relation: Relation, alias: str) -> str:
        """The conditions on a row of a relation; a day is before the day of the anchor."""
        g = self.g
        found = g.conditions(relation, alias, "s.made", "s")
        if relation.of("day") and g.often(0.93):
            zone = g.one(("UTC", "UTC", "UTC", "Europe/Oslo"))
            found += f" AND {alias}.day {g.one(('<', '<', '<', '<='))} CAST(s.made AT TIME ZONE '{zone}' AS DATE)"
        return found

    def joined(self, text: str, name: str) -> str:
        self.joins.append(text)
        return f"{name}.v"


class Shapes(Parts):
    """The further shapes."""

    def any(self) -> str:
        return self.g.call(
            self.keyed_by_anchor, self.first_seen, self.lookup, self.qualified, self.nested, self.counted_from,
            self.chain, self.ordered, self.compared, self.steps, self.set_operation, self.named_window, self.threshold,
            self.full, self.every, self.switched, self.window_inside, self.offer, self.distinct_on,
        )  # fmt: skip

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

    def first_seen(self) -> str:
        """When something was first, or last, there; looked at through the anchor, mostly."""
        g, name = self.g, self.g.name("e")
        column, own = g.one(("shop s.shop", "kind s.kind", "price s.price")).split()
        time = g.one(("MIN(b.made)", "MIN(b.made)", "MIN(b.made)", "MAX(b.made)", "MIN(b.paid)"))
        more = g.one(("", "", f" WHERE b.{g.one(('price > 2', 'paid IS NOT NULL'))}"))
        text = f"SELECT b.{column} AS w, {time} AS v FROM sales AS b{more} GROUP BY b.{column}"
        on = f"{name}.w = {own}" + g.one(("", "", f" AND {self.g.before(f'{name}.v', 's.made')}"))
        self.joins.append(f" {g.one(('LEFT JOIN', 'LEFT JOIN', 'JOIN'))} ({text}) AS {name} ON {on}")
        first = f"{name}.v"
        return g.one((
            first, g.before(first, "s.made"), f"COALESCE({first} < s.made, FALSE)", f"LEAST({first}, s.made)",
            f"CASE WHEN {first} < s.made THEN epoch(s.made) - epoch({first}) END", f"s.made - LEAST({first}, s.made)",
            f"CASE WHEN {first} < s.made THEN {first} ELSE NULL END", f"{first} IS NULL", f"{first} = s.made",
            f"GREATEST({first}, s.made)", f"NULLIF({first} < s.made, FALSE)", f"{first} >= s.made",
        ))  # fmt: skip

    def lookup(self) -> str:
        """What never changes, or what is known by the day, beside the own row."""
        g, name = self.g, self.g.name("h")
        if g.often(0.5):
            self.joins.append(f" {g.one(('LEFT JOIN', 'JOIN'))} shops AS {name} ON {name}.shop = s.shop")
            return g.one((f"{name}.region", f"{name}.size + 1", f"COALESCE({name}.size, 0)", f"{name}.shop IS NULL"))
        day = f"CAST(s.made AT TIME ZONE '{g.one(('UTC', 'UTC', 'Europe/Oslo'))}' AS DATE)"
        on = f"{name}.shop = s.shop AND {name}.day {g.one(('=', '<', '<'))} {day}{g.one((' - 1', ' - 1', '', ' - 2'))}"
        if " < " in on:
            pick = f"SELECT {g.one(('MAX(l.n)', 'SUM(l.n)', 'COUNT(*)', 'arg_max(l.n, l.day)'))} AS v FROM ledger AS l"
            return self.joined(f" LEFT JOIN LATERAL ({pick} WHERE {on.replace(name, 'l')}) AS {name} ON TRUE", name)
        self.joins.append(f" LEFT JOIN ledger AS {name} ON {on}")
        return f"{name}.n"

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

    def nested(self) -> str:
        """A test of an event that asks about other events."""
        g = self.g
        outer, inner = g.relation(1), g.relation(1)
        met = self.met(outer, "o")
        anchor = g.one(("s.made", "s.made", "o.made")) if "made" in outer.of("time") else "s.made"
        inside = g.conditions(inner, "i", anchor, "s")
        test = f"{g.one(('EXISTS', 'NOT EXISTS'))} (SELECT 1 FROM {inner.sql} AS i WHERE {inside})"
        if outer.of("time") and g.often(0.3):
            time = outer.of("time")[0]
            call = g.one(("MAX", "MIN"))
            test = f"o.{time} = (SELECT {call}(i.{time}) FROM {outer.sql} AS i WHERE {self.met(outer, 'i')})"
        return f"(SELECT {g.aggregate(outer, 'o', 's.made')} FROM {outer.sql} AS o WHERE {met} AND {test})"

    def counted_from(self) -> str:
        """Counts of several spans before the anchor, one for each number of a series."""
        g, name = self.g, self.g.name("z")
        span = g.one(("INTERVAL '1 hour'", "INTERVAL '6 hours'", "INTERVAL '24 hours'"))
        first = g.one(("0", "0", "1", "-1"))
        end = f"s.made - {span} * g.k"
        count = f"(SELECT COUNT(*) FROM sales AS o WHERE o.made < {end} AND o.made >= {end} - {span})"
        text = f"SELECT {g.one(('MAX', 'SUM', 'MIN'))}({count}) AS v FROM generate_series({first}, 3) AS g(k)"
        return self.joined(f" LEFT JOIN LATERAL ({text}) AS {name} ON TRUE", name)

    def chain(self) -> str:
        """Steps back in time, from event to event: a recursion that ends."""
        g, name = self.g, self.g.name("c")
        before = self.g.before("o.made", "c.since")
        match = g.one(("o.shop = c.w", "o.shop = c.w AND o.price > 1"))
        self.ctes.append(
            f"{name}(id, w, since, depth) AS (SELECT id, shop, made, 0 FROM sales UNION ALL SELECT c.id, o.shop, "
            f"o.made, c.depth + 1 FROM {name} AS c JOIN sales AS o ON {match} AND {before} WHERE c.depth < 2)"
        )
        call = g.one(("COUNT(*)", "MAX(depth)", "MIN(since)", "COUNT(DISTINCT since)"))
        more = g.one(("", " WHERE depth > 0"))
        return self.joined(
            f" LEFT JOIN (SELECT id, {call} AS v FROM {name}{more} GROUP BY id) AS {name}x ON {name}x.id = s.id",
            f"{name}x",
        )

    def ordered(self) -> str:
        """Aggregates that depend on the order of their rows."""
        g = self.g
        relation = g.one(("sales", "offers", "visits"))
        number = {"sales": "price", "offers": "amount", "visits": "n"}[relation]
        order = g.one(("o.made", "o.made, o.id", "o.made DESC, o.id", "o.id"))
        call = g.one((
            f"list(o.{number} ORDER BY {order})", f"first(o.{number} ORDER BY {order})", f"arg_max(o.{number}, o.id)",
            f"arg_max(o.{number}, o.made)", f"string_agg(CAST(o.{number} AS VARCHAR), ',' ORDER BY {order})",
            f"last(o.{number} ORDER BY {order})", "arg_min(o.id, (o.made, o.id))", "max_by(o.id, o.made)",
            f"AVG(o.{number})", f"median(o.{number})", f"quantile_disc(o.{number}, 0.5)", f"mode(o.{number})",
            f"any_value(o.{number})", f"stddev(o.{number})", f"COUNT(DISTINCT o.{number})", f"max(o.{number}, 2)",
        ))  # fmt: skip
        found = {"sales": SALES, "offers": self.g.offers, "visits": self.g.visits}[relation]
        return f"(SELECT {call} FROM {relation} AS o WHERE {self.met(found, 'o')})"

    def compared(self) -> str:
        """The own row against an aggregate, in one of the ways to compare."""
        g = self.g
        relation = g.relation(1)
        numbers = relation.of("number") or relation.of("figure")
        if not numbers:
            return f"s.id IN (SELECT 1 FROM {relation.sql} AS o WHERE {self.met(relation, 'o')})"
        column = f"o.{g.one(numbers)}"
        inside = f"SELECT {column} FROM {relation.sql} AS o WHERE {self.met(relation, 'o')}"
        return g.one((
            f"s.price > ALL ({inside})", f"s.price = ANY ({inside})", f"s.price <= ANY ({inside})",
            f"(SELECT COUNT(*) FROM ({inside}) AS y(x) WHERE y.x > s.price)",
            f"(SELECT MAX(y.x) - s.price FROM ({inside}) AS y(x))",
            f"(SELECT y.x FROM ({inside}) AS y(x) ORDER BY y.x LIMIT 1)",
            f"(SELECT y.x FROM ({inside}) AS y(x) ORDER BY y.x DESC NULLS LAST LIMIT 1 OFFSET 1)",
            f"(SELECT COUNT(*) FROM (SELECT DISTINCT y.x FROM ({inside}) AS y(x)) AS d)",
        ))  # fmt: skip

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

    def set_operation(self) -> str:
        """How many are in one set and not in another, all of the past."""
        g = self.g
        one, other = g.relation(1), g.relation(1)
        first, second = (
            f"SELECT {self._word(r, 'o')} FROM {r.sql} AS o WHERE {self.met(r, 'o')}" for r in (one, other)
        )
        how = g.one(("UNION", "UNION ALL", "EXCEPT", "INTERSECT", "EXCEPT ALL", "INTERSECT ALL"))
        return f"(SELECT COUNT(*) FROM ({first} {how} {second}) AS y)"

    def _word(self, relation: Relation, alias: str) -> str:
        columns = relation.of("word") or relation.of("key") or relation.of("day") or relation.of("time")
        return f"CAST({alias}.{columns[0]} AS VARCHAR)"

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

    def threshold(self) -> str:
        """A late value through a threshold, of other rows, in a CASE or a FILTER."""
        g = self.g
        found = g.one((SALES, g.offers))
        table, late = ("sales", "o.paid") if found is SALES else ("offers", "o.closed")
        value = g.one(("1", "o.id", "epoch(s.made) - epoch(o.made)", "o.result" if table == "offers" else "o.price"))
        test = g.late(late, "s.made")
        call = g.one((
            f"SUM(CASE WHEN {test} THEN 1 ELSE 0 END)", f"MAX(CASE WHEN {test} THEN {value} END)",
            f"COUNT(*) FILTER (WHERE {test})", f"MAX({value}) FILTER (WHERE {test})", f"BOOL_OR({test})",
            f"COUNT(*) FILTER (WHERE {test}) * 2 - COUNT(*)", f"MAX(LEAST({late}, s.made))",
            f"MIN(COALESCE({late}, s.made))",
            f"COUNT(*) FILTER (WHERE NOT ({test}))", f"COUNT(CASE WHEN {test} THEN {value} ELSE NULL END)",
        ))  # fmt: skip
        return f"(SELECT {call} FROM {table} AS o WHERE {self.met(found, 'o')})"

    def full(self) -> str:
        """Joins of joins: events with what belongs to them."""
        g = self.g
        one, other = g.one((SALES, g.offers)), g.one((g.visits, g.scans, SALES))
        side = g.one(("JOIN", "LEFT JOIN", "LEFT JOIN"))
        key = other.of("key")[0]
        met, more = self.met(one, "o"), g.conditions(other, "v", "s.made", "s")
        on = f"v.{key} = o.id AND {more}" if g.often(0.8) else f"v.{key} = o.id"
        call = g.one(
            (g.aggregate(one, "o", "s.made"), g.aggregate(other, "v", "s.made"), f"COUNT(v.{key})", "COUNT(*)")
        )
        return f"(SELECT {call} FROM {one.sql} AS o {side} {other.sql} AS v ON {on} WHERE {met})"

    def every(self) -> str:
        """Two features in one expression."""
        g = self.g
        relation = g.relation(1)
        count, total = (
            f"(SELECT COUNT(*) FROM {r.sql} AS o WHERE {self.met(r, 'o')})" for r in (relation, g.relation(0))
        )
        return g.one(
            (f"{count} * 1.0 / NULLIF({total}, 0)", f"{count} > {total}", f"CASE WHEN {count} > 1 THEN {total} END")
        )

    def switched(self) -> str:
        """A value behind a test of the own row."""
        g = self.g
        relation = g.relation(1)
        value = (
            f"(SELECT {g.aggregate(relation, 'o', 's.made')} FROM {relation.sql} AS o WHERE {self.met(relation, 'o')})"
        )
        test = g.one(
            ("s.price > 1", "s.kind = 'a'", g.late("s.paid", "s.made"), "s.made < TIMESTAMPTZ '2024-03-31 00:00:00+00'")
        )
        return f"CASE WHEN {test} THEN {value} END"

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
