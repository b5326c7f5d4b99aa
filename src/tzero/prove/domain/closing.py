"""Closing: what a row's atoms say to somebody who cannot see the row's own terms any more.

An aggregate, an anti join or a window looks at *all* rows that meet some condition. What is known of the time of each
of them, in terms that survive, bounds the time by which the set of them is complete.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from tzero.prove.domain.facts import Bound, Fact
from tzero.prove.domain.label import Atom, Kind, Located, Origin, Template
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import ORIGIN, Term, Var


@dataclass
class Closing:
    """What survives: pairs of a term inside and the term outside that equals it, and whole underlying rows.

    ``facts`` collects what is to be assumed of the new variables outside.
    """

    survivors: list[tuple[Term, Term]]
    outside: Store
    parts: frozenset[int] = frozenset()
    extra: tuple[Template, ...] = ()
    origin: Origin | None = None
    facts: list[Fact] = field(default_factory=list)
    _memo: dict[tuple[Atom, int], Atom] = field(default_factory=dict)
    _indexes: dict[int, dict[Term, Term]] = field(default_factory=dict)
    _stores: list[Store] = field(default_factory=list)

    def close(self, located: Iterable[Located]) -> tuple[Atom, ...]:
        """The atoms, in terms that survive."""
        found: dict[Atom, None] = {}
        for item in located:
            active = item.active()
            if active is not None:
                found[self._close(active)] = None
        return tuple(found)

    def _close(self, item: Located) -> Atom:
        key = (item.atom, id(item.store))
        if key not in self._memo:
            self._stores.append(item.store)
            self._memo[key] = self._closed(item)
        return self._memo[key]

    def _closed(self, item: Located) -> Atom:
        atom = item.atom
        survives = atom.part in self.parts
        kind = Kind.COMPLETE if atom.kind in (Kind.ROW, Kind.LATE, Kind.EXISTS) and not survives else atom.kind
        exists = tuple(t for t in (self._template(t, item.store) for t in atom.exists) if t is not None)
        time = None if atom.time is None else self._bound(atom, item.store)
        origin = self.origin if self.origin and kind is not atom.kind else atom.origin
        return replace(
            atom, origin=origin, kind=kind, time=time, part=atom.part if survives else 0,
            if_null=None, if_not_null=None, exists=exists + (() if survives else self.extra),
        )  # fmt: skip

    def _template(self, template: Template, store: Store) -> Template | None:
        keys = []
        for inner, term in template.keys:
            outer = self.outer(term, store)
            if outer is None:
                return None
            keys.append((inner, outer))
        return replace(template, keys=tuple(keys))

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

    def _bound(self, atom: Atom, store: Store) -> Term | None:
        """A variable that is no later than what the atom's time is known to be before."""
        time = atom.time
        assert time is not None
        differences = store.differences
        differences.include(inner for inner, _ in self.survivors if inner.is_time)
        reach = differences.bounds(time)
        if differences.impossible:
            return ORIGIN
        bound = Var(f"bound of {atom.relation or 'rows'}", time.type, 1, is_bound=True)
        found: list[Fact] = []
        for inner, outer in self.survivors:
            if not inner.is_time or not self.outside.not_null(outer):
                continue
            node, offset = differences.node(inner)
            if node in reach:
                found.append(Bound(bound, outer, reach[node] - offset))
        if ORIGIN in reach:
            found.append(Bound(bound, ORIGIN, reach[ORIGIN]))
        self.facts += found
        return bound if found else None
