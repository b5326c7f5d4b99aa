"""Which part of the runbook to run: ``name``, ``+name`` with all that it reads, ``name+`` with all that reads it.

Names are those of relations, qualified or bare, sources included, or the contract of a view.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tzero.errors import UsageError
from tzero.features.suggest import nearest
from tzero.refresh.survey import Survey
from tzero.sql.names import RelationName

_SELECTOR = re.compile(r"(?P<up>\+?)(?P<name>[^+]+)(?P<down>\+?)")
Reads = Mapping[RelationName, frozenset[RelationName]]


@dataclass(frozen=True, slots=True)
class Selection:
    """``only`` these relations, and ``start`` no earlier in the runbook than with one of these; empty: all of it."""

    only: tuple[str, ...] = ()
    start: tuple[str, ...] = ()

    def of(self, seen: Survey, order: Sequence[RelationName]) -> tuple[RelationName, ...]:
        """The selected ones of the stored relations, which are given in the order of the runbook.

        Raises UsageError for a selector that means nothing, or nothing that is stored.
        """
        graph = _Graph(seen, order)
        chosen = [name for name in order if not self.only or name in graph.stored(self.only)]
        if not self.start:
            return tuple(chosen)
        first = min(order.index(name) for name in graph.stored(self.start))
        return tuple(name for name in chosen if name in order[first:])


class _Graph:
    def __init__(self, seen: Survey, order: Sequence[RelationName]) -> None:
        self._order = frozenset(order)
        self._reads: Reads = {name: frozenset(own.reads) for name, own in seen.relations.items()}
        self._contracts = {view.contract: view.name for view in seen.declared.views}

    def stored(self, selectors: Iterable[str]) -> frozenset[RelationName]:
        found: frozenset[RelationName] = frozenset()
        for selector in (part for text in selectors for part in text.split()):
            selected = self._selected(selector) & self._order
            if not selected:
                raise UsageError(
                    f"{selector!r} selects nothing that is refreshed",
                    fix=f"write +{selector.strip('+')} for what it reads, {selector.strip('+')}+ for what reads it",
                )
            found |= selected
        return found

    def _selected(self, selector: str) -> frozenset[RelationName]:
        parts = _SELECTOR.fullmatch(selector)
        if parts is None:
            raise UsageError(f"{selector!r} is no selector", fix="write name, +name, name+ or +name+")
        name = self._named(parts["name"])
        readers = {read: frozenset(n for n, reads in self._reads.items() if read in reads) for read in self._all()}
        return (
            frozenset({name})
            | (_reachable(name, self._reads) if parts["up"] else frozenset())
            | (_reachable(name, readers) if parts["down"] else frozenset())
        )

    def _named(self, text: str) -> RelationName:
        every = self._all()
        found = [name for name in every if text in (str(name), name.name)]
        if not found and text in self._contracts:
            return self._contracts[text]
        if not found:
            known = dict.fromkeys([*(str(name) for name in every), *(name.name for name in every), *self._contracts])
            raise UsageError(f"there is no relation {text!r} in this store", fix=nearest(text, known))
        if len(found) > 1:
            raise UsageError(f"{text!r} means {len(found)} relations", fix=f"write {' or '.join(map(str, found))}")
        return found[0]

    def _all(self) -> list[RelationName]:
        return list(dict.fromkeys([*self._reads, *(name for reads in self._reads.values() for name in reads)]))


def _reachable(name: RelationName, edges: Reads) -> frozenset[RelationName]:
    found: set[RelationName] = set()
    waiting = [name]
    while waiting:
        news = edges.get(waiting.pop(), frozenset()) - found
        found |= news
        waiting += news
    return frozenset(found)
