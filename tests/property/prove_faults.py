"""Faults planted in the prover on purpose, one rule each: a fuzz that does not find them proves nothing.

    nice python -m tests.property.prove_faults --queries 4000

says after how many random queries each one was found. Each also has a query that shows it, for a test of seconds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
from tests.property.prove_long import Run, Stream
from tests.property.prove_plants import (
    all_is_not_null,
    all_may_be_late,
    any_else_is_neutral,
    between_is_strict,
    branches_are_alike,
    chains_stay_as_they_start,
    descending_is_ascending,
    edits_are_known,
    every_zone_is_utc,
    except_asks_nothing,
    exists_is_membership,
    first_set_is_all,
    floor_is_exact,
    late_is_known,
    le_is_lt,
    no_calendar,
    no_match_is_there,
    no_nullness,
    no_order,
    no_peers,
    no_ties,
    not_less_is_more,
    one_row_is_any,
    own_row_is_its_group,
    presence_is_free,
    sums_are_exact,
    what_is_left_out_is_there,
    whatever_is_asked_is_own,
)
from tests.property.prove_settings import Drawn, declared, worlds_of

Patch = pytest.MonkeyPatch


@dataclass(frozen=True)
class Fault:
    """What is wrong, how it is planted, and the feature ``f`` of a sale ``s`` that is then proved and leaks."""

    name: str
    plant: Callable[[Patch], None]
    feature: str
    rest: str = ""

    @property
    def sql(self) -> str:
        return f"SELECT s.id, s.made AS t0, {self.feature} AS f FROM sales AS s{self.rest}"


FAULTS = (
    Fault("<= counts as <", le_is_lt, "(SELECT COUNT(*) FROM sales AS o WHERE o.made <= s.made)"),
    Fault("NOT < counts as >", not_less_is_more, "(SELECT COUNT(*) FROM sales AS o WHERE NOT (s.made < o.made))"),
    Fault(
        "BETWEEN counts as strict",
        between_is_strict,
        "(SELECT COUNT(*) FROM sales AS o WHERE o.made BETWEEN s.made - INTERVAL '6 hours' AND s.made)",
    ),
    Fault("a frame has no peers", no_peers, "COUNT(*) OVER (ORDER BY s.made)"),
    Fault(
        "rows never tie",
        no_ties,
        "COUNT(*) OVER (ORDER BY s.made ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)",
    ),
    Fault(
        "descending counts as ascending",
        descending_is_ascending,
        "COUNT(*) OVER (ORDER BY s.made DESC GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)",
    ),
    Fault(
        "frames of days know no session",
        no_calendar,
        "COUNT(*) OVER (ORDER BY s.made RANGE BETWEEN INTERVAL '2 days' PRECEDING AND INTERVAL '1 hour' PRECEDING)",
    ),
    Fault(
        "the order of ties is known",
        one_row_is_any,
        "(SELECT o.price FROM sales AS o WHERE o.made < s.made ORDER BY o.shop LIMIT 1)",
    ),
    Fault(
        "ties are broken for ever",
        no_order,
        "(SELECT MAX(y.x) FROM (SELECT LAG(o.price) OVER (ORDER BY o.shop) AS x "
        "FROM sales AS o WHERE o.made < s.made) AS y)",
    ),
    Fault("that a value is NULL is known", no_nullness, "s.paid IS NULL"),
    Fault(
        "a floor is exact",
        floor_is_exact,
        "(SELECT COUNT(*) FROM sales AS o WHERE CAST(o.made AT TIME ZONE 'UTC' AS DATE) "
        "< CAST((s.made + INTERVAL '6 hours') AT TIME ZONE 'UTC' AS DATE))",
    ),
    Fault(
        "every zone is UTC",
        every_zone_is_utc,
        "(SELECT COUNT(*) FROM sales AS o WHERE CAST(o.made AT TIME ZONE 'UTC' AS DATE) "
        "< CAST(s.made AT TIME ZONE 'Europe/Oslo' AS DATE))",
    ),
    Fault(
        "any ELSE is neutral",
        any_else_is_neutral,
        "(SELECT MAX(CASE WHEN o.made < s.made THEN 1 ELSE 0 END) FROM sales AS o "
        "WHERE o.shop = s.shop AND o.id <> s.id)",
    ),
    Fault("presence is free", presence_is_free, "s.price", " WHERE s.paid IS NOT NULL"),
    Fault("sums are exact", sums_are_exact, "(SELECT SUM(o.rating) FROM sales AS o WHERE o.made < s.made)"),
    Fault(
        "what is not bounded is known", exists_is_membership, "EXISTS (SELECT 1 FROM visits AS v WHERE v.sale = s.id)"
    ),
    Fault("late values are known", late_is_known, "s.paid"),
    Fault("edited values are known", edits_are_known, "(SELECT MAX(c.tag) FROM scans AS c WHERE c.learned < s.made)"),
    Fault(
        "nothing is NULL", all_is_not_null, "(SELECT BOOL_OR(o.paid < s.made) FROM sales AS o WHERE o.made < s.made)"
    ),
    Fault("what has no match is there", no_match_is_there, "s.price", " ANTI JOIN visits AS v ON v.sale = s.id"),
    Fault(
        "what is left out is there",
        what_is_left_out_is_there,
        "y.shop",
        " LEFT JOIN (SELECT DISTINCT o.shop FROM sales AS o CROSS JOIN (SELECT 1 FROM visits HAVING COUNT(*) > 9) AS h)"
        " AS y ON y.shop = s.shop",
    ),
    Fault(
        "HAVING alone decides nothing",
        what_is_left_out_is_there,
        "(SELECT 1 FROM visits HAVING COUNT(*) > 9)",
    ),
    Fault(
        "grouping sets are their first",
        first_set_is_all,
        "(SELECT MAX(y.c) FILTER (WHERE y.k IS NULL) FROM (SELECT o.shop AS k, COUNT(*) AS c FROM sales AS o "
        "GROUP BY GROUPING SETS ((o.shop), ())) AS y)",
    ),
    Fault(
        "EXCEPT asks nothing of the right",
        except_asks_nothing,
        "(SELECT COUNT(*) FROM (SELECT id FROM sales WHERE made < s.made EXCEPT SELECT sale FROM visits) AS y)",
    ),
    Fault(
        "everything may be late",
        all_may_be_late,
        "(SELECT COUNT(*) FROM visits AS v WHERE v.made < s.made + INTERVAL '6 hours')",
    ),
    Fault(
        "the own row is its group",
        own_row_is_its_group,
        "COUNT(*) OVER (ORDER BY s.made RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW)",
    ),
    Fault(
        "a chain stays as it starts",
        chains_stay_as_they_start,
        "(WITH RECURSIVE c(id, since, depth) AS (SELECT id, made, 0 FROM sales UNION ALL SELECT c.id, o.made, "
        "c.depth + 1 FROM c JOIN sales AS o ON o.made > c.since WHERE c.depth < 1) "
        "SELECT COUNT(*) FROM c WHERE c.id = s.id)",
    ),
    Fault(
        "every branch gives the same",
        branches_are_alike,
        "(SELECT SUM(CASE WHEN o.paid IS NULL THEN 1 ELSE 0 END) FROM sales AS o WHERE o.made < s.made)",
    ),
    Fault(
        "a row that a subquery reads is the own one",
        whatever_is_asked_is_own,
        "(SELECT COUNT(*) FROM sales AS o WHERE o.made <= s.made)",
    ),
)


def found_after(fault: Fault, seed: int, most: int) -> tuple[int, float]:
    """How many random queries the fuzz needs to find a planted fault, and how many seconds; 0 where it does not."""
    with pytest.MonkeyPatch.context() as patch:
        drawn = Drawn(lambda number: worlds_of(f"{seed} {number}", databases=4, futures=6), most=400)
        drawn()
        fault.plant(patch)
        run, stream, started = Run(shrinking=0), Stream(seed), time.process_time()
        for sql in stream:
            if run.try_one(sql, declared(), drawn):
                stream.keep(sql)
            if run.wrong:
                return run.counts["queries"], time.process_time() - started
            if run.counts["queries"] >= most:
                break
    return 0, time.process_time() - started


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--queries", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    missed: Mapping[str, int] = {}
    for fault in FAULTS:
        number, seconds = found_after(fault, given.seed, given.queries)
        missed = missed if number else {**missed, fault.name: given.queries}
        print(f"{fault.name}: {f'found by query {number}' if number else 'not found'}, {seconds:.0f} s", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
