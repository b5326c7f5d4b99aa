"""Where a window function looks, from its frame or its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from tzero.prove import functions
from tzero.prove.domain.label import Kind
from tzero.prove.domain.terms import DAY, INSTANT, INT, Const, Term, const
from tzero.prove.domain.types import Span
from tzero.prove.transfer import times
from tzero.prove.transfer.expression import bind
from tzero.prove.transfer.frame import Frame
from tzero.prove.transfer.window_spec import AFTER, BEFORE, EVERYTHING, OWN, PEERS, Ordering, Reach

if TYPE_CHECKING:
    from tzero.prove.transfer.window import Windowing


class Reaching:
    """Works out the reach of one call in one branch. ``notes`` collect what depends on more than rows."""

    def __init__(self, w: Windowing, frame: Frame, order: tuple[Ordering, ...]) -> None:
        self.w = w
        self.frame = frame
        self.order = order
        self.interpreter = w.interpreter
        self.notes: dict[str, Kind] = {}
        self.more: tuple[Term, ...] = ()

    def reach(self) -> Reach | None:
        name = self.w.name
        nth = self.w.inner.args.get("offset") if name in functions.FRAME_VALUES else None
        if isinstance(nth, exp.Expr):
            self.more = (bind(nth, self.frame),)
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
            self.more = (bind(default, self.frame),)
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
        sliding = kind != "RANGE" and not (_all_before(start, end) or _all_after(start, end))
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


def _all_before(start: tuple[int, Term | None], end: tuple[int, Term | None]) -> bool:
    """Whether a frame that counts rows starts at the first: it holds every row before the own one, or before that."""
    return start == (-1, None) and _passes_none(end)


def _all_after(start: tuple[int, Term | None], end: tuple[int, Term | None]) -> bool:
    return end == (1, None) and _passes_none(start)


def _passes_none(bound: tuple[int, Term | None]) -> bool:
    """Whether no other row lies between the own row and a bound that counts rows."""
    offset = bound[1]
    return offset is None or (isinstance(offset, Const) and offset.at == 1)
