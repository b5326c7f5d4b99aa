"""Faults planted in the prover on purpose, one rule each: a fuzz that does not find them proves nothing.

    nice python -m tests.property.prove_faults --queries 4000

says after how many random queries each one was found. Each also has a query that shows it, for a test of seconds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlglot import exp
from tests.property.prove_long import Drawn, Run, Stream, declared, worlds_of

from tzero.prove import declarations
from tzero.prove.domain import zones
from tzero.prove.domain.differences import Differences
from tzero.prove.domain.label import Kind
from tzero.prove.domain.row import Row
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import App, Term
from tzero.prove.meaning import logic
from tzero.prove.meaning.labels import Labels
from tzero.prove.proof import PRESENCE
from tzero.prove.prover import Prover
from tzero.prove.transfer import aggregate, comparisons, scan, select, set_operation, subquery
from tzero.prove.transfer.binding import BINDERS
from tzero.prove.transfer.contribution import Contributing
from tzero.prove.transfer.join import OuterJoin
from tzero.prove.transfer.window import Windowing
from tzero.prove.transfer.window_reach import Reaching
from tzero.prove.transfer.window_spec import PEERS
from tzero.prove.transfer.window_value import Value

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


def _le_is_lt(patch: Patch) -> None:
    patch.setitem(comparisons._COMPARISONS, exp.LTE, ("lt", False))


def _not_less_is_more(patch: Patch) -> None:
    patch.setitem(logic._MIRROR, "lt", "lt")


def _between_is_strict(patch: Patch) -> None:
    def between(node: exp.Expr, frame: Any) -> Term:
        value, low, high = (comparisons.bind(part, frame) for part in (node.this, node.args["low"], node.args["high"]))
        pairs = ((low, value), (value, high))
        return logic.both(comparisons.compare(frame, "lt", False, one, other, node) for one, other in pairs)

    patch.setitem(BINDERS, exp.Between, between)


def _no_peers(patch: Patch) -> None:
    reach = Reaching.reach

    def without(self: Reaching) -> Any:
        found = reach(self)
        return found and replace(found, positions=found.positions - {PEERS})

    patch.setattr(Reaching, "reach", without)


def _no_ties(patch: Patch) -> None:
    patch.setattr(Value, "_is_total", lambda self: True)


def _descending_is_ascending(patch: Patch) -> None:
    order = Windowing.order
    patch.setattr(
        Windowing, "order", lambda self, frame: tuple(replace(o, descending=False) for o in order(self, frame))
    )


def _no_calendar(patch: Patch) -> None:
    patch.setattr(Reaching, "_check_range_offset", lambda self, *_: None)


def _no_order(patch: Patch) -> None:
    patch.setattr(Value, "_note_order", lambda self, reach: None)


def _no_nullness(patch: Patch) -> None:
    patch.setattr(Labels, "nullness", lambda self, term, store: ())


def _floor_is_exact(patch: Patch) -> None:
    learn = Differences._learn_floor

    def floor(self: Differences, node: App) -> None:
        learn(self, node)
        self._constrain(node.args[0], node, 0)

    patch.setattr(Differences, "_learn_floor", floor)


def _every_zone_is_utc(patch: Patch) -> None:
    patch.setattr(zones, "offsets", lambda zone: (0, 0))


def _any_else_is_neutral(patch: Patch) -> None:
    patch.setattr(Contributing, "_is_neutral", lambda self, term, store: True)


def _presence_is_free(patch: Patch) -> None:
    collect = Prover._collect
    patch.setattr(
        Prover, "_collect", lambda self, check, name, found: name == PRESENCE or collect(self, check, name, found)
    )


def _sums_are_exact(patch: Patch) -> None:
    patch.setattr(aggregate, "order_notes", lambda *_: {})


def _exists_is_membership(patch: Patch) -> None:
    """EXISTS is taken to depend on nothing but rows that are there: none of them is asked for."""
    patch.setattr(subquery.Closing, "close", _only_bounded(subquery.Closing.close))


def _only_bounded(close: Callable[..., Any]) -> Callable[..., Any]:
    def closed(self: Any, located: Any) -> Any:
        return tuple(atom for atom in close(self, located) if atom.kind is not Kind.COMPLETE or atom.time is not None)

    return closed


def _late_is_known(patch: Patch) -> None:
    label = scan._label
    patch.setattr(scan, "_label", lambda *given: tuple(a for a in label(*given) if a.kind is not Kind.LATE))


def _edits_are_known(patch: Patch) -> None:
    label = scan._label
    patch.setattr(scan, "_label", lambda *given: tuple(a for a in label(*given) if a.kind is not Kind.MUTABLE))


def _all_is_not_null(patch: Patch) -> None:
    patch.setattr(Store, "not_null", lambda self, term: True)


def _one_row_is_any(patch: Patch) -> None:
    patch.setattr(Row, "identifies", lambda self, given: True)
    patch.setattr(OuterJoin, "_total_choice", lambda self, latest: True)


def _no_match_is_there(patch: Patch) -> None:
    """What has no match is there whatever could have matched."""
    patch.setattr(OuterJoin, "unmatched", lambda self: self.left)


def _first_set_is_all(patch: Patch) -> None:
    key_sets = select.key_sets
    patch.setattr(select, "key_sets", lambda nodes: (key_sets(nodes) or [])[:1])


def _except_asks_nothing(patch: Patch) -> None:
    patch.setattr(set_operation, "_compared", lambda _interpreter, row, _right, _node: row)


def _all_may_be_late(patch: Patch) -> None:
    patch.setattr(declarations.Query, "tolerance_of", lambda self, relation: timedelta(days=1))


def _own_row_is_its_group(patch: Patch) -> None:
    """EXCLUDE CURRENT ROW leaves out the rows that tie with it, too."""
    reach = Reaching._frame_reach

    def without(self: Reaching, frame: exp.WindowSpec) -> Any:
        found = reach(self, frame)
        return found and replace(found, positions=found.positions - {PEERS}) if frame.args.get("exclude") else found

    patch.setattr(Reaching, "_frame_reach", without)


FAULTS = (
    Fault("<= counts as <", _le_is_lt, "(SELECT COUNT(*) FROM sales AS o WHERE o.made <= s.made)"),
    Fault("NOT < counts as >", _not_less_is_more, "(SELECT COUNT(*) FROM sales AS o WHERE NOT (s.made < o.made))"),
    Fault(
        "BETWEEN counts as strict",
        _between_is_strict,
        "(SELECT COUNT(*) FROM sales AS o WHERE o.made BETWEEN s.made - INTERVAL '6 hours' AND s.made)",
    ),
    Fault("a frame has no peers", _no_peers, "COUNT(*) OVER (ORDER BY s.made)"),
    Fault(
        "rows never tie",
        _no_ties,
        "COUNT(*) OVER (ORDER BY s.made ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)",
    ),
    Fault(
        "descending counts as ascending",
        _descending_is_ascending,
        "COUNT(*) OVER (ORDER BY s.made DESC GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)",
    ),
    Fault(
        "frames of days know no session",
        _no_calendar,
        "COUNT(*) OVER (ORDER BY s.made RANGE BETWEEN INTERVAL '2 days' PRECEDING AND INTERVAL '1 hour' PRECEDING)",
    ),
    Fault(
        "the order of ties is known",
        _one_row_is_any,
        "(SELECT o.price FROM sales AS o WHERE o.made < s.made ORDER BY o.shop LIMIT 1)",
    ),
    Fault(
        "ties are broken for ever",
        _no_order,
        "(SELECT MAX(y.x) FROM (SELECT LAG(o.price) OVER (ORDER BY o.shop) AS x "
        "FROM sales AS o WHERE o.made < s.made) AS y)",
    ),
    Fault("that a value is NULL is known", _no_nullness, "s.paid IS NULL"),
    Fault(
        "a floor is exact",
        _floor_is_exact,
        "(SELECT COUNT(*) FROM sales AS o WHERE CAST(o.made AT TIME ZONE 'UTC' AS DATE) "
        "< CAST((s.made + INTERVAL '6 hours') AT TIME ZONE 'UTC' AS DATE))",
    ),
    Fault(
        "every zone is UTC",
        _every_zone_is_utc,
        "(SELECT COUNT(*) FROM sales AS o WHERE CAST(o.made AT TIME ZONE 'UTC' AS DATE) "
        "< CAST(s.made AT TIME ZONE 'Europe/Oslo' AS DATE))",
    ),
    Fault(
        "any ELSE is neutral",
        _any_else_is_neutral,
        "(SELECT MAX(CASE WHEN o.made < s.made THEN 1 ELSE 0 END) FROM sales AS o "
        "WHERE o.shop = s.shop AND o.id <> s.id)",
    ),
    Fault("presence is free", _presence_is_free, "s.price", " WHERE s.paid IS NOT NULL"),
    Fault("sums are exact", _sums_are_exact, "(SELECT SUM(o.rating) FROM sales AS o WHERE o.made < s.made)"),
    Fault(
        "what is not bounded is known", _exists_is_membership, "EXISTS (SELECT 1 FROM visits AS v WHERE v.sale = s.id)"
    ),
    Fault("late values are known", _late_is_known, "s.paid"),
    Fault("edited values are known", _edits_are_known, "(SELECT MAX(c.tag) FROM scans AS c WHERE c.learned < s.made)"),
    Fault(
        "nothing is NULL", _all_is_not_null, "(SELECT BOOL_OR(o.paid < s.made) FROM sales AS o WHERE o.made < s.made)"
    ),
    Fault("what has no match is there", _no_match_is_there, "s.price", " ANTI JOIN visits AS v ON v.sale = s.id"),
    Fault(
        "grouping sets are their first",
        _first_set_is_all,
        "(SELECT MAX(y.c) FILTER (WHERE y.k IS NULL) FROM (SELECT o.shop AS k, COUNT(*) AS c FROM sales AS o "
        "GROUP BY GROUPING SETS ((o.shop), ())) AS y)",
    ),
    Fault(
        "EXCEPT asks nothing of the right",
        _except_asks_nothing,
        "(SELECT COUNT(*) FROM (SELECT id FROM sales WHERE made < s.made EXCEPT SELECT sale FROM visits) AS y)",
    ),
    Fault(
        "everything may be late",
        _all_may_be_late,
        "(SELECT COUNT(*) FROM visits AS v WHERE v.made < s.made + INTERVAL '6 hours')",
    ),
    Fault(
        "the own row is its group",
        _own_row_is_its_group,
        "COUNT(*) OVER (ORDER BY s.made RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW)",
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
