"""Difference constraints ``x - y <= c`` over the time line, with floors, shifts, zones and monotone functions.

Shortest paths answer what follows. Bounds between two terms that are both multiples of a grain (a day, an hour) are
rounded down to it, so that ``day' < day`` means ``day' + 1 day <= day``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from math import gcd
from typing import TYPE_CHECKING

from tzero.prove.domain import zones
from tzero.prove.domain.facts import Bound, Le
from tzero.prove.domain.terms import DAY, ORIGIN, App, Const, Term, walk

if TYPE_CHECKING:
    from tzero.prove.domain.store import Store

IMPOSSIBLE = -(1 << 62)
_ROUNDS = 4
_NO_ARCS: dict[Term, int] = {}


class Differences:
    """The graph of one store, over canonical terms without their offsets."""

    def __init__(self, store: Store, facts: Iterable[Le | Bound]) -> None:
        self.store = store
        self._from: dict[Term, dict[Term, int]] = {}
        self._to: dict[Term, dict[Term, int]] = {}
        self._known: set[Term] = set()
        self._families: dict[tuple[object, ...], list[tuple[Term, int, Term]]] = {}
        self._starts: list[App] = []
        self._memo: dict[tuple[Term, bool], dict[Term, int]] = {}
        self.impossible = False
        for fact in facts:
            self._constrain(fact.left, fact.right, fact.offset)
        for same in store.equalities():
            self._equate(same.left, same.right)
        self._saturate()

    def _equate(self, left: Term, right: Term) -> None:
        """An equality relates the forms of both sides, also of the one that does not represent them."""
        if not (left.is_time or right.is_time):
            return
        (x, x_offset), (y, y_offset) = self._peeled(left), self._peeled(right)
        for form in (left, right):
            for inner in walk(form):
                if isinstance(inner, App) and inner.is_time:
                    self._learn(self.node(inner)[0])
                    self._learn_form(inner)
        for node in (x, y):
            self._learn(node)
        self._edge(x, y, y_offset - x_offset)
        self._edge(y, x, x_offset - y_offset)

    def _peeled(self, term: Term) -> tuple[Term, int]:
        """The node under a term's own shifts, before anything that equals it is put in its place."""
        offset = 0
        while isinstance(term, App) and term.op in ("shift", "retype"):
            moved = term.params[0] if term.op == "shift" else 0
            assert isinstance(moved, int)
            offset += moved
            term = term.args[0]
        node, more = self.node(term)
        return node, offset + more

    def node(self, term: Term) -> tuple[Term, int]:
        """The node of a term, and its offset from that node."""
        term = self.store.canon(term)
        offset = 0
        while isinstance(term, App) and term.op in ("shift", "retype"):
            if term.op == "shift":
                moved = term.params[0]
                assert isinstance(moved, int)
                offset += moved
            term = self.store.canon(term.args[0])
        if isinstance(term, Const) and term.at is not None:
            return ORIGIN, offset + term.at
        return term, offset

    def upper(self, left: Term, right: Term) -> int | None:
        """The least known ``c`` with ``left - right <= c``, or None."""
        x, x_offset = self._place(left)
        y, y_offset = self._place(right)
        if self.impossible:
            return IMPOSSIBLE
        if x is y:
            return x_offset - y_offset
        found = self._distances(y, forward=True).get(x)
        return None if found is None else found + x_offset - y_offset

    def bounds(self, term: Term) -> dict[Term, int]:
        """Every node ``t`` with a known ``c`` such that ``term - t <= c``."""
        x, offset = self._place(term)
        if self.impossible:
            return {}
        return {t: c + offset for t, c in self._distances(x, forward=False).items()}

    def include(self, terms: Iterable[Term]) -> None:
        """Make sure that some terms take part."""
        for term in terms:
            self._place(term)

    def zones(self) -> frozenset[str]:
        """The zones in which the start of a day is spoken of."""
        return frozenset(str(start.params[0]) for start in self._starts)

    # -- the graph --------------------------------------------------------------------------------------------------

    def _place(self, term: Term) -> tuple[Term, int]:
        node, offset = self.node(term)
        if node not in self._known:
            self._learn(node)
            self._saturate()
        return node, offset

    def _edge(self, x: Term, y: Term, c: int) -> bool:
        """Add ``x - y <= c``; whether it was news."""
        grain = gcd(x.grain, y.grain)
        if grain > 1:
            c = c // grain * grain
        old = self._from.setdefault(y, {}).get(x)
        if x is y:
            self.impossible = self.impossible or c < 0
            return False
        if old is not None and old <= c:
            return False
        self._from[y][x] = c
        self._to.setdefault(x, {})[y] = c
        self._shorten(x, y, c)
        return True

    def _constrain(self, left: Term, right: Term, c: int) -> bool:
        x, x_offset = self.node(left)
        y, y_offset = self.node(right)
        for node in (x, y):
            self._learn(node)
        return self._edge(x, y, c - x_offset + y_offset)

    def _learn(self, node: Term) -> None:
        """Add what a term says by its form alone."""
        if node in self._known:
            return
        self._known.add(node)
        if isinstance(node, App):
            self._learn_form(node)

    def _learn_form(self, node: App) -> None:
        match node.op:
            case "floor" | "trunc":
                self._learn_floor(node)
            case "local" | "instant":
                low, high = zones.offsets(str(node.params[0]))
                sign = 1 if node.op == "local" else -1
                self._constrain(node, node.args[0], high if sign > 0 else -low)
                self._constrain(node.args[0], node, -low if sign > 0 else high)
            case "start":
                low, high = zones.offsets(str(node.params[0]))
                self._constrain(node, node.args[0], -low)
                self._constrain(node.args[0], node, high)
                if node not in self._starts:
                    self._starts.append(node)
                    self._family(node, ("start", node.params[0]), node.args[0])
            case "around":
                least, most = node.params[:2]
                assert isinstance(least, int) and isinstance(most, int)
                self._constrain(node, node.args[0], most)
                self._constrain(node.args[0], node, -least)
            case "least" | "greatest":
                for arg in node.args:
                    if self.store.not_null(arg):
                        small, large = (node, arg) if node.op == "least" else (arg, node)
                        self._constrain(small, large, 0)
            case "epoch" | "version" | "iso":
                self._family(node, (node.op, *node.params), node.args[0])

    def _learn_floor(self, node: App) -> None:
        unit, longest = node.params[0], node.params[-1]
        assert isinstance(longest, int)
        inner = node.args[0]
        self._constrain(node, inner, 0)
        self._constrain(inner, node, longest - 1)
        if node.op == "trunc":
            self._family(node, ("trunc", unit), inner)
        base, offset = self.node(inner)
        if node.op == "floor" and unit == DAY and isinstance(base, App) and base.op == "local" and not offset:
            zone = str(base.params[0])
            if zones.date_is_monotone(zone):
                self._family(node, ("dayz", zone), base.args[0])

    def _family(self, node: Term, family: tuple[object, ...], arg: Term) -> None:
        x, offset = self.node(arg)
        self._learn(x)
        member = (x, offset, self.node(node)[0])
        if member not in self._families.setdefault(family, []):
            self._families[family].append(member)

    def _saturate(self) -> None:
        """Apply the monotone functions until nothing new follows."""
        for _ in range(_ROUNDS):
            if self.impossible or not (self._close_families() | self._close_starts()):
                return

    def _close_families(self) -> bool:
        news = False
        for (name, *_), members in self._families.items():
            injective = name in ("epoch", "version")
            for x, x_at, fx in members:
                for y, y_at, fy in members:
                    if fx is fy:
                        continue
                    found = self._distances(fy, forward=True).get(fx)
                    if found is not None and found < 0:
                        news |= self._edge(x, y, -1 - x_at + y_at)
                    elif found == 0 and injective:
                        news |= self._edge(x, y, y_at - x_at)
                    apart = self._distances(y, forward=True).get(x) if x is not y else 0
                    if apart is not None and apart + x_at - y_at <= (-1 if injective else 0):
                        news |= self._edge(fx, fy, -1 if injective else 0)
        return news

    def _close_starts(self) -> bool:
        """An instant is before the start of a day exactly when its local date is an earlier one."""
        news = False
        for start in self._starts:
            day, day_at = self.node(start.args[0])
            self._learn(day)
            for x, x_at, local_day in self._families.get(("dayz", start.params[0]), ()):
                ahead = 0 if local_day is day else self._distances(day, forward=True).get(local_day)
                if ahead is not None and ahead - day_at <= -DAY:
                    news |= self._edge(x, start, -1 - x_at)
                behind = 0 if local_day is day else self._distances(local_day, forward=True).get(day)
                if behind is not None and behind + day_at <= 0:
                    news |= self._edge(start, x, x_at)
        return news

    def _distances(self, source: Term, *, forward: bool) -> dict[Term, int]:
        """Shortest paths from a node: ``x - source`` forward, ``source - x`` backward."""
        found = self._memo.get((source, forward))
        if found is None:
            found = self._memo[source, forward] = {source: 0}
            self._follow(source, found, source, forward=forward)
        return found

    def _shorten(self, x: Term, y: Term, c: int) -> None:
        """Let the paths that are known already go over a new edge, where that makes them shorter."""
        for (source, forward), found in self._memo.items():
            begin, end = (y, x) if forward else (x, y)
            if begin in found and self._reach(source, found, end, found[begin] + c):
                self._follow(source, found, end, forward=forward)

    def _follow(self, source: Term, found: dict[Term, int], start: Term, *, forward: bool) -> None:
        """Shorten the paths that go on from a node to which a shorter one was found."""
        arcs = self._from if forward else self._to
        queue, queued = deque([start]), {start}
        visits: dict[Term, int] = {}
        while queue:
            node = queue.popleft()
            queued.discard(node)
            visits[node] = visits.get(node, 0) + 1
            if visits[node] > len(self._known) + 1:
                self.impossible = True
                return
            base = found[node]
            for other, c in arcs.get(node, _NO_ARCS).items():
                if self._reach(source, found, other, base + c) and other not in queued:
                    queue.append(other)
                    queued.add(other)

    def _reach(self, source: Term, found: dict[Term, int], node: Term, total: int) -> bool:
        """Note the length of a path to a node; whether it is news."""
        if source.grain != 1:
            common = gcd(source.grain, node.grain)
            if common > 1:
                total -= total % common
        if node is source:
            self.impossible = self.impossible or total < 0
            return False
        known = found.get(node)
        if known is not None and known <= total:
            return False
        found[node] = total
        return True
