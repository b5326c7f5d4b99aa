"""Whether the value of an aggregate changes with the order in which its rows come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from tzero.prove import functions
from tzero.prove.domain.terms import Const, Term
from tzero.prove.transfer.aggregate_call import Call
from tzero.prove.transfer.contribution import Contribution
from tzero.prove.transfer.exact_sums import adds_exactly
from tzero.prove.transfer.wording import worded

if TYPE_CHECKING:
    from tzero.prove.transfer.group import Grouping


def order_notes(
    call: Call, type_: str, parts: list[list[Contribution]], grouping: Grouping, dialect: str
) -> Iterator[str]:
    """Why the value of a call over numbers of a type changes with the order of the rows; nothing when it does not."""
    name = call.name
    if name in functions.APPROXIMATE:
        yield "an approximate aggregate depends on the order of its rows"
    if not adds_exactly(name, type_, dialect):
        yield f"the last bits of {name.upper()} over {type_} depend on the order of the rows"
    if any(not isinstance(value, Const) for value in _numbers_of_values(call, parts)):
        yield f"how many values {worded(call.node)} takes is read from any of the rows"
    if call.sorted:
        return
    if name == "Mode" and not (call.order and dialect == "postgres"):
        yield "ties of MODE are broken by the order of the rows"
    if name in functions.ORDER_SENSITIVE and not (call.order and _is_total(call, parts, grouping)):
        yield f"{worded(call.node)} without a total ORDER BY depends on the order of the rows"
    if name in functions.TIE_SENSITIVE and not _is_total(call, parts, grouping):
        yield "ties are broken by the order of the rows"


def _numbers_of_values(call: Call, parts: list[list[Contribution]]) -> Iterator[Term]:
    """The n of ``max(x, n)`` and ``arg_max(x, by, n)``: one row's stands for all of them."""
    at = {"Max": 1, "Min": 1, "ArgMax": 2, "ArgMin": 2}.get(call.name)
    if at is not None and len(call.args) > at:
        yield from (item.values[at] for part in parts for item in part)


def _is_total(call: Call, parts: list[list[Contribution]], grouping: Grouping) -> bool:
    """Whether the ordering terms, with the group's keys, leave no two rows apart undecided."""
    if len(parts) != 1:
        return False
    branch = grouping.branches[0]
    kept = {part.uid for part in grouping.kept}
    for item in parts[0]:
        ordering = item.values[len(call.args) :] if call.order else item.values[1:2]
        shown = {value for value in item.values[: len(call.args)] if not isinstance(value, Const)}
        if shown and shown <= set(ordering):
            continue
        row = replace(branch.row, store=item.store)
        known = row.determined([*branch.keys, *ordering])
        if not all(part.uid in known or part.uid in kept for part in row.parts):
            return False
    return True
