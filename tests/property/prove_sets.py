"""Shapes of a feature with set operations and questions inside of questions; whole queries set against themselves."""

from __future__ import annotations

from tests.property.prove_parts import Parts

_OPERATIONS = ("UNION", "UNION ALL", "EXCEPT", "INTERSECT", "EXCEPT ALL", "INTERSECT ALL")


class Sets(Parts):
    """Rows of several queries put together, or taken from each other."""

    def together(self) -> str:
        """Events of several kinds in one relation, in columns by place or by name."""
        g, name = self.g, self.g.name("t")
        second = g.one(("SELECT shop AS w, made AS at, amount AS x FROM offers", "SELECT kind, made, price FROM sales",
                        "SELECT shop, closed, amount FROM offers", "SELECT shop, paid, price FROM sales WHERE FALSE",
                        "SELECT 'a', TIMESTAMPTZ '2024-03-30 12:00:00+00', 1"))  # fmt: skip
        first = g.one(
            (
                "SELECT shop AS w, made AS at, price AS x FROM sales",
                "SELECT shop AS w, made AS at, price AS x FROM sales WHERE price > 1",
            )
        )
        how = g.one(_OPERATIONS)
        if "AS w" in second and g.often(0.6):
            how = g.one(("UNION BY NAME", "UNION ALL BY NAME"))
            second = g.one(
                (
                    second,
                    "SELECT amount AS x, made AS at, shop AS w FROM offers",
                    "SELECT made AS at, shop AS w FROM offers",
                )
            )
        call = g.one(("COUNT(*)", "MAX(u.x)", "COUNT(DISTINCT u.w)", "MIN(u.at)", "SUM(u.x)"))
        met = f"{g.before('u.at', 's.made')}{g.one(('', ' AND u.w = s.shop'))}"
        body = f"{first} {how} {second}"
        if g.often(0.5):
            return f"(SELECT {call} FROM ({body}) AS u WHERE {met})"
        self.ctes.append(f"{name} AS ({body})")
        return self.joined(
            f" LEFT JOIN LATERAL (SELECT {call} AS v FROM {name} AS u WHERE {met}) AS {name}x ON TRUE", f"{name}x"
        )

    def asked_of(self) -> str:
        """The own row against a set of pairs: in it, or not."""
        g = self.g
        one, other = g.relation(1), g.relation(1)
        first, second = (
            f"SELECT CAST(o.{self.column(r)} AS VARCHAR) FROM {r.sql} AS o WHERE {self.met(r, 'o')}"
            for r in (one, other)
        )
        body = f"{first} {g.one(_OPERATIONS)} {second}"
        return g.one((f"EXISTS ({body})", f"s.shop IN ({body})", f"s.shop NOT IN ({body})", f"NOT EXISTS ({body})",
                      f"(SELECT MAX(y.x) FROM ({body}) AS y(x))"))  # fmt: skip

    def deep(self) -> str:
        """A question in a question in a question, each of which may speak of those around it."""
        g = self.g
        outer, middle, inner = g.relation(1), g.relation(0), g.relation(0)
        times = outer.of("time")
        anchor = g.one(("s.made", f"o.{times[0]}" if times else "s.made"))
        most = g.conditions(inner, "k", g.one((anchor, "s.made")), "s")
        value = g.argument(inner, "k")
        middle_met = g.conditions(middle, "i", anchor, "s")
        count = f"(SELECT {g.one(('COUNT(*)', f'COUNT({value})'))} FROM {inner.sql} AS k WHERE {most})"
        test = g.one((
            f"EXISTS (SELECT 1 FROM {middle.sql} AS i WHERE {middle_met} AND {count} > 1)",
            f"NOT EXISTS (SELECT 1 FROM {middle.sql} AS i WHERE {middle_met} AND {count} < 2)",
            f"{count} > (SELECT COUNT(*) FROM {middle.sql} AS i WHERE {middle_met})",
            f"EXISTS (SELECT 1 FROM {middle.sql} AS i WHERE {middle_met} "
            f"AND NOT EXISTS (SELECT 1 FROM {inner.sql} AS k WHERE {most}))",
        ))  # fmt: skip
        met = f"{self.met(outer, 'o')} AND {test}"
        return f"(SELECT {g.aggregate(outer, 'o', 's.made')} FROM {outer.sql} AS o WHERE {met})"

    def whole(self, query: str, features: int) -> str:
        """A whole query set against a part of itself."""
        g, name = self.g, self.g.name("q")
        column = f"f{g.random.randrange(features)}"
        some = g.one(
            (
                f"{column} IS NOT NULL",
                f"{column} IS NULL",
                "FALSE",
                "id > 2",
                f"{column} IS NULL AND {column} IS NOT NULL",
            )
        )
        again = f"SELECT * FROM {name} WHERE {some}"
        how = g.one((*_OPERATIONS, "UNION ALL BY NAME", "UNION BY NAME"))
        first, second = g.one(((f"SELECT * FROM {name}", again), (again, f"SELECT * FROM {name}")))
        return f"WITH {name} AS ({query}) {first} {how} {second}"
