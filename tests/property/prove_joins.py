"""Shapes of a feature by the join that brings it: from the right, from both sides, by name, as of, by being there."""

from __future__ import annotations

from tests.property.prove_parts import Parts
from tests.property.prove_relations import Relation


class Joins(Parts):
    """Every side and kind of a join; the own row may stand on either side."""

    def sided(self) -> str:
        """RIGHT and FULL joins, of events with the own row or of it with events."""
        g, name = self.g, self.g.name("j")
        if self.base != self.own:
            return self.crossed()
        relation = g.relation(1)
        met = self.met(relation, name)
        events = f"{relation.sql} AS {name}"
        if g.often(0.7):
            side = g.one(("RIGHT JOIN", "RIGHT JOIN", "FULL JOIN"))
            self.base = f"{events} {side} {self.own} ON {met}"
        else:
            side = g.one(("FULL JOIN", "FULL JOIN", "RIGHT JOIN"))
            self.base = f"{self.own} {side} {events} ON {met}"
        if not self.base.endswith(met) or g.often(0.3 if " RIGHT JOIN sales" in self.base else 0.9):
            self.filters.append(g.one(("s.made IS NOT NULL", "s.id IS NOT NULL AND s.made IS NOT NULL")))
        if g.often(0.25):
            self.filters.append(self._then(relation, name))
        return self._value(relation, name)

    def _then(self, relation: Relation, name: str) -> str:
        """What is asked of the joined row."""
        g = self.g
        key = self.column(relation)
        times = relation.of("time")
        before = g.before(f"{name}.{times[0]}", "s.made") if times else "s.price > 1"
        return g.one(
            (f"{name}.{key} IS NULL", before, f"({name}.{key} IS NULL OR {before})", f"{name}.{key} IS NOT NULL")
        )

    def _value(self, relation: Relation, name: str) -> str:
        g = self.g
        value, times = g.argument(relation, name), relation.of("time")
        before = g.before(f"{name}.{times[0]}", "s.made") if times else "s.price > 1"
        return g.one((
            value, value, f"{value} IS NULL", f"CASE WHEN {before} THEN {value} END",
            "COUNT(*) OVER (PARTITION BY s.id)", f"COUNT({value}) OVER (PARTITION BY s.id)",
            f"MAX({value}) OVER (PARTITION BY s.id)",
            f"COALESCE({value}, {value})", "1", f"ROW_NUMBER() OVER (PARTITION BY s.id ORDER BY {value})",
        ))  # fmt: skip

    def crossed(self) -> str:
        """A cross join: with one row, with what each own row asks for, or with many."""
        g, name = self.g, self.g.name("x")
        relation = g.relation(1)
        call = g.aggregate(relation, "o", "s.made")
        inside = f"SELECT {call} AS v FROM {relation.sql} AS o WHERE {self.met(relation, 'o')}"
        if g.often(0.6):
            return self.joined(f" CROSS JOIN LATERAL ({inside}) AS {name}", name)
        moment = "TIMESTAMPTZ '2024-03-30 12:00:00+00'"
        fixed = f"SELECT {g.aggregate(relation, 'o')} AS v FROM {relation.sql} AS o"
        if relation.of("time"):
            fixed += " WHERE " + g.before(f"o.{relation.of('time')[0]}", moment)
        if g.often(0.7):
            self.filters.append(g.one((f"s.made >= {moment}", f"s.made > {moment}", f"s.made > {moment}")))
        if g.often(0.5) and self.base == self.own:
            self.base = f"({fixed}) AS {name} CROSS JOIN {self.own}"
            return f"{name}.v"
        return self.joined(f" CROSS JOIN ({fixed}) AS {name}", name)

    def by_name(self) -> str:
        """USING and NATURAL: joined on whatever has the same name."""
        g, name = self.g, self.g.name("u")
        side = g.one(("LEFT JOIN", "LEFT JOIN", "JOIN", "RIGHT JOIN", "FULL JOIN"))
        keys = g.one(("id", "id", "id, made", "shop", "shop, made"))
        if "id" in keys:
            relation = g.relation(1)
            met = self.met(relation, "o").replace("s.", "p.")
            listed = ", ".join(f"p.{key}" for key in keys.split(", "))
            text = (
                f"SELECT {listed}, {g.aggregate(relation, 'o', 'p.made')} AS v FROM sales AS p "
                f"{g.one(('LEFT JOIN', 'JOIN'))} {relation.sql} AS o ON {met} GROUP BY {listed}"
            )
        else:
            time = g.one(("made", "made + INTERVAL '1 day' AS made"))
            listed = keys.replace("made", time)
            text = f"SELECT {listed}, {g.one(('COUNT(*)', 'MAX(price)', 'MIN(id)'))} AS v FROM sales GROUP BY ALL"
            text = text.replace(
                "GROUP BY ALL", f"GROUP BY {', '.join(str(n + 1) for n in range(len(keys.split(', '))))}"
            )
        if g.often(0.5):
            self.joins.append(f" NATURAL {side} ({text}) AS {name}")
        else:
            self.joins.append(f" {side} ({text}) AS {name} USING ({keys})")
        if "RIGHT" in side or "FULL" in side:
            self.filters.append("s.made IS NOT NULL")
        return f"{name}.v"

    def as_of(self) -> str:
        """As-of joins of every side and kind."""
        g, name = self.g, self.g.name("m")
        kind = g.one(("LEFT ", "LEFT ", "", "RIGHT ", "FULL ", "SEMI ", "ANTI "))
        source = g.one((
            "(SELECT shop, made, MAX(price) AS v FROM sales GROUP BY shop, made)", "offers", "sales",
            "(SELECT shop, made, COUNT(*) AS v FROM offers GROUP BY shop, made)",
            "(SELECT shop, made, MAX(amount) AS v FROM offers WHERE FALSE GROUP BY shop, made)",
        ))  # fmt: skip
        value = {"offers": "amount", "sales": "price"}.get(source, "v")
        sign = g.one((">", ">", ">=", "<"))
        on = f"{name}.shop = s.shop AND s.made {sign} {name}.made"
        if g.often(0.2):
            on = on.replace("s.made", "s.made - INTERVAL '1 hour'")
        if kind in ("RIGHT ", "FULL ") and self.base == self.own and g.often(0.6):
            self.base = f"{source} AS {name} ASOF {kind}JOIN {self.own} ON {on}"
        else:
            self.joins.append(f" ASOF {kind}JOIN {source} AS {name} ON {on}")
        if kind in ("RIGHT ", "FULL "):
            self.filters.append("s.made IS NOT NULL")
        return (
            "s.price"
            if kind in ("SEMI ", "ANTI ")
            else g.one((f"{name}.{value}", f"{name}.made", f"{name}.made IS NULL"))
        )

    def by_being_there(self) -> str:
        """SEMI and ANTI joins: of the own row, or inside of what it counts."""
        g = self.g
        outer, inner = g.relation(1), g.relation(1)
        kind = g.one(("SEMI", "ANTI"))
        if g.often(0.4):
            name = g.name("b")
            self.joins.append(f" {kind} JOIN {inner.sql} AS {name} ON {self.met(inner, name)}")
            return "s.price"
        anchor = "s.made" if g.often(0.7) or "made" not in outer.of("time") else "o.made"
        joined = f"{outer.sql} AS o {kind} JOIN {inner.sql} AS i ON {g.conditions(inner, 'i', anchor, 's')}"
        return f"(SELECT {g.aggregate(outer, 'o', 's.made')} FROM {joined} WHERE {self.met(outer, 'o')})"
