"""Shapes of a feature that collect lists by a key, and reduce what a condition leaves of them."""

from __future__ import annotations

from tests.property.prove_parts import Parts


class Collected(Parts):
    """A CTE with a list for each key, joined by the key, mostly."""

    def collected(self) -> str:
        g, name = self.g, self.g.name("q")
        relation, key, own = g.one(
            (("sales", "shop", "s.shop"), ("visits", "sale", "s.id"), ("offers", "shop", "s.shop"))
        )
        number = {"sales": "price", "visits": "n", "offers": "amount"}[relation]
        time = g.one(
            ("made", "made", "seen" if relation == "visits" else "made", "paid" if relation == "sales" else "made")
        )
        value = g.one((f"{{'t': b.{time}, 'v': b.{number}}}", f"b.{time}"))
        order = g.one(("", "", f" ORDER BY b.made, b.{number}"))
        kept = g.one(("", "", "", f" FILTER (WHERE b.{number} > 1)"))
        where = g.one(("", "", f" WHERE b.{number} < 9"))
        having = g.one(("", "", "", "", " HAVING COUNT(*) > 1"))
        self.ctes.append(
            f"{name} AS (SELECT b.{key}, list({value}{order}){kept} AS l FROM {relation} AS b{where} "
            f"GROUP BY b.{key}{having})"
        )
        more = g.one(("", "", "", "", f" AND {name}.{key} IS NOT NULL", f" AND len({name}.l) > 1"))
        side = g.one(("LEFT JOIN", "LEFT JOIN", "LEFT JOIN", "JOIN"))
        self.joins.append(f" {side} {name} ON {name}.{key} = {own}{more}")
        return self._reduced(f"{name}.l", structured=value.startswith("{"))

    def _reduced(self, column: str, *, structured: bool) -> str:
        g = self.g
        at = "x.t" if structured else "x"
        test = g.one((g.before(at, "s.made"), g.before(at, "s.made"), g.late(at, "s.made"), f"{at} IS NOT NULL"))
        source = g.one((column, column, f"COALESCE({column}, [])"))
        found = f"list_filter({source}, lambda x: {test})"
        if g.often(0.5):
            shown = g.one(("x.v", "x.v * 2", "x.t")) if structured else g.one(("x", "epoch_us(x)"))
            found = f"list_transform({found}, lambda x: {shown})"
            call = g.one(("list_max", "list_min", "list_sum" if shown not in ("x", "x.t") else "list_max"))
            return f"{call}({found})"
        return g.one((f"len({found})", f"COALESCE(len({found}), 0)", f"COALESCE(len({found}), 1)"))
