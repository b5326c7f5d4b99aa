"""Window functions: which rows of the partition a value looks at, in order positions relative to its own row.

The positions are *before* (earlier in the order), *peers* (equal in the whole order list), the *own* row, and *after*.
For each position a copy of the row stands for the other row, with the facts that put it there; what is known of the
other row's times, in terms of the own row, bounds the completeness of the frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlglot import exp

from tzero.prove import functions
from tzero.prove.domain.closing import Closing
from tzero.prove.domain.facts import Fact, Le, NotNull, Same
from tzero.prove.domain.label import Atom, Kind, Located
from tzero.prove.domain.row import Renaming, Unique
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import DAY, INSTANT, INT, ORDERED_TYPES, TIME_TYPES, Const, Term, Var, app, const, shift
from tzero.prove.domain.types import EXACT_NUMBERS, FLOAT, UNKNOWN, Span
from tzero.prove.meaning.logic import facts_of
from tzero.prove.transfer import times
from tzero.prove.transfer.aggregate import Call, call_of
from tzero.prove.transfer.expression import bind, joined
from tzero.prove.transfer.filter import aliases, called
from tzero.prove.transfer.frame import Frame

if TYPE_CHECKING:
    from tzero.prove.transfer.interpreter import Interpreter

BEFORE, PEERS, OWN, AFTER = "before", "peers", "own", "after"
EVERYTHING = frozenset({BEFORE, PEERS, OWN, AFTER})


@dataclass(frozen=True)
class Ordering:
    """One term of ORDER BY."""

    term: Term
    descending: bool
    nulls_first: bool


@dataclass(frozen=True)
class Reach:
    """Where a window function looks. ``offset`` is the distance of a RANGE bound, of the side that it is on.

    ``physical``: rows that tie are told apart by their physical order. ``sliding``: a bound counts rows, so that rows
    that contribute nothing still take a place.
    """

    positions: frozenset[str]
    physical: bool = False
    sliding: bool = False
    before_offset: Term | None = None
    after_offset: Term | None = None


@dataclass(frozen=True)
class Spec:
    """A window specification with named windows resolved."""

    partition: tuple[exp.Expr, ...]
    order: tuple[exp.Expr, ...]
    frame: exp.WindowSpec | None


class Windowing:
    """Binds one window call in each branch; the frames must not change any more."""

    def __init__(
        self, interpreter: Interpreter, frames: list[Frame], node: exp.Window, named: dict[str, exp.Expr]
    ) -> None:
        self.interpreter = interpreter
        self.frames = frames
        self.node = node
        self.spec = spec_of(node, named)
        self.inner = node.this
        self.ignores_nulls = False
        if isinstance(self.inner, (exp.IgnoreNulls, exp.RespectNulls)):
            self.ignores_nulls = isinstance(self.inner, exp.IgnoreNulls)
            self.inner = self.inner.this
        self.name = type(self.inner).__name__
        self.call: Call | None = None if self.name in functions.WINDOW_FUNCTIONS else call_of(self.inner)

    def term(self, position: int) -> tuple[Term, list[Fact]]:
        """The value in one branch, and what is to be assumed of it once all windows are bound."""
        frame = self.frames[position]
        if self.call is None and self.name not in functions.WINDOW_FUNCTIONS:
            return frame.unknown(self.node, f"window function {self.name} is not understood"), []
        if self.spec is None:
            return frame.unknown(self.node, "a window that is not understood"), []
        value = _Value(self, position)
        return value.term(), value.facts

    def partition(self, frame: Frame) -> tuple[Term, ...]:
        assert self.spec is not None
        return tuple(bind(item, frame) for item in self.spec.partition)

    def order(self, frame: Frame) -> tuple[Ordering, ...]:
        assert self.spec is not None
        found = []
        for item in self.spec.order:
            node = item.this if isinstance(item, exp.Ordered) else item
            descending = bool(item.args.get("desc")) if isinstance(item, exp.Ordered) else False
            nulls_first = bool(item.args.get("nulls_first")) if isinstance(item, exp.Ordered) else False
            found.append(Ordering(bind(node, frame), descending, nulls_first))
        return tuple(found)

    def arguments(self, frame: Frame) -> tuple[Term, ...]:
        """The terms that the other rows supply."""
        if self.call is not None:
            args = [arg for arg in self.call.args if not isinstance(arg, exp.Star)]
            order = [item.this if isinstance(item, exp.Ordered) else item for item in self.call.order]
            return tuple(bind(arg, frame) for arg in (*args, *order))
        first = self.inner.this
        has_value = self.name in functions.OFFSETS | functions.FRAME_VALUES
        return (bind(first, frame),) if has_value and isinstance(first, exp.Expr) else ()

    def condition(self, frame: Frame) -> Term | None:
        if self.call is None or self.call.condition is None:
            return None
        return bind(self.call.condition, frame)


class _Value:
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
        """Whether no other row ties with the own row in the whole order list."""
        given = [*self.partition, *(item.term for item in self.order)]
        if not self.row.identifies(given):
            return False
        return all(
            self._copy(other, BEFORE, peers=True) == [] for other in range(len(self.w.frames)) if other != self.position
        )

    def term(self) -> Term:
        reach = self._reach()
        if reach is None:
            return self.frame.unknown(
                self.w.node, "a window frame that is not understood", (*self.partition, *self.args)
            )
        result = Var(self.w.node.sql()[:40], self._type())
        outside = self.row.store
        special = self._special(result, reach)
        if special is not None:
            return special
        atoms = self._atoms(reach, outside)
        if OWN in reach.positions:
            atoms += self._own_atoms()
        self._note_order(reach)
        origin = self.interpreter.origin
        atoms += [Atom(kind, origin=origin(self.w.node, note)) for note, kind in self.notes.items()]
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

    def _others(self, other: int, side: str, reach: Reach) -> list[tuple[_Copy, list[Located], Term | None]]:
        """Each way in which a row of a branch can be on a side: the facts of it, and what it depends on."""
        found: list[tuple[_Copy, list[Located], Term | None]] = []
        if side in reach.positions:
            found += self._copy(other, side, offset=reach.before_offset if side == BEFORE else reach.after_offset)
        ambiguous = reach.physical and (BEFORE in reach.positions or AFTER in reach.positions)
        if side == BEFORE and (PEERS in reach.positions or ambiguous) and not self.total:
            found += self._copy(other, BEFORE, peers=True)
        return found

    def _copy(
        self, other: int, side: str, *, peers: bool = False, offset: Term | None = None
    ) -> list[tuple[_Copy, list[Located], Term | None]]:
        copy = _Copy(self, other)
        cases = ([copy.ties()] if self.order else [[]]) if peers else copy.cases(side, offset)
        return [found for case in cases if (found := copy.located(case)) is not None]

    # -- where it looks -------------------------------------------------------------------------------------------

    def _reach(self) -> Reach | None:
        name = self.w.name
        if self.w.call is None and name not in functions.FRAME_VALUES:
            return self._ranking_reach(name)
        if not self.order and (self.w.spec is None or self.w.spec.frame is None):
            return Reach(EVERYTHING)
        frame = self.w.spec.frame if self.w.spec else None
        if frame is None:
            return Reach(frozenset({BEFORE, PEERS, OWN}))
        return self._frame_reach(frame)

    def _ranking_reach(self, name: str) -> Reach | None:
        if name in functions.RANKS:
            return Reach(frozenset({BEFORE}) if self.order else EVERYTHING)
        if name in functions.NUMBERS:
            return Reach(frozenset({BEFORE}) if self.order else EVERYTHING, physical=True)
        if name in functions.WHOLE_PARTITION:
            return Reach(EVERYTHING, physical=name == "Ntile")
        offset = self.w.inner.args.get("offset")
        amount = bind(offset, self.frame) if isinstance(offset, exp.Expr) else const(1, INT)
        if not isinstance(amount, Const) or amount.at is None:
            return None
        default = self.w.inner.args.get("default")
        if isinstance(default, exp.Expr):
            self.args = (*self.args, bind(default, self.frame))
        forward = amount.at if name == "Lead" else -amount.at
        if not self.order:
            return Reach(EVERYTHING, physical=True)
        if forward == 0:
            return Reach(frozenset({OWN}))
        return Reach(frozenset({AFTER if forward > 0 else BEFORE}), physical=True)

    def _frame_reach(self, frame: exp.WindowSpec) -> Reach | None:
        kind = str(frame.args.get("kind") or "RANGE").upper()
        start = self._bound(frame.args.get("start"), frame.args.get("start_side"), "PRECEDING")
        end = self._bound(frame.args.get("end") or "CURRENT ROW", frame.args.get("end_side"), "")
        if start is None or end is None:
            return None
        if not self.order and kind != "ROWS":
            return Reach(EVERYTHING)
        low, low_offset = start
        high, high_offset = end
        positions = {place for place, at in ((BEFORE, -1), (PEERS, 0), (OWN, 0), (AFTER, 1)) if low <= at <= high}
        if kind == "RANGE" and len(self.order) > 1 and (low_offset is not None or high_offset is not None):
            return None
        exclude = str(getattr(frame.args.get("exclude"), "name", frame.args.get("exclude")) or "").upper()
        if exclude in ("GROUP", "TIES"):
            positions.discard(PEERS)
        if exclude in ("GROUP", "CURRENT ROW"):
            positions.discard(OWN)
        physical = kind == "ROWS" and exclude not in ("GROUP", "TIES")
        sliding = kind != "RANGE" and any(_counts(offset) for offset in (low_offset, high_offset))
        sliding = sliding or (kind != "RANGE" and low_offset is not None and low == -1)
        physical = physical or (kind == "ROWS" and sliding)
        before = high_offset if kind == "RANGE" and high == -1 else None
        after = low_offset if kind == "RANGE" and low == 1 else None
        if kind == "RANGE":
            self._check_range_offset(low_offset, high_offset)
        return Reach(frozenset(positions), physical, sliding, before, after)

    def _check_range_offset(self, *offsets: Term | None) -> None:
        for offset in offsets:
            span = times.span_of(offset) if offset is not None else None
            if span is None or self.order[0].term.type != INSTANT or self.interpreter.zone:
                continue
            spark_days = self.interpreter.dialect == "spark" and abs(span.micros) >= DAY
            if span.days or span.months or spark_days:
                self.notes["a calendar frame over instants depends on the session's zone"] = Kind.SESSION

    def _bound(self, value: object, side: object, default: str) -> tuple[int, Term | None] | None:
        """A frame bound: which side of the own row it is on, and its distance when that is a literal."""
        if value is None:
            return -1, None
        text = str(value).upper() if not isinstance(value, exp.Expr) else ""
        direction = str(side or default).upper()
        if text == "UNBOUNDED":
            return (-1, None) if direction == "PRECEDING" else (1, None)
        if text == "CURRENT ROW":
            return 0, None
        if not isinstance(value, exp.Expr):
            return None
        amount = bind(value, self.frame)
        sign = -1 if direction == "PRECEDING" else 1
        span = times.span_of(amount)
        if span is not None:
            if span == Span():
                return 0, None
            return (sign, amount) if span.positive else None
        if isinstance(amount, Const) and amount.type == INT and amount.at is not None and amount.at >= 0:
            return (sign if amount.at else 0), (amount if amount.at else None)
        return None

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
        if self.w.call is not None and self.w.call.name == "Min" and self.args and self.args[0].is_time:
            return self._earliest(result, reach)
        if self.w.call is not None and self._is_running_total(reach):
            return self._running(result, reach)
        return None

    def _orders_by_time(self, term: Term) -> bool:
        return bool(self.order) and self.order[0].term is term and term.is_time and not self.order[0].descending

    def _next(self, result: Var, reach: Reach) -> Term:
        """``LEAD(k)`` in order of ``k``: the next event is known when it happens; that there is none, never."""
        atoms = [replace(a, if_not_null=result) for a in self._dated(reach, result)]
        atoms += [replace(a, if_null=result) for a in self._atoms(reach, self.row.store)]
        self._note_order(reach)
        atoms += [Atom(kind, origin=self.interpreter.origin(self.w.node, note)) for note, kind in self.notes.items()]
        self.interpreter.ledger[result] = tuple(dict.fromkeys(atoms))
        return result

    def _dated(self, reach: Reach, result: Var) -> list[Atom]:
        return self._atoms(reach, self.row.store, dated=result)

    def _earliest(self, result: Var, reach: Reach) -> Term:
        """``MIN(k)``: known at the minimum; when that is the own row's, the own row already says so."""
        value = self.args[0]
        atoms = [replace(a, if_not_null=result) for a in self._dated(reach, result)]
        if OWN in reach.positions and self.w.call and self.w.call.condition is None and self.row.store.not_null(value):
            # Rows at or after the own value cannot change a minimum that the own row attains.
            self.facts += [NotNull(result), Le(result, value, 0)]
            atoms = self._below_own(result, reach)
            atoms += self._own_atoms()
        else:
            atoms += [replace(a, if_null=result) for a in self._atoms(reach, self.row.store)]
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
        self.interpreter.ledger[result] = tuple(self._atoms(before, self.row.store))
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

    def _note_order(self, reach: Reach) -> None:
        """Whether the value changes with the physical order of rows that tie."""
        name = self.w.call.name if self.w.call else self.w.name
        if reach.physical and not self.total:
            self.notes["ties in ORDER BY are broken by physical order"] = Kind.ORDER
        if name in functions.FRAME_VALUES | functions.ORDER_SENSITIVE | {"Mode"} and not self.total:
            self.notes["ties in ORDER BY are broken by physical order"] = Kind.ORDER
        if name in functions.TIE_SENSITIVE | functions.APPROXIMATE:
            self.notes[f"{name.upper()} over a window may depend on physical order"] = Kind.ORDER
        sums = name in ("Sum", "Avg") and self.args and self.args[0].type not in EXACT_NUMBERS
        if sums or (name in functions.FLOAT_SENSITIVE and name not in ("Sum", "Avg")):
            self.notes[f"the last bits of {name.upper()} depend on the order of the rows"] = Kind.ORDER

    def _type(self) -> str:
        """The type of the value: that of the argument, whichever branch supplies it."""
        firsts = [self.w.arguments(frame)[:1] for frame in self.w.frames] if self.args else []
        argument = joined([first[0] for first in firsts if first]) if firsts else INT
        if self.w.call is None:
            return argument if self.args else INT
        if self.w.call.name == "Avg":
            return FLOAT
        return functions.AGGREGATE_TYPES.get(self.w.call.name, argument if self.args else UNKNOWN)


class _Copy:
    """Another row of a branch, in the same partition as the own row."""

    def __init__(self, value: _Value, other: int) -> None:
        self.value = value
        self.other = other
        frame = value.w.frames[other]
        fixed = frozenset(frame.outer.row.variables()) if frame.outer else frozenset()
        renaming = Renaming(value.interpreter.ledger, fixed, value.interpreter.labels.minima)
        self.row = renaming.row(replace(frame.row, columns={}))
        self.renaming = renaming
        partition = renaming.all(value.w.partition(frame) if other != value.position else value.partition)
        order = value.w.order(frame) if other != value.position else value.order
        self.order = tuple(replace(item, term=renaming.term(item.term)) for item in order)
        self.partition = partition
        args = value.w.arguments(frame) if other != value.position else value.args
        self.args = renaming.all(args)
        condition = value.w.condition(frame)
        self.condition = None if condition is None else renaming.term(condition)
        store = value.row.store.joined(self.row.store)
        pairs = zip(partition, value.partition, strict=True)
        self.store = store.assume([Same(mine, theirs) for mine, theirs in pairs])

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
        if mine.term.type not in ORDERED_TYPES:
            return []
        if offset is not None:
            return self._offset_facts(mine.term, own.term, earlier, offset)
        pair = (mine.term, own.term) if earlier else (own.term, mine.term)
        return [Le(*pair, -1)]

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
            return [Le(mine, moved, 0) if earlier else Le(moved, mine, 0)]
        if isinstance(offset, Const) and offset.at is not None:
            scale = DAY if own.type == "date" else 1
            if own.type in ("instant", "naive"):
                return []
            moved = shift(own, (-offset.at if earlier else offset.at) * scale)
            return [Le(mine, moved, 0) if earlier else Le(moved, mine, 0)]
        return []

    def located(self, facts: list[Fact]) -> tuple[_Copy, list[Located], Term | None] | None:
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


def _counts(offset: Term | None) -> bool:
    """Whether a bound that counts rows passes over any."""
    return isinstance(offset, Const) and offset.at is not None and offset.at > 1


def spec_of(node: exp.Window, named: dict[str, exp.Expr]) -> Spec | None:
    """The specification of a window, with the one that it names merged in."""
    partition = tuple(node.args.get("partition_by") or ())
    order_node = node.args.get("order")
    order = tuple(order_node.expressions) if isinstance(order_node, exp.Order) else ()
    frame = node.args.get("spec")
    if node.args.get("first") is False or node.args.get("keep"):
        return None
    alias = node.args.get("alias")
    if alias is not None:
        base = named.get(alias.name.lower())
        if not isinstance(base, exp.Window):
            return None
        inherited = spec_of(base, {})
        if inherited is None:
            return None
        partition = partition or inherited.partition
        order = order or inherited.order
        frame = frame or inherited.frame
    return Spec(partition, order, frame if isinstance(frame, exp.WindowSpec) else None)
