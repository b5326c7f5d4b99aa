"""Shapes of a feature that asks for what was before: lookups, first times, counts, comparisons, chains of events."""

from __future__ import annotations

from tests.property.prove_parts import Parts
from tests.property.prove_relations import SALES, Relation


class Lookups(Parts):
    """What is asked of the past, as a subquery or a join."""

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
        self.recursive = True
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
        return f"CAST({alias}.{self.column(relation)} AS VARCHAR)"

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
