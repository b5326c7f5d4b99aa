"""Closing: what a row's atoms say to somebody who cannot see the row's own terms any more.

An aggregate, an anti join or a window looks at *all* rows that meet some condition. What is known of the time of each
of them, in terms that survive, bounds the time by which the set of them is complete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from tzero.prove.domain.differences import Differences
from tzero.prove.domain.facts import Bound, Fact
from tzero.prove.domain.label import Atom, Kind, Located, Origin, Template
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import DATE, DAY, INSTANT, ORIGIN, App, Term, Var, app, shift

Settle = Callable[[Iterable[Located]], Iterable[Located]]


@dataclass
class Closing:
    """What survives: pairs of a term inside and the term outside that equals it, and whole underlying rows.

    ``dated`` are pairs of a time inside and one outside that is known when it is: a minimum.

    ``settle`` answers what exists because a row at hand says so.
    ``facts`` collects what is to be assumed of the new variables outside.
    """

    survivors: list[tuple[Term, Term]]
    outside: Store
    parts: frozenset[int] = frozenset()
    extra: tuple[Template, ...] = ()
    existence: bool = False
    origin: Origin | None = None
    facts: list[Fact] = field(default_factory=list)
    settle: Settle | None = None
    dated: list[tuple[Term, Term]] = field(default_factory=list)
    _memo: dict[tuple[Atom, int], Atom] = field(default_factory=dict)
    _bounds: dict[object, Var] = field(default_factory=dict)
    _times: list[tuple[Term, Term]] | None = None
    _indexes: dict[int, dict[Term, Term]] = field(default_factory=dict)
    _free: dict[int, bool] = field(default_factory=dict)
    _stores: list[Store] = field(default_factory=list)

    def close(self, located: Iterable[Located]) -> tuple[Atom, ...]:
        """The atoms, in terms that survive."""
        items = located if self.settle is None else self.settle(located)
        active = [found for found in (item.active() for item in items) if found is not None]
        implied = _implied(active)
        return tuple(dict.fromkeys(self._close(item) for item in active if id(item) not in implied))

    def _close(self, item: Located) -> Atom:
        key = (item.atom, id(item.store))
        if key not in self._memo:
            self._stores.append(item.store)
            self._memo[key] = self._closed(item)
        return self._memo[key]

    def _closed(self, item: Located) -> Atom:
        atom = item.atom
        survives = atom.part in self.parts
        found = (self._template(t, item.store) for t in atom.exists)
        exists = tuple(t for t in found if t is not None)
        time = None if atom.time is None else self._bound(atom, item.store)
        gathered = atom.kind in (Kind.ROW, Kind.EXISTS) or (atom.kind is Kind.LATE and time is not None)
        kind = Kind.COMPLETE if gathered and not survives else atom.kind
        origin = self.origin if self.origin and kind is not atom.kind else atom.origin
        return replace(
            atom, origin=origin, kind=kind, time=time, part=atom.part if survives else 0,
            if_null=None, if_not_null=None, exists=exists + (() if survives else self.extra),
        )  # fmt: skip

    def _template(self, template: Template, store: Store) -> Template | None:
        keys = []
        for inner, term in template.keys:
            outer = self.outer(term, store)
            if outer is not None:
                keys.append((inner, outer))
            elif not (self.existence and self._is_free(store)):
                return None
        return replace(template, keys=tuple(keys))

    def _is_free(self, store: Store) -> bool:
        """Whether every predicate speaks of surviving terms only: then any row with such keys will do."""
        found = self._free.get(id(store))
        if found is None:
            self._stores.append(store)
            found = all(self.outer(leaf, store) is not None for held in store.holds for leaf in held.leaves)
            self._free[id(store)] = found
        return found

    def outer(self, term: Term, store: Store) -> Term | None:
        """A surviving term that equals an inner one."""
        if not term.leaves:
            return term
        canon = store.canon(term)
        if not canon.leaves:
            return canon
        return self._index(store).get(canon)

    def _index(self, store: Store) -> dict[Term, Term]:
        """The surviving term of each class of equal terms."""
        if id(store) not in self._indexes:
            self._stores.append(store)
            found: dict[Term, Term] = {}
            for inner, outer in self.survivors:
                found.setdefault(store.canon(inner), outer)
            self._indexes[id(store)] = found
        return self._indexes[id(store)]

    def limits(self, time: Term, store: Store) -> dict[Term, int]:
        """What a time inside is no later than, in terms that survive; of time that cannot be, nothing."""
        return self._limits(time, store) or {}

    def _bound(self, atom: Atom, store: Store) -> Term | None:
        """A variable that is no later than what the atom's time is known to be before."""
        assert atom.time is not None
        found = self._limits(atom.time, store)
        return ORIGIN if found is None else self._bounded(atom, found)

    def _limits(self, time: Term, store: Store) -> dict[Term, int] | None:
        """The surviving times that a time is no later than, with the offset; None where no row is like this."""
        differences = store.differences
        differences.include(inner for inner, _ in self._timed())
        if time.type == INSTANT:
            differences.include(self._next_days(store))
        reach = differences.bounds(time)
        if differences.impossible:
            return None
        found: dict[Term, int] = {}
        for inner, outer in self._timed():
            node, offset = differences.node(inner)
            if node in reach:
                found[outer] = min(reach[node] - offset, found.get(outer, reach[node] - offset))
        for start, outer in self._starts(differences, reach):
            node, offset = differences.node(start)
            if node in reach:
                found[outer] = min(reach[node] - offset, found.get(outer, reach[node] - offset))
        if ORIGIN in reach:
            found[ORIGIN] = reach[ORIGIN]
        return found

    def _starts(self, differences: Differences, reach: dict[Term, int]) -> list[tuple[Term, Term]]:
        """For surviving days of a zone: the instants at which days begin, inside and outside."""
        found: list[tuple[Term, Term]] = []
        for inner, outer in self._timed():
            if inner.type != DATE:
                continue
            base, offset = differences.node(inner)
            for node in list(reach):
                if isinstance(node, App) and node.op == "start":
                    day, at = differences.node(node.args[0])
                    if day is base:
                        begins = app("start", shift(outer, at - offset), type_=INSTANT, params=node.params)
                        found.append((node, begins))
        return found

    def _next_days(self, store: Store) -> list[Term]:
        """The beginnings of the days that survive, and of those after them, in the zones that are spoken of."""
        found: list[Term] = []
        days = [inner for inner, _ in self._timed() if inner.type == DATE]
        for zone in store.differences.zones():
            found += [app("start", day, type_=INSTANT, params=(zone,)) for day in days]
        for inner in days:
            for form in store.members(inner):
                local = form.args[0] if isinstance(form, App) and form.op == "floor" else None
                if isinstance(local, App) and local.op == "local":
                    found.append(app("start", shift(inner, DAY), type_=INSTANT, params=local.params))
        return found

    def _bounded(self, atom: Atom, limits: dict[Term, int]) -> Term | None:
        """The variable under some limits; atoms with the same limits share it."""
        if not limits:
            return None
        assert atom.time is not None
        key = (atom.time.type, frozenset(limits.items()))
        if key not in self._bounds:
            bound = Var(f"bound of {atom.relation or 'rows'}", atom.time.type, 1, is_bound=True)
            self._bounds[key] = bound
            self.facts += [Bound(bound, outer, offset) for outer, offset in limits.items()]
        return self._bounds[key]

    def _timed(self) -> list[tuple[Term, Term]]:
        """The surviving times that are there, so that they can bound anything."""
        if self._times is None:
            pairs = (*self.survivors, *self.dated)
            self._times = [(i, o) for i, o in pairs if i.is_time and self.outside.not_null(o)]
        return self._times


def _implied(located: list[Located]) -> set[int]:
    """Atoms that another one says as well: that a day of a segment has rows says that the segment has."""
    asked = [item for item in located if item.atom.exists and item.atom.time is None]
    known = [item for item in located if item.atom.exists and item.atom.time is not None]
    return {id(item) for item in asked if any(_implies(other, item) for other in known)}


def _implies(stronger: Located, weaker: Located) -> bool:
    store = weaker.store
    if not store.covers(stronger.store):
        return False
    return any(
        one.source == other.source and not other.conditions and _says(dict(one.keys), other.keys, store)
        for one in stronger.atom.exists
        for other in weaker.atom.exists
    )


def _says(known: dict[Term, Term], asked: tuple[tuple[Term, Term], ...], store: Store) -> bool:
    return all(inner in known and store.equal(known[inner], outer) for inner, outer in asked)
