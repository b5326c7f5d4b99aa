"""Another row of the partition, beside the own row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tzero.prove.domain.facts import Fact, Le, Same
from tzero.prove.domain.label import Located
from tzero.prove.domain.renaming import Renaming
from tzero.prove.domain.row import Row
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import DAY, INT, ORDERED_TYPES, TIME_TYPES, Const, Term, shift
from tzero.prove.domain.types import BOOL
from tzero.prove.meaning.logic import facts_of, negate
from tzero.prove.transfer import times
from tzero.prove.transfer.filter import aliases, called
from tzero.prove.transfer.window_spec import AFTER, BEFORE, OWN, Ordering

if TYPE_CHECKING:
    from tzero.prove.transfer.window_value import Value


@dataclass(frozen=True, slots=True)
class _Beside:
    """A row under fresh names, and the facts of both rows side by side."""

    own: Row
    other: Row
    renaming: Renaming
    row: Row
    store: Store


class Copies:
    """Other rows beside own rows, each made once: the windows of one list look at the same rows."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, int], _Beside] = {}

    def beside(self, value: Value, other: int) -> _Beside:
        frame, place = value.w.frames[other], (value.position, other)
        found = self._made.get(place)
        if found is None or found.own is not value.row or found.other is not frame.row:
            fixed = frozenset(frame.outer.row.variables()) if frame.outer else frozenset()
            renaming = Renaming(value.interpreter.ledger, fixed, value.interpreter.labels.minima)
            row = renaming.row(replace(frame.row, columns={}))
            found = _Beside(value.row, frame.row, renaming, row, value.row.store.joined(row.store))
            self._made[place] = found
        return found


class Copy:
    """Another row of a branch, in the same partition as the own row."""

    def __init__(self, value: Value, other: int) -> None:
        self.value = value
        self.other = other
        frame = value.w.frames[other]
        beside = value.w.copies.beside(value, other)
        self.row, renaming = beside.row, beside.renaming
        partition = renaming.all(value.w.partition(frame) if other != value.position else value.partition)
        order = value.w.order(frame) if other != value.position else value.order
        self.order = tuple(replace(item, term=renaming.term(item.term)) for item in order)
        self.partition = partition
        args = value.w.arguments(frame) if other != value.position else value.args
        self.args = renaming.all(args)
        condition = value.w.condition(frame)
        self.condition = None if condition is None else renaming.term(condition)
        pairs = zip(partition, value.partition, strict=True)
        self.store = beside.store.assume([Same(mine, theirs) for mine, theirs in pairs])

    def ties(self) -> list[Fact]:
        """Equal in the whole order list."""
        return [Same(mine.term, own.term) for mine, own in zip(self.order, self.value.order, strict=True)]

    def cases(self, side: str, offset: Term | None) -> list[list[Fact]]:
        """The ways to be on a side: equal in the first terms of the order list, then apart."""
        if not self.value.order:
            return [[]]
        if offset is not None:
            return [self._apart(0, side, offset)]
        found = []
        for i in range(len(self.order)):
            facts: list[Fact] = [Same(self.order[j].term, self.value.order[j].term) for j in range(i)]
            found.append(facts + self._apart(i, side, None))
        return found

    def _apart(self, i: int, side: str, offset: Term | None) -> list[Fact]:
        mine, own = self.order[i], self.value.order[i]
        earlier = (side == BEFORE) != own.descending
        if not self._comparable(mine, own, side):
            return []
        small, large = (mine.term, own.term) if earlier else (own.term, mine.term)
        if mine.term.type == own.term.type == BOOL and offset is None:
            # FALSE comes before TRUE.
            return [*facts_of(negate(small), self.store), *facts_of(large, self.store)]
        if mine.term.type not in ORDERED_TYPES:
            return []
        if offset is not None:
            return self._offset_facts(mine.term, own.term, earlier, offset)
        return [Le(small, large, -1)]

    def _comparable(self, mine: Ordering, own: Ordering, side: str) -> bool:
        """Whether being on a side says that both keys are there, so that they compare."""
        if not self.store.not_null(own.term):
            return False
        if self.store.not_null(mine.term):
            return True
        return own.nulls_first == (side == AFTER)

    def _offset_facts(self, mine: Term, own: Term, earlier: bool, offset: Term) -> list[Fact]:
        """A RANGE bound at a distance: ``mine <= own - offset``."""
        span = times.span_of(offset)
        if span is not None and own.type in TIME_TYPES:
            frame = self.value.frame
            moved = times.add_span(frame, own, -span if earlier else span, self.value.w.node)
            self.value.interpreter.use(times.FINITE)
            return [Le(mine, moved, 0) if earlier else Le(moved, mine, 0)]
        if isinstance(offset, Const) and offset.at is not None:
            scale = DAY if own.type == "date" else 1
            if own.type in ("instant", "naive"):
                return []
            moved = shift(own, (-offset.at if earlier else offset.at) * scale)
            return [Le(mine, moved, 0) if earlier else Le(moved, mine, 0)]
        return []

    def located(self, facts: list[Fact]) -> tuple[Copy, list[Located], Term | None] | None:
        """What the other row depends on under some facts; None when it cannot be so."""
        store = self.store.assume(facts)
        if store.impossible:
            return None
        mine, owners = self.row.parts, self.value.row.parts
        same = aliases(owners, mine, store)
        if store.impossible or self._is_own(same):
            return None
        tests: tuple[Located, ...] = ()
        labels = self.value.labels
        if self.condition is not None:
            tests = labels.test(self.condition, store)
            if not self.value.reach.sliding:
                store = store.assume(facts_of(self.condition, store))
        if store.impossible or self._contributes_nothing(store):
            return None
        terms = (*self.partition, *(item.term for item in self.order), *self.args)
        located = [Located(item.atom, store) for item in self.row.presence]
        located += [*labels.values(terms, store), *tests]
        return self, [called(item, same) for item in located], self.args[0] if self.args else None

    def _is_own(self, same: dict[int, int]) -> bool:
        """Whether the other row can only be the own row itself."""
        uids = {part.uid for part in self.row.parts}
        return bool(uids) and uids <= set(same) and self.other == self.value.position

    def _contributes_nothing(self, store: Store) -> bool:
        """Whether the row's argument is NULL, or a zero that is added to an own row's that is not."""
        call, value = self.value.w.call, self.value
        if call is None or call.keeps_nulls or len(self.args) != 1 or value.reach.sliding:
            return False
        if store.null(self.args[0]):
            return True
        zero = store.constant(self.args[0])
        added = call.name == "Sum" and OWN in value.reach.positions and value.row.store.not_null(value.args[0])
        return added and zero is not None and zero.at == 0 and zero.type == INT
