"""One rule of the prover made wrong, each in its own way: what the faults plant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlglot import exp

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
from tzero.prove.transfer import aggregate, branches, comparisons, group, scan, select, set_operation, subquery
from tzero.prove.transfer.binding import BINDERS
from tzero.prove.transfer.chains import Chain
from tzero.prove.transfer.contribution import Contributing
from tzero.prove.transfer.interpreter import Interpreter
from tzero.prove.transfer.join import OuterJoin
from tzero.prove.transfer.window import Windowing
from tzero.prove.transfer.window_reach import Reaching
from tzero.prove.transfer.window_spec import PEERS
from tzero.prove.transfer.window_value import Value

Patch = pytest.MonkeyPatch


def le_is_lt(patch: Patch) -> None:
    patch.setitem(comparisons._COMPARISONS, exp.LTE, ("lt", False))


def not_less_is_more(patch: Patch) -> None:
    patch.setitem(logic._MIRROR, "lt", "lt")


def between_is_strict(patch: Patch) -> None:
    def between(node: exp.Expr, frame: Any) -> Term:
        value, low, high = (comparisons.bind(part, frame) for part in (node.this, node.args["low"], node.args["high"]))
        pairs = ((low, value), (value, high))
        return logic.both(comparisons.compare(frame, "lt", False, one, other, node) for one, other in pairs)

    patch.setitem(BINDERS, exp.Between, between)


def no_peers(patch: Patch) -> None:
    reach = Reaching.reach

    def without(self: Reaching) -> Any:
        found = reach(self)
        return found and replace(found, positions=found.positions - {PEERS})

    patch.setattr(Reaching, "reach", without)


def no_ties(patch: Patch) -> None:
    patch.setattr(Value, "_is_total", lambda self: True)


def descending_is_ascending(patch: Patch) -> None:
    order = Windowing.order
    patch.setattr(
        Windowing, "order", lambda self, frame: tuple(replace(o, descending=False) for o in order(self, frame))
    )


def no_calendar(patch: Patch) -> None:
    patch.setattr(Reaching, "_check_range_offset", lambda self, *_: None)


def no_order(patch: Patch) -> None:
    patch.setattr(Value, "_note_order", lambda self, reach: None)


def no_nullness(patch: Patch) -> None:
    patch.setattr(Labels, "nullness", lambda self, term, store: ())


def floor_is_exact(patch: Patch) -> None:
    learn = Differences._learn_floor

    def floor(self: Differences, node: App) -> None:
        learn(self, node)
        self._constrain(node.args[0], node, 0)

    patch.setattr(Differences, "_learn_floor", floor)


def every_zone_is_utc(patch: Patch) -> None:
    patch.setattr(zones, "offsets", lambda zone: (0, 0))


def any_else_is_neutral(patch: Patch) -> None:
    patch.setattr(Contributing, "_is_neutral", lambda self, term, store: True)


def presence_is_free(patch: Patch) -> None:
    collect = Prover._collect
    patch.setattr(
        Prover, "_collect", lambda self, check, name, found: name == PRESENCE or collect(self, check, name, found)
    )


def sums_are_exact(patch: Patch) -> None:
    patch.setattr(aggregate, "order_notes", lambda *_: {})


def exists_is_membership(patch: Patch) -> None:
    """EXISTS is taken to depend on nothing but rows that are there: none of them is asked for."""
    patch.setattr(subquery.Closing, "close", _only_bounded(subquery.Closing.close))


def _only_bounded(close: Callable[..., Any]) -> Callable[..., Any]:
    def closed(self: Any, located: Any) -> Any:
        return tuple(atom for atom in close(self, located) if atom.kind is not Kind.COMPLETE or atom.time is not None)

    return closed


def late_is_known(patch: Patch) -> None:
    label = scan._label
    patch.setattr(scan, "_label", lambda *given: tuple(a for a in label(*given) if a.kind is not Kind.LATE))


def edits_are_known(patch: Patch) -> None:
    label = scan._label
    patch.setattr(scan, "_label", lambda *given: tuple(a for a in label(*given) if a.kind is not Kind.MUTABLE))


def all_is_not_null(patch: Patch) -> None:
    patch.setattr(Store, "not_null", lambda self, term: True)


def one_row_is_any(patch: Patch) -> None:
    patch.setattr(Row, "identifies", lambda self, given: True)
    patch.setattr(OuterJoin, "_total_choice", lambda self, latest: True)


def what_is_left_out_is_there(patch: Patch) -> None:
    """A single row is there whatever a WHERE or a HAVING says of it."""

    def kept(interpreter: Interpreter, row: Row, predicate: Term) -> Row | None:
        found = filter_row(interpreter, row, predicate)
        return found and replace(found, always=row.always)

    filter_row = select.filter_row
    patch.setattr(select, "filter_row", kept)


def no_match_is_there(patch: Patch) -> None:
    """What has no match is there whatever could have matched."""
    patch.setattr(OuterJoin, "unmatched", lambda self: self.left)


def first_set_is_all(patch: Patch) -> None:
    key_sets = select.key_sets
    patch.setattr(select, "key_sets", lambda nodes: (key_sets(nodes) or [])[:1])


def except_asks_nothing(patch: Patch) -> None:
    patch.setattr(set_operation, "_compared", lambda _interpreter, row, _right, _node: row)


def all_may_be_late(patch: Patch) -> None:
    patch.setattr(declarations.Query, "tolerance_of", lambda self, relation: timedelta(days=1))


def own_row_is_its_group(patch: Patch) -> None:
    """EXCLUDE CURRENT ROW leaves out the rows that tie with it, too."""
    reach = Reaching._frame_reach

    def without(self: Reaching, frame: exp.WindowSpec) -> Any:
        found = reach(self, frame)
        return found and replace(found, positions=found.positions - {PEERS}) if frame.args.get("exclude") else found

    patch.setattr(Reaching, "_frame_reach", without)


def chains_stay_as_they_start(patch: Patch) -> None:
    patch.setattr(Chain, "weakened", lambda _self, said, _rows, _source: said)


def branches_are_alike(patch: Patch) -> None:
    patch.setattr(branches, "same_value", lambda _left, _right: True)


def whatever_is_asked_is_own(patch: Patch) -> None:
    def every(left: Any, right: Any, _store: Store) -> dict[int, int]:
        return {b.uid: a.uid for a in left for b in right if a.relation and a.relation == b.relation}

    patch.setattr(group, "aliases", every)
