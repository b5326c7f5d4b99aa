"""The value of one window call in one branch: what the rows in its frame depend on, in terms of the own row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tzero.prove import functions
from tzero.prove.domain.closing import Closing
from tzero.prove.domain.facts import Fact, Le, NotNull
from tzero.prove.domain.label import Atom, Kind, Located
from tzero.prove.domain.row import Unique
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import INT, Term, Var, app, const
from tzero.prove.domain.types import EXACT_NUMBERS, FLOAT, HOLDER, UNKNOWN
from tzero.prove.transfer.binding import holds_instant, mixture
from tzero.prove.transfer.exact_sums import adds_exactly, assumptions
from tzero.prove.transfer.expression import joined
from tzero.prove.transfer.window_copy import Copy
from tzero.prove.transfer.window_reach import Reaching
from tzero.prove.transfer.window_spec import AFTER, BEFORE, EVERYTHING, OWN, PEERS, Reach

if TYPE_CHECKING:
    from tzero.prove.transfer.window import Windowing


class Value:
    """One window value of one branch."""

    def __init__(self, windowing: Windowing, position: int) -> None:
        self.w = windowing
        self.interpreter = windowing.interpreter
        self.labels = windowing.interpreter.labels
        self.position = position
        self.frame = windowing.frames[position]
        self.row = self.frame.row
        self.partition = windowing.partition(self.frame)
        self.order = windowing.order(self.frame)
        self.args = windowing.arguments(self.frame)
        self.notes: dict[str, Kind] = {}
        self.facts: list[Fact] = []
        self.reach = Reach(EVERYTHING)
        self.total = self._is_total()

    def _is_total(self) -> bool:
        """Whether no other row ties with the own row in the whole order list; an enclosing row is the same for all."""
        given = [*self.partition, *(item.term for item in self.order)]
        if self.frame.outer is not None:
            given += [term for term, _ in self.frame.outer.row.visible()]
        if not self.row.identifies(given):
            return False
        return all(
            self._copy(other, BEFORE, peers=True) == [] for other in range(len(self.w.frames)) if other != self.position
        )

    def term(self) -> Term:
        reaching = Reaching(self.w, self.frame, self.order)
        reach = reaching.reach()
        self.notes |= reaching.notes
        self.args = (*self.args, *reaching.more)
        if reach is None:
            return self.frame.unknown(
                self.w.node, "a window frame that is not understood", (*self.partition, *self.args)
            )
        result = Var(self.w.name, self._type())
        outside = self.row.store
        special = self._special(result, reach)
        if special is not None:
            return special
        atoms = self._atoms(reach, outside)
        # A default shows where there is no other row, and which row is the n-th is asked of the own row.
        atoms += [item.atom for item in self.labels.values(reaching.more, outside)]
        if OWN in reach.positions:
            atoms += self._own_atoms()
        atoms += self._noted(reach)
        # what is shown and its default become one type
        atoms += [item.atom for item in self.labels.values(mixture(self.frame, self.args, self.w.node), outside)]
        self.interpreter.ledger[result] = tuple(dict.fromkeys(atoms))
        self._record(result)
        return result

    # -- labels ---------------------------------------------------------------------------------------------------

    def _atoms(self, reach: Reach, outside: Store, dated: Var | None = None) -> list[Atom]:
        """What the rows that a frame can hold depend on, in the own row's terms."""
        found: dict[Atom, None] = {}
        kept = self.row.uids()
        survivors = self.row.visible()
        self.reach = reach
        for other in range(len(self.w.frames)):
            for side in (BEFORE, AFTER) if self.order else (BEFORE,):
                for copy, located, value in self._others(other, side, reach):
                    pairs: list[tuple[Term, Term]] = [(value, dated)] if value and dated else []
                    closing = Closing(
                        survivors,
                        outside.assume((NotNull(dated),)) if dated is not None else outside,
                        kept,
                        origin=self.interpreter.origin(self.w.node),
                        facts=self.facts,
                        settle=self.interpreter.settling((*copy.row.occurrences, *self.row.occurrences)),
                        dated=pairs,
                    )
                    found |= dict.fromkeys(closing.close(located))
        # Whether the own row takes part, and where it stands, is its own affair.
        own = self.labels.values((*self.partition, *(item.term for item in self.order)), self.row.store)
        found |= dict.fromkeys(item.atom for item in own)
        return list(found)

    def _own_atoms(self) -> list[Atom]:
        return [item.atom for item in self.labels.values(self.args, self.row.store)]

    def _others(self, other: int, side: str, reach: Reach) -> list[tuple[Copy, list[Located], Term | None]]:
        """Each way in which a row of a branch can be on a side: the facts of it, and what it depends on."""
        found: list[tuple[Copy, list[Located], Term | None]] = []
        if side in reach.positions:
            found += self._copy(other, side, offset=reach.before_offset if side == BEFORE else reach.after_offset)
        ambiguous = reach.physical and (BEFORE in reach.positions or AFTER in reach.positions)
        if side == BEFORE and (PEERS in reach.positions or ambiguous) and not self.total:
            found += self._copy(other, BEFORE, peers=True)
        return found

    def _copy(
        self, other: int, side: str, *, peers: bool = False, offset: Term | None = None
    ) -> list[tuple[Copy, list[Located], Term | None]]:
        copy = Copy(self, other)
        cases = ([copy.ties()] if self.order else [[]]) if peers else copy.cases(side, offset)
        return [found for case in cases if (found := copy.located(case)) is not None]

    # -- special values -------------------------------------------------------------------------------------------

    def _special(self, result: Var, reach: Reach) -> Term | None:
        if (
            self.w.name == "Lead"
            and AFTER in reach.positions
            and self.args
            and len(self.args) == 1
            and self._orders_by_time(self.args[0])
        ):
            return self._next(result, reach)
        whole = not reach.sliding and (self.total or not reach.physical)
        least = self.w.call is not None and self.w.call.name == "Min" and bool(self.args) and self.args[0].is_time
        if whole and (least or self._is_first(reach)):
            return self._earliest(result, reach)
        if self.w.call is not None and self._is_running_total(reach):
            return self._running(result, reach)
        return None

    def _orders_by_time(self, term: Term) -> bool:
        return bool(self.order) and self.order[0].term is term and term.is_time and not self.order[0].descending

    def _is_first(self, reach: Reach) -> bool:
        """``FIRST_VALUE(k)`` in order of ``k``, in a frame with the own row: the minimum, where ``k`` is never NULL."""
        if self.w.name != "FirstValue" or len(self.w.frames) > 1 or OWN not in reach.positions:
            return False
        return bool(self.args) and self._orders_by_time(self.args[0]) and self.row.store.not_null(self.args[0])

    def _next(self, result: Var, reach: Reach) -> Term:
        """``LEAD(k)`` in order of ``k``: the next event is known when it happens; that there is none, never."""
        atoms = [replace(a, if_not_null=result) for a in self._dated(reach, result)]
        atoms += [replace(a, if_null=result) for a in self._atoms(reach, self.row.store)]
        atoms += self._noted(reach)
        self.interpreter.ledger[result] = tuple(dict.fromkeys(atoms))
        return result

    def _dated(self, reach: Reach, result: Var) -> list[Atom]:
        return self._atoms(reach, self.row.store, dated=result)

    def _earliest(self, result: Var, reach: Reach) -> Term:
        """``MIN(k)``: known at the minimum; when that is the own row's, the own row already says so."""
        value = self.args[0]
        atoms = [replace(a, if_not_null=result) for a in self._dated(reach, result)]
        filtered = self.w.call is not None and self.w.call.condition is not None
        if OWN in reach.positions and not filtered and self.row.store.not_null(value):
            # Rows at or after the own value cannot change a minimum that the own row attains.
            self.facts += [NotNull(result), Le(result, value, 0)]
            atoms = self._below_own(result, reach)
            atoms += self._own_atoms()
        else:
            atoms += [replace(a, if_null=result) for a in self._atoms(reach, self.row.store)]
        atoms += self._noted(reach)
        self.interpreter.ledger[result] = tuple(dict.fromkeys(atoms))
        return result

    def _below_own(self, result: Var, reach: Reach) -> list[Atom]:
        """What rows with a strictly smaller value than the own row's depend on."""
        found: dict[Atom, None] = {}
        kept = self.row.uids()
        survivors = self.row.visible()
        self.reach = reach
        for other in range(len(self.w.frames)):
            for side in (BEFORE, AFTER) if self.order else (BEFORE,):
                for _, located, value in self._others(other, side, reach):
                    if value is None:
                        continue
                    smaller = (Le(value, self.args[0], -1),)
                    outside = self.row.store.assume((NotNull(result),))
                    closing = Closing(survivors, outside, kept, dated=[(value, result)],
                                      origin=self.interpreter.origin(self.w.node), facts=self.facts)  # fmt: skip
                    moved = (Located(item.atom, item.store.assume(smaller)) for item in located)
                    found |= dict.fromkeys(closing.close(moved))
        own = self.labels.values((*self.partition, *(item.term for item in self.order)), self.row.store)
        return list(found | dict.fromkeys(item.atom for item in own))

    def _is_running_total(self, reach: Reach) -> bool:
        """A running sum or count that ends with the own row: what is before, plus the own value."""
        call = self.w.call
        if call is None or call.name not in ("Sum", "Count") or call.condition is not None or call.distinct:
            return False
        if reach.physical and not self.total:
            return False
        if (
            reach.sliding
            or not {BEFORE, OWN} <= reach.positions
            or AFTER in reach.positions
            or not (self.total or PEERS not in reach.positions)
        ):
            return False
        return (call.name == "Count" and not self.args) or (
            bool(self.args) and self.args[0].type in EXACT_NUMBERS and self.row.store.not_null(self.args[0])
        )

    def _running(self, result: Var, reach: Reach) -> Term:
        assert self.w.call is not None
        before = replace(reach, positions=frozenset({BEFORE}))
        self.interpreter.ledger[result] = (*self._atoms(before, self.row.store), *self._noted(reach))
        self.facts.append(NotNull(result))
        own = const(1, INT) if self.w.call.name == "Count" else self.args[0]
        return app("plus", result, own, type_=result.type)

    def _record(self, result: Var) -> None:
        """A row number of 1 identifies a row within its partition; counts and ranks are never NULL."""
        if self.w.name in functions.NUMBERS | functions.RANKS or (self.w.call and self.w.call.name == "Count"):
            self.facts.append(NotNull(result))
        if self.w.name in functions.NUMBERS:
            self.frame.row = replace(
                self.row, unique=(*self.row.unique, Unique(result, 1, self.partition, self.row.own_uids()))
            )
            self.row = self.frame.row

    def _noted(self, reach: Reach) -> list[Atom]:
        """What a value depends on besides rows: the session that its frame is reckoned in, the order of ties."""
        self._note_order(reach)
        return [Atom(kind, origin=self.interpreter.origin(self.w.node, note)) for note, kind in self.notes.items()]

    def _note_order(self, reach: Reach) -> None:
        """Whether the value changes with the physical order of rows that tie."""
        name = self.w.call.name if self.w.call else self.w.name
        if reach.physical and not self.total and not self.w.alike:
            self.notes["ties in ORDER BY are broken by physical order"] = Kind.ORDER
        shows_order = name in functions.FRAME_VALUES and self.w.shows_order()
        if name in functions.FRAME_VALUES | functions.ORDER_SENSITIVE | {"Mode"} and not self.total and not shows_order:
            self.notes["ties in ORDER BY are broken by physical order"] = Kind.ORDER
        if name in functions.AS_TEXT and any(map(holds_instant, self.args)) and not self.interpreter.zone:
            self.notes[functions.SHOWN] = Kind.SESSION
        if name in functions.TIE_SENSITIVE | functions.APPROXIMATE:
            self.notes[f"{name.upper()} over a window may depend on physical order"] = Kind.ORDER
        type_, dialect = self.args[0].type if self.args else INT, self.interpreter.dialect
        if not adds_exactly(name, type_, dialect):
            self.notes[f"the last bits of {name.upper()} over {type_} depend on the order of the rows"] = Kind.ORDER
        for assumption in assumptions(name, type_, dialect):
            self.interpreter.use(assumption)

    def _type(self) -> str:
        """The type of the value: that of the argument, whichever branch supplies it."""
        firsts = [self.w.arguments(frame)[:1] for frame in self.w.frames] if self.args else []
        argument = joined([first[0] for first in firsts if first]) if firsts else INT
        if self.w.call is None:
            return argument if self.args else INT
        if self.w.call.name == "Avg":
            return FLOAT
        if self.w.call.name == "ArrayAgg" and any(map(holds_instant, self.args)):
            return HOLDER
        return functions.AGGREGATE_TYPES.get(self.w.call.name, argument if self.args else UNKNOWN)
