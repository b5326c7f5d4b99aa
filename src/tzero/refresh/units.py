"""What a refresh commits at once: the smallest sets of stored relations that no reader may see half renewed.

A view joins its statistics with rows of upstream relations. Were one of them new and the other old, its newest rows
would lack their statistics: what one view reads is committed together. Everything else is committed by itself, and a
run that stops later does not do it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tzero.compile import Deployment
from tzero.refresh.relations import OwnRelation
from tzero.sql.names import RelationName

Owned = Mapping[RelationName, OwnRelation]


@dataclass(frozen=True, slots=True)
class Unit:
    """Stored relations, in an order in which each comes after those that it reads, and the views that read them."""

    relations: tuple[RelationName, ...]
    deployments: tuple[Deployment, ...]


def units(own: Owned, deployments: Sequence[Deployment]) -> tuple[Unit, ...]:
    """All stored relations, each in one unit; a unit comes after those that it reads."""
    needs = [stored_beneath([deployment.entrypoint.name], own) for deployment in deployments]
    groups = _ordered(_merged([*needs, *({name} for name, relation in own.items() if relation.stored)]), own)
    found = [
        Unit(
            tuple(name for name in own if name in group),
            tuple(d for d, needed in zip(deployments, needs, strict=True) if needed and needed <= group),
        )
        for group in groups
    ]
    # a view over nothing that is stored has sources to be checked all the same
    alone = tuple(d for d, needed in zip(deployments, needs, strict=True) if not needed)
    return (*found, Unit((), alone)) if alone else tuple(found)


def stored_beneath(names: Iterable[RelationName], own: Owned) -> frozenset[RelationName]:
    """The stored relations among some, or that they read through views."""
    found: set[RelationName] = set()
    waiting = [name for name in names if name in own]
    while waiting:
        relation = own[waiting.pop()]
        if relation.stored:
            found.add(relation.name)
        else:
            waiting += [name for name in relation.reads if name in own]
    return frozenset(found)


def _merged(sets: Iterable[Iterable[RelationName]]) -> list[frozenset[RelationName]]:
    """Sets that share a relation become one."""
    groups: list[frozenset[RelationName]] = []
    for item in map(frozenset, sets):
        if item:
            touching = [group for group in groups if group & item]
            groups = [group for group in groups if not group & item]
            groups.append(item.union(*touching))
    return groups


def _ordered(groups: list[frozenset[RelationName]], own: Owned) -> list[frozenset[RelationName]]:
    """Each after those that it reads. Groups that read each other, which relations cannot, become one."""
    place = {name: at for at, name in enumerate(own)}
    waiting = sorted(groups, key=lambda group: min(place[name] for name in group))
    done: list[frozenset[RelationName]] = []
    while waiting:
        known = frozenset[RelationName]().union(*done)
        ready = next((group for group in waiting if _reads(group, own) <= known | group), None)
        if ready is None:
            return [*done, frozenset[RelationName]().union(*waiting)]
        done.append(ready)
        waiting.remove(ready)
    return done


def _reads(group: Iterable[RelationName], own: Owned) -> frozenset[RelationName]:
    return stored_beneath((read for name in group for read in own[name].reads), own)
