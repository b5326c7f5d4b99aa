"""What feature views declare, as the falsifier needs it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from tzero.features.sources import Source
from tzero.features.views import FeatureView
from tzero.prove.declarations import Declarations, Query, Relation

SESSION_ZONE = "UTC"
"""Every session of tzero is pinned to it."""


def declared_by(views: Iterable[FeatureView], view: FeatureView) -> Declarations:
    """The declarations of the entrypoint of ``view``: its own rows, and what all views say of their sources.

    >>> from tzero.features.rows import Events
    >>> sales = Events("shop.sales", key="sale_id", time="sold_at")
    >>> view = FeatureView("shop.sale_features", sales, n=sales.before_day(zone="UTC").count("brand"))
    >>> declared_by([view], view).relation("shop.sales").known
    'sold_at'
    """
    relations: dict[str, Relation] = {}
    tolerance: dict[str, timedelta] = {}
    for each in views:
        for rows in (each.rows, *(population.rows for population in each.populations)):
            for source in (rows.source, *(lookup.source for lookup in rows.lookups)):
                relation = _relation(source)
                found = relations.setdefault(relation.name, relation)
                if found.known is None and relation.known is not None:
                    relations[relation.name] = relation
                if source.sla is not None:
                    tolerance[relation.name] = source.sla
        for _, statistic in each.statistics:
            name = str(statistic.population.rows.source.relation).lower()
            if statistic.known_at is not None:
                relations[name] = _with_late(relations[name], statistic.value, statistic.known_at)
    query = Query(
        anchor=view.t0 or "t0", own=str(view.rows.source.relation).lower(), zone=SESSION_ZONE, tolerance=tolerance
    )
    return Declarations(relations, query)


def _relation(source: Source) -> Relation:
    return Relation(
        str(source.relation).lower(),
        key=source.key,
        time=source.time,
        known_at=source.known_at,
        not_null=source.never_null,
        static=source.static,
        place=source.place,
    )


def _with_late(relation: Relation, value: str | None, known_at: str) -> Relation:
    late = {known_at: known_at} | ({value: known_at} if value is not None else {})
    return replace(relation, late={**relation.late, **late})
