"""Shapes of a feature with grand totals: a row for no row at all, of grouping sets and of HAVING."""

from __future__ import annotations

from tests.property.prove_parts import Parts


class Totals(Parts):
    """Groups of several sets of keys, with and without a key, of what may be empty."""

    def totals(self) -> str:
        g, name = self.g, self.g.name("y")
        relation = g.relation(1)
        key = self.column(relation)
        other = g.argument(relation, "o")
        sets = g.one((
            f"ROLLUP (o.{key})", f"CUBE (o.{key})", f"GROUPING SETS ((o.{key}), ())", "GROUPING SETS (())",
            f"CUBE (o.{key}, {other})", f"ROLLUP (o.{key}, {other})", f"GROUPING SETS ((o.{key}), ({other}))", "()",
            f"o.{key}, ROLLUP ({other})", f"GROUPING SETS ((o.{key}), (o.{key}, {other}))",
        ))  # fmt: skip
        having = g.one(("", "", "", " HAVING COUNT(*) > 1", f" HAVING o.{key} IS NULL", " HAVING COUNT(*) = 0"))
        if f"o.{key}" not in sets:
            having = having.replace(f"o.{key} IS NULL", "TRUE")
        call = g.aggregate(relation, "o", "s.made")
        shown = f", o.{key} AS k" if f"o.{key}" in sets else ", NULL AS k"
        rows = f"FROM {relation.sql} AS o WHERE {self.met(relation, 'o')}"
        inside = f"SELECT {call} AS v{shown} {rows} GROUP BY {sets}{having}"
        if g.often(0.5):
            outer = g.one(("COUNT(*)", "COUNT(y.v)", "COUNT(*) FILTER (WHERE y.k IS NULL)", "MAX(y.v)", "COUNT(y.k)"))
            return f"(SELECT {outer} FROM ({inside}) AS y)"
        side = g.one(("LEFT JOIN", "LEFT JOIN", "JOIN"))
        on = g.one(("TRUE", f"{name}.k IS NULL", f"{name}.k IS NOT NULL"))
        return self.joined(f" {side} LATERAL ({inside}) AS {name} ON {on}", name)

    def without_keys(self) -> str:
        """A row where a HAVING without GROUP BY says so; a count of it, or whether it is there."""
        g = self.g
        relation = g.relation(1)
        having = g.one(
            ("COUNT(*) > 0", "COUNT(*) > 2", "TRUE", "COUNT(*) = 0", f"MAX({g.argument(relation, 'o')}) IS NULL")
        )
        inside = f"SELECT 1 AS v FROM {relation.sql} AS o WHERE {self.met(relation, 'o')} HAVING {having}"
        return g.one((f"({inside})", f"EXISTS ({inside})", f"(SELECT COUNT(*) FROM ({inside}) AS y)"))

    def totals_of_own(self) -> str:
        """The own row and its past, grouped by several sets of keys, joined back."""
        g, name = self.g, self.g.name("z")
        relation = g.relation(1)
        met = self.met(relation, "o").replace("s.", "p.")
        sets = g.one(("ROLLUP (p.id)", "GROUPING SETS ((p.id), (p.shop))", "CUBE (p.id)", "GROUPING SETS ((p.id), ())"))
        call = g.aggregate(relation, "o", "p.made")
        self.ctes.append(
            f"{name} AS (SELECT p.id, {call} AS v FROM sales AS p {g.one(('LEFT JOIN', 'JOIN'))} {relation.sql} AS o "
            f"ON {met} GROUP BY {sets})"
        )
        return self.joined(f" LEFT JOIN {name} ON {name}.id = s.id", name)
