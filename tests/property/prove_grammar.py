"""A grammar of queries that are nearly safe, over the relations of the literate cases: DuckDB's SQL, drawn by a seed.

A relation is drawn with its columns by kind, so that whatever is drawn binds. Conditions on time are mostly the right
ones, with the right side mostly on the right side: random SQL alone would hardly ever be safe.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

from tests.property.prove_choices import chosen, chosen_time
from tests.property.prove_emptied import emptied
from tests.property.prove_relations import LEDGER, OFFERS, SALES, SCANS, SHOPS, VISITS, Relation
from tests.property.prove_times import more_ways

Item = TypeVar("Item")
ZONES = ("UTC", "Europe/Oslo", "America/New_York")
SPANS = ("1 microsecond", "6 hours", "1 day", "2 days")


class Grammar:
    """Draws queries; the same seed draws the same ones. ``wide`` ones read more relations, in more ways."""

    visits, scans, offers = VISITS, SCANS, OFFERS

    def __init__(self, seed: object, *, wide: bool = False) -> None:
        self.random = Random(str(seed))
        self.wide = wide
        self.names = 0

    def one(self, items: Sequence[Item]) -> Item:
        return self.random.choice(items)

    def often(self, share: float) -> bool:
        return self.random.random() < share

    def call(self, *ways: Callable[[], str]) -> str:
        return self.random.choice(ways)()

    def name(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    # -- times and conditions -------------------------------------------------------------------------------------

    def day(self, time: str) -> str:
        zone = self.one(ZONES)
        if self.often(0.5):
            return f"CAST({time} AT TIME ZONE '{zone}' AS DATE)"
        return f"date_trunc('day', {time} AT TIME ZONE '{zone}')"

    def before(self, event: str, anchor: str) -> str:
        """That an event is before an anchor, mostly; in one of the ways to write that."""
        ways = [
            f"{event} < {anchor}", f"{anchor} > {event}", f"NOT ({event} >= {anchor})", f"{event} < {anchor}",
            f"{event} <= {anchor} - INTERVAL '{self.one(SPANS)}'", f"{event} + INTERVAL '{self.one(SPANS)}' < {anchor}",
            f"{event} BETWEEN {anchor} - INTERVAL '3 days' AND {anchor} - INTERVAL '{self.one(SPANS)}'",
            f"({event} < {anchor} AND {event} >= {anchor} - INTERVAL '2 days')", f"({event} < {anchor}) IS TRUE",
            f"COALESCE({event} < {anchor}, FALSE)", f"epoch({event}) < epoch({anchor})",
            f"GREATEST({event}, {event} + INTERVAL '{self.one(SPANS)}') < {anchor}",
        ]  # fmt: skip
        if self.wide and self.often(0.3):
            return self.one(more_ways(event, anchor))
        zone = self.one(ZONES)
        days = [f"CAST({time} AT TIME ZONE '{zone}' AS DATE)" for time in (event, anchor)]
        ways += [
            f"{days[0]} < {days[1]}",
            f"{days[0]} <= {days[1]} - 1",
            f"{event} < CAST({days[1]} AS TIMESTAMP) AT TIME ZONE '{zone}'",
        ]
        near = [
            f"{event} <= {anchor}", f"{event} < {anchor} + INTERVAL '1 microsecond'", f"{days[0]} <= {days[1]}",
            f"{self.day(event)} < {self.day(anchor)}", f"{event} <> {anchor}", f"NOT ({event} > {anchor})",
            f"({event} < {anchor} OR {event} = {anchor})", f"{event} < {anchor} OR {anchor} IS NULL",
        ]  # fmt: skip
        return self.one(near) if self.often(0.25 if self.wide else 0.12) else self.one(ways)

    def late(self, late: str, anchor: str) -> str:
        """A test of something that is known late."""
        return self.one((
            f"{late} < {anchor}", f"({late} IS NULL OR {late} >= {anchor})", f"COALESCE({late} < {anchor}, FALSE)",
            f"NOT COALESCE({late} < {anchor}, FALSE)", f"{late} <= {anchor} - INTERVAL '1 day'",
            f"({late} < {anchor}) IS NOT TRUE", f"COALESCE({late}, TIMESTAMPTZ 'infinity') >= {anchor}",
            f"{late} <= {anchor}", f"{late} >= {anchor}", f"{late} IS NOT NULL", f"LEAST({late}, {anchor}) < {anchor}",
        ))  # fmt: skip

    def conditions(self, relation: Relation, alias: str, anchor: str, own: str) -> str:
        """What an event must meet: before the anchor, and of the same thing."""
        found = []
        times = [f"{alias}.{time}" for time in relation.of("time")]
        if times and self.often(0.93):
            found += [self.before(time, anchor) for time in times[: self.random.randrange(1, 3)]]
        if relation.of("late") and self.often(0.35):
            found.append(self.late(f"{alias}.{relation.of('late')[0]}", anchor))
        if relation.of("word") and self.often(0.6):
            word = self.one(relation.of("word"))
            found.append(f"{alias}.{word} = {own}.{word if word in ('shop', 'kind') else 'shop'}")
        elif relation.of("key") and self.often(0.3):
            found.append(f"{alias}.{relation.of('key')[0]} {self.one(('=', '<>', '<'))} {own}.id")
        if relation.of("number") and self.often(0.2):
            found.append(f"{alias}.{self.one(relation.of('number'))} > {self.random.randrange(4)}")
        self.random.shuffle(found)
        return " AND ".join(found) or "TRUE"

    # -- aggregates -----------------------------------------------------------------------------------------------

    def argument(self, relation: Relation, alias: str) -> str:
        kinds = [kind for kind in ("number", "number", "figure", "time", "key", "late") if relation.of(kind)]
        return f"{alias}.{self.one(relation.of(self.one(kinds)))}" if kinds else "1"

    def aggregate(self, relation: Relation, alias: str, anchor: str | None = None) -> str:
        argument = self.argument(relation, alias)
        test = self.test(relation, alias, anchor)
        found = self.one((
            "COUNT(*)", f"COUNT({argument})", f"COUNT(DISTINCT {argument})", f"MAX({argument})", f"MIN({argument})",
            f"COUNT(*) FILTER (WHERE {test})", f"MAX({argument}) FILTER (WHERE {test})",
            f"SUM(CASE WHEN {test} THEN 1 ELSE 0 END)", f"MAX(CASE WHEN {test} THEN {argument} END)",
            f"BOOL_OR({test})", f"MIN(CASE WHEN {test} THEN {argument} END)", f"COUNT(CASE WHEN {test} THEN 1 END)",
            f"arg_max({argument}, {argument})", f"list(DISTINCT {argument} ORDER BY {argument})",
        ))  # fmt: skip
        numbers = relation.of("number")
        if self.wide and anchor is not None and relation.of("time") and self.often(0.15):
            return self.choosing(relation, alias, anchor)
        if numbers and self.often(0.25):
            number = f"{alias}.{self.one(numbers)}"
            found = self.one((f"SUM({number})", f"SUM({number}) FILTER (WHERE {test})", f"COALESCE(SUM({number}), 0)"))
        return found

    def choosing(self, relation: Relation, alias: str, anchor: str) -> str:
        """Of values that a test chooses for each row."""
        times = relation.of("late") * 2 + relation.of("time")
        time, number = f"{alias}.{self.one(times)}", f"{alias}.{self.one(relation.of('number') or relation.of('time'))}"
        if not relation.of("number") or self.often(0.3):
            cut = chosen_time(time, anchor, self.random)
            return self.one((f"MIN({cut})", f"MAX({cut})", f"COUNT({cut})", f"COUNT(DISTINCT {cut})"))
        if self.often(0.2):
            counted = self.one((f"COUNT({number})", "COUNT(*)", f"COUNT(DISTINCT {number})"))
            return f"{counted} - {counted} FILTER (WHERE {time} {self.one(('>=', '>=', '>', '<'))} {anchor})"
        value = chosen(time, anchor, number, self.random)
        return self.one(
            (f"SUM({value})", f"COALESCE(SUM({value}), 0)", f"COUNT({value})", f"MAX({value})", f"MIN({value})")
        )

    def test(self, relation: Relation, alias: str, anchor: str | None) -> str:
        if anchor is None or self.often(0.15):
            word = relation.of("word")
            return f"{alias}.{word[0]} = 'a'" if word else f"{self.argument(relation, alias)} IS NOT NULL"
        if relation.of("late") and self.often(0.4):
            return self.late(f"{alias}.{self.one(relation.of('late'))}", anchor)
        times = relation.of("time")
        return self.before(f"{alias}.{self.one(times)}", anchor) if times else "TRUE"

    # -- relations ------------------------------------------------------------------------------------------------

    def relation(self, depth: int) -> Relation:
        """A relation of up to so many scopes."""
        if depth <= 0 or self.often(0.25):
            if self.wide and self.often(0.4):
                return self.random.choice((SCANS, OFFERS, OFFERS, LEDGER, SHOPS))
            return SALES if self.often(0.65) else VISITS
        inner = self.relation(depth - 1)
        ways = [self._filtered, self._daily, self._first, self._numbered, self._distinct, self._both]
        if self.wide and self.often(0.12):
            return emptied(inner, self.random)
        return self.random.choice(ways)(inner)

    def _filtered(self, inner: Relation) -> Relation:
        test = self.test(inner, "f", None)
        if inner.of("late") and self.often(0.3):
            test = f"f.{inner.of('late')[0]} IS NOT NULL"
        return Relation(f"(SELECT * FROM {inner.sql} AS f WHERE {test})", inner.columns)

    def _daily(self, inner: Relation) -> Relation:
        """Counts by day and word: the day is their time."""
        if not inner.of("time"):
            return inner
        time = inner.of("time")[0]
        word = inner.of("word")[:1]
        keys = [f"g.{w}" for w in word]
        day = f"CAST(date_trunc('day', g.{time} AT TIME ZONE 'UTC') AS DATE)"
        columns = {"day": ("day",), "word": word, "figure": ("c",)}
        listed = [*keys, f"{day} AS day", f"{self.aggregate(inner, 'g')} AS c"]
        grouped = ", ".join([*keys, day])
        return Relation(f"(SELECT {', '.join(listed)} FROM {inner.sql} AS g GROUP BY {grouped})", columns)

    def _first(self, inner: Relation) -> Relation:
        """First seen, by word or key."""
        if not inner.of("time"):
            return inner
        time = inner.of("time")[0]
        keys = inner.of("word")[:1] or inner.of("key")[:1]
        function = "MIN" if self.often(0.8) else "MAX"
        more = self._having(time)
        sql = f"(SELECT {''.join(f'g.{k}, ' for k in keys)}{function}(g.{time}) AS made FROM {inner.sql} AS g"
        sql += f" GROUP BY {', '.join(f'g.{k}' for k in keys)}{more})" if keys else ")"
        kept = {"word": inner.of("word")[:1]} if inner.of("word") else {"key": keys}
        return Relation(sql, {**kept, "time": ("made",)})

    def _having(self, time: str) -> str:
        return f" HAVING MIN(g.{time}) IS NOT NULL" if self.often(0.2) else ""

    def _numbered(self, inner: Relation) -> Relation:
        """The first, or last, of each word; or a rank."""
        if not inner.of("time"):
            return inner
        time, word = inner.of("time")[0], inner.of("word")
        partition = f"PARTITION BY w.{word[0]} " if word and self.often(0.8) else ""
        order = f"w.{time}{self.one(('', '', ' DESC'))}"
        if inner.of("key") and self.often(0.4):
            order += f", w.{inner.of('key')[0]}"
        call = self.one(("RANK()", "DENSE_RANK()", "ROW_NUMBER()", "COUNT(*)", f"LAG(w.{time})", f"LEAD(w.{time})"))
        spec = f"OVER ({partition}ORDER BY {order}{self.frame() if call == 'COUNT(*)' else ''})"
        kinds = dict(inner.columns)
        if call.startswith("L"):
            if call.startswith("LEAD"):
                kinds["late"] = (*kinds.get("late", ()), "r")
            return Relation(f"(SELECT w.*, {call} {spec} AS r FROM {inner.sql} AS w)", kinds)
        sql = f"(SELECT w.*, {call} {spec} AS r FROM {inner.sql} AS w)"
        if self.often(0.5):
            sql = f"(SELECT * FROM {sql} AS k WHERE k.r {self.one(('= 1', '<= 2', '< 3'))})"
        kinds["number"] = (*kinds.get("number", ()), "r")
        return Relation(sql, kinds)

    def _distinct(self, inner: Relation) -> Relation:
        times, words = inner.of("time")[:1], inner.of("word")
        columns = [*words, *times] or list(inner.of("key"))
        if not columns:
            return inner
        if words and times and self.often(0.4):
            order = f"ORDER BY d.{words[0]}, d.{times[0]}{self.one(('', ' DESC'))}"
            return Relation(f"(SELECT DISTINCT ON (d.{words[0]}) d.* FROM {inner.sql} AS d {order})", inner.columns)
        kinds = {"word": words, "time": times} if words or times else {"key": inner.of("key")}
        return Relation(f"(SELECT DISTINCT {', '.join(columns)} FROM {inner.sql} AS d)", kinds)

    def _both(self, inner: Relation) -> Relation:
        """A union with another base relation, or what is in one and not in the other."""
        if not inner.of("time") or not inner.of("word"):
            return inner
        word, time = inner.of("word")[0], inner.of("time")[0]
        operation = self.one(("UNION ALL", "UNION ALL", "UNION", "INTERSECT", "EXCEPT"))
        other = f"SELECT o.kind AS shop, {self.one(('o.made', 'o.made', 'o.paid'))} AS made FROM sales AS o"
        sql = f"(SELECT u.{word} AS shop, u.{time} AS made FROM {inner.sql} AS u {operation} {other})"
        return Relation(sql, {"word": ("shop",), "time": ("made",)})

    def frame(self) -> str:
        """A window frame of any mode; mostly one that ends before the own row."""
        ends = [
            " RANGE BETWEEN UNBOUNDED PRECEDING AND INTERVAL '1 microsecond' PRECEDING",
            " RANGE BETWEEN INTERVAL '2 days' PRECEDING AND INTERVAL '6 hours' PRECEDING",
            " GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING", " GROUPS BETWEEN 3 PRECEDING AND 1 PRECEDING",
            " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING", " ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING",
            " RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE GROUP",
            " GROUPS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE TIES",
            " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW", "",
            " RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW", " ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING",
            " GROUPS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING",
        ]  # fmt: skip
        return self.random.choices(ends, weights=[6, 4, 5, 3, 3, 2, 3, 2, 1, 1, 1, 1, 1])[0]
