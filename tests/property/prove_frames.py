"""Shapes of a feature with window frames of every mode: bounds, exclusions, filters, NULLs passed over, names."""

from __future__ import annotations

from tests.property.prove_parts import Parts
from tests.property.prove_relations import SALES

_SPANS = ("INTERVAL '1 microsecond'", "INTERVAL '6 hours'", "INTERVAL '1 day'", "INTERVAL '1 month'")
_STARTS = {
    "ROWS": ("2 PRECEDING", "3 PRECEDING"),
    "GROUPS": ("2 PRECEDING", "3 PRECEDING"),
    "RANGE": ("INTERVAL '2 days' PRECEDING", "INTERVAL '1 month' PRECEDING"),
}
_ENDS = {
    "ROWS": ("1 PRECEDING", "1 PRECEDING", "CURRENT ROW", "1 FOLLOWING"),
    "GROUPS": ("1 PRECEDING", "1 PRECEDING", "CURRENT ROW"),
    "RANGE": ("CURRENT ROW", *(f"{span} PRECEDING" for span in _SPANS)),
}
_EXCLUDED = ("", "", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES", " EXCLUDE NO OTHERS")


class Frames(Parts):
    """Windows whose frame is drawn bound by bound."""

    def framed(self) -> str:
        """A window over sales, beside the own row or in a CTE that is joined back, by a name or not."""
        g, name = self.g, self.g.name("f")
        alias = "s" if self.base == "sales AS s" and not self.joins and not self.filters and g.often(0.3) else "b"
        call = self._call(alias)
        partition = g.one((f"PARTITION BY {alias}.shop ", f"PARTITION BY {alias}.kind ", ""))
        order, frame = self._frame(alias)
        spec = f"{partition}ORDER BY {order}"
        if alias == "s":
            return f"{call} OVER ({spec}{frame})"
        where = g.one(("", "", "", " WHERE b.price > 1", " WHERE b.made IS NULL", " WHERE b.paid IS NULL"))
        if g.often(0.4):
            over = g.one((f"w{frame and ''}", f"(w{frame})"))
            window = f" WINDOW w AS ({spec}{'' if over.startswith('(') else frame})"
            text = f"SELECT b.id, b.made, {call} OVER {over} AS v FROM sales AS b{where}{window}"
        else:
            text = f"SELECT b.id, b.made, {call} OVER ({spec}{frame}) AS v FROM sales AS b{where}"
        if g.often(0.7):
            self.ctes.append(f"{name} AS ({text})")
            return self.joined(f" LEFT JOIN {name} ON {name}.id = s.id", name)
        outer = g.one(("MAX(y.v)", "COUNT(y.v)", "MIN(y.v)"))
        return f"(SELECT {outer} FROM ({text}) AS y WHERE {g.before('y.made', 's.made')})"

    def _call(self, alias: str) -> str:
        g = self.g
        test = g.test(SALES, alias, None)
        value = g.one((f"{alias}.price", f"{alias}.id", f"{alias}.made", f"{alias}.paid"))
        return g.one((
            "COUNT(*)", f"COUNT(*) FILTER (WHERE {test})", f"MAX({value}) FILTER (WHERE {test})", f"MIN({value})",
            f"SUM({alias}.price)", f"FIRST_VALUE({value})", f"LAST_VALUE({value})", f"NTH_VALUE({value}, 2)",
            f"FIRST_VALUE({value} IGNORE NULLS)", f"LAST_VALUE({value} IGNORE NULLS)", f"COUNT({value})",
        ))  # fmt: skip

    def _frame(self, alias: str) -> tuple[str, str]:
        g = self.g
        mode = g.one(("ROWS", "GROUPS", "RANGE"))
        start = "UNBOUNDED PRECEDING" if g.often(0.5) else g.one(_STARTS[mode])
        end, excluded = g.one(_ENDS[mode]), g.one(_EXCLUDED)
        timed = "INTERVAL" in start + end
        more = g.one(("", "", "", f", {alias}.id", f", {alias}.id DESC")) if not timed else ""
        order = f"{alias}.made{g.one(('', '', '', ' DESC'))}{more}"
        if not timed and g.often(0.15):
            order = g.day(f"{alias}.made") + more
        return order, f" {mode} BETWEEN {start} AND {end}{excluded}"

    def passed_over(self) -> str:
        """LAG and its like over NULLs, or of a step that is no constant."""
        g, name = self.g, self.g.name("p")
        value = g.one(("b.paid", "b.price", "CASE WHEN b.price > 1 THEN b.id END"))
        call = g.one((
            f"LAG({value} IGNORE NULLS)", f"LAG({value})", f"LEAD({value} IGNORE NULLS)", f"LAG({value}, 2)",
            f"LAG({value}, 1, {value})", f"LAG({value}, 1, 0)" if "paid" not in value else f"LAG({value}, 0)",
        ))  # fmt: skip
        order = g.one(("b.made", "b.made, b.id", "b.made DESC, b.id"))
        text = f"SELECT b.id, {call} OVER ({g.one(('', 'PARTITION BY b.shop '))}ORDER BY {order}) AS v FROM sales AS b"
        self.ctes.append(f"{name} AS ({text})")
        value = self.joined(f" LEFT JOIN {name} ON {name}.id = s.id", name)
        return g.one((value, f"{value} IS NULL", g.late(value, "s.made") if "paid" in call else value))
