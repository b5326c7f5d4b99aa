"""What a plan says besides its steps: things that tzero takes as they are, or leaves alone."""

from __future__ import annotations

from collections.abc import Iterator

from tzero.features.sources import Role
from tzero.refresh.relations import VERSIONS
from tzero.refresh.survey import Survey
from tzero.sql.names import RelationName


def notes(seen: Survey) -> tuple[str, ...]:
    return (*_undated(seen), *_orphans(seen))


def _undated(seen: Survey) -> Iterator[str]:
    """Entities of which nobody said when their rows became known."""
    rows = [
        each
        for deployment in seen.deployments
        for each in (deployment.view.rows, *(population.rows for population in deployment.view.populations))
    ]
    sources = [lookup.source for each in rows for lookup in each.lookups]
    for source in dict.fromkeys(sources):
        if source.role is not Role.ENTITY or source.known_at or source.static:
            continue
        yield (
            f"when the rows of {source} became known is not declared (known_at=): its values are used as they are, "
            f"also where they were learned after T0 ({source.place})"
        )


def _orphans(seen: Survey) -> Iterator[str]:
    own = {str(relation.name) for relation in seen.relations.values()}
    for name, recorded in seen.recorded.items():
        if name not in own and seen.engine.kind(RelationName.parse(name)) is not None:
            kept = recorded.role == VERSIONS
            left = "and goes on with it should history= come back" if kept else "drop it yourself if you want"
            yield f"{name} ({recorded.role}) is no longer declared; tzero leaves it, {left}"
