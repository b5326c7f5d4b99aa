"""The final check: is everything that a row depends on known before its anchor, its own row apart?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tzero.prove.declarations import Query
from tzero.prove.domain import zones
from tzero.prove.domain.existence import settled_by
from tzero.prove.domain.label import Atom, Kind, Located, Template
from tzero.prove.domain.row import Part, Row
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import DATE, DAY, INSTANT, TIME_TYPES, App, Term, app
from tzero.prove.meaning.labels import Labels
from tzero.prove.transfer.filter import matching_parts

# Atoms of these kinds never hold, whatever the time.
TIMELESS = frozenset({Kind.CLOCK, Kind.SESSION, Kind.VOLATILE, Kind.ORDER, Kind.UNKNOWN})


@dataclass
class Check:
    """The check of one branch of the result."""

    row: Row
    query: Query
    labels: Labels
    anchor: Term
    facts: dict[str, None] = field(default_factory=dict)
    granted: dict[str, list[dict[Term, Term]]] = field(default_factory=dict)
    present: bool = False
    _checking: set[Atom] = field(default_factory=set)
    _found: dict[tuple[Atom, int], tuple[Located, bool, dict[str, None]]] = field(default_factory=dict)
    """What was found of an atom under facts, and why; columns have most of theirs in common."""

    def __post_init__(self) -> None:
        self.own = self._own_part()
        self._parts = self.row.own_uids()
        spine = [self.row.columns[name] for name in self.query.spine if name in self.row.columns]
        # where rows differ in more than their key, that the key is given does not say which of them are there
        whole = len(spine) == len(self.row.columns) or self.row.identifies(spine)
        self.given = frozenset(map(self.row.store.canon, spine)) if whole else frozenset()

    # -- the anchor and the own row -------------------------------------------------------------------------------

    def grant_presence(self) -> None:
        """From now on the row is there: what its presence says need not be said again of its values.

        A given spine says no more of them: that a key is given does not say that another relation has it. Nor does it
        say what the values are that a predicate asked for.
        """
        self._found.clear()
        self.present = True
        for item in self.row.presence:
            for template in item.atom.exists if not item.tested else ():
                self.granted.setdefault(template.source, []).append(dict(template.keys))

    def _own_part(self) -> Part | None:
        """The own row: of the declared relation, known no later than the anchor's instant or day."""
        if self.query.own is None:
            return None
        store = self.row.store
        found = [part for part in self.row.parts if _is_relation(part.relation, self.query.own)]
        found = [part for part in found if part.marker is None or store.not_null(part.marker)]
        outputs = {store.canon(term) for term in self.row.columns.values()}
        by_key = [p for p in found if p.key and all(store.canon(t) in outputs for t in p.key)]
        by_anchor = [p for p in found if any(self.anchor.leaves & t.leaves for t in p.terms)]
        both = [part for part in by_key if part in by_anchor]
        return next(iter(both or by_key or by_anchor), None)

    def _own_uids(self, store: Store) -> frozenset[int]:
        """The own row under every name that it has where some facts hold: an optional part may be there, or not."""
        assert self.own is not None
        key = ("own", self.own.uid, self._parts)
        known = store.memo.get(key)
        if known is None:
            found = {self.own.uid}
            for first, second in matching_parts(self.row.parts, store):
                if found & {first.uid, second.uid}:
                    found |= {first.uid, second.uid}
            known = store.memo[key] = frozenset(found)
        assert isinstance(known, frozenset)
        return known

    def anchor_problem(self) -> str:
        """Why the anchor cannot serve; empty when it can."""
        if self.row.store.impossible:
            return ""
        if self.anchor.type not in TIME_TYPES:
            return f"the anchor's type is {self.anchor.type}, not a time"
        if not self.row.store.not_null(self.anchor):
            return "the anchor may be NULL"
        if self.query.own is not None and self.own is None:
            return f"no row of {self.query.own} is the own row here"
        return ""

    # -- atoms ----------------------------------------------------------------------------------------------------

    def failing(self, located: Iterable[Located]) -> Iterator[Located]:
        """The atoms that do not hold."""
        for item in located:
            key = (item.atom, id(item.store))
            if key not in self._found:
                self._found[key] = (item, *self._with_reasons(item))
            _, holds, reasons = self._found[key]
            self.facts.update(reasons)
            if not holds:
                yield item

    def _with_reasons(self, item: Located) -> tuple[bool, dict[str, None]]:
        """Whether an atom holds, and the facts that say so."""
        told, self.facts = self.facts, {}
        holds, reasons = self.holds(item), self.facts
        self.facts = told
        return holds, reasons

    def at_anchor(self, item: Located) -> bool:
        """Whether an atom that does not hold is known at the anchor itself: only ties are in the way."""
        active = item.active()
        if active is None or active.atom.time is None:
            return False
        time = active.atom.time
        return any(active.store.le(time, anchor, 0) for anchor in self._anchors(time))

    def holds(self, item: Located) -> bool:
        """Whether an atom is known before the anchor, or is the own row, or follows from its presence."""
        active = item.active()
        if active is None:
            return True
        if active.atom.kind in TIMELESS:
            return False
        return self._is_own(active) or self._is_before(active) or self._discharged(active)

    def _is_own(self, item: Located) -> bool:
        if self.own is None or item.atom.kind is not Kind.ROW or item.atom.time is None:
            return False
        if item.atom.part not in self._own_uids(item.store) or not self._own_in_time(item):
            return False
        self.facts[f"the own row of {self.own.relation} is allowed"] = None
        return True

    def _own_in_time(self, item: Located) -> bool:
        """The own row must be known at the anchor: at its instant, or during its day."""
        assert item.atom.time is not None
        slack = DAY - 1 if self.anchor.type == DATE else 0
        for anchor in self._anchors(item.atom.time):
            if item.store.le(item.atom.time, anchor, slack):
                return True
        return self._same_day(item)

    def _same_day(self, item: Located) -> bool:
        """The anchor is the day of a time at which the own row was known, in whatever zone."""
        store = item.store
        anchor, time = store.canon(self.anchor), item.atom.time
        assert time is not None
        if not (isinstance(anchor, App) and anchor.op == "floor"):
            return False
        return any(inner.type == time.type and store.le(time, inner) for inner in _inside(anchor))

    def _is_before(self, item: Located) -> bool:
        time = item.atom.time
        if time is None:
            return False
        tolerance = self.query.tolerance_of(item.atom.relation)
        slack = tolerance.days * DAY + tolerance.seconds * 1_000_000 + tolerance.microseconds
        for anchor in self._anchors(time):
            if item.store.le(time, anchor, slack if slack else -1):
                what = f"rows of {item.atom.relation}" if item.atom.relation else "rows"
                self.facts[f"{what} are bounded before {self.query.anchor}"] = None
                return True
        return False

    def _anchors(self, time: Term) -> tuple[Term, ...]:
        """The anchor's start on the line of a time."""
        anchor = self.anchor
        zone = self._zone_of_days()
        if anchor.type == INSTANT and time.type != INSTANT:
            return ()
        if anchor.type != INSTANT and time.type == INSTANT and not zones.is_utc(zone):
            return (app("start", anchor, type_=INSTANT, params=(zone,)),)
        return (anchor,)

    def _zone_of_days(self) -> str:
        """The zone in which the anchor's day begins: the declared one, or that of the anchor's own expression."""
        if self.query.zone:
            return self.query.zone
        named = (inner for inner in _inside(self.row.store.canon(self.anchor)) if isinstance(inner, App))
        return next((str(inner.params[0]) for inner in named if inner.op == "local"), "UTC")

    # -- discharge ------------------------------------------------------------------------------------------------

    def _discharged(self, item: Located) -> bool:
        """Whether a row that is at hand, or the given spine, says that what is asked for exists."""
        if item.atom in self._checking:
            return False
        self._checking.add(item.atom)
        try:
            return any(self._template_holds(template, item) for template in item.atom.exists)
        finally:
            self._checking.discard(item.atom)

    def _template_holds(self, template: Template, item: Located) -> bool:
        store = item.store
        for known in self.granted.get(template.source, ()):
            if all(inner in known and store.equal(known[inner], outer) for inner, outer in template.keys):
                return True
        if (
            self.given
            and not self.present
            and template.keys
            and all(self._is_given(outer, item) for _, outer in template.keys)
        ):
            self.facts[f"the spine ({', '.join(self.query.spine)}) is given"] = None
            return True
        return any(self._all_hold(said, item) for said in settled_by(template, self.row.occurrences, store))

    def _all_hold(self, terms: tuple[Term, ...], item: Located) -> bool:
        """Whether what says so is itself known in time."""
        if not all(self.holds(part) for term in terms for part in self.labels.value(term, item.store)):
            return False
        self.facts["the own row is itself one of the rows that are asked for"] = None
        return True

    def _is_given(self, outer: Term, item: Located) -> bool:
        canon = item.store.canon(outer)
        return canon in self.given or not canon.leaves


def _is_relation(name: str, wanted: str) -> bool:
    name, wanted = name.lower(), wanted.lower()
    if name == wanted:
        return True
    return name.rpartition(".")[2] == wanted.rpartition(".")[2] and ("." not in name or "." not in wanted)


def _inside(term: Term) -> Iterator[Term]:
    yield term
    if isinstance(term, App):
        for arg in term.args:
            yield from _inside(arg)
