"""Count what the vocabularies of a project meet in the data."""

from __future__ import annotations

from collections.abc import Iterator

from tzero.compile import VocabularyCheck, vocabulary_checks
from tzero.errors import EngineError
from tzero.features.expressions import Expression
from tzero.refresh.coverage import Coverage
from tzero.refresh.declared import Declared, sources_of
from tzero.refresh.survey import Survey

MOST_ROWS = 20_000
"""Rows of a source that are looked at."""


def has_vocabularies(declared: Declared) -> bool:
    """Whether there is anything to count."""
    return any(isinstance(value, Expression) and value.listed for value in _values(declared))


def _values(declared: Declared) -> Iterator[object]:
    for view in declared.views:
        rows = (view.rows, *(population.rows for population in view.populations))
        yield from (value for each in rows for _, value in each.derived)
        yield from (value for _, value in view.features)


def coverage(seen: Survey) -> tuple[Coverage, ...]:
    """The coverage of each vocabulary whose sources are there already and may be read; writes nothing."""
    checks: dict[tuple[object, ...], VocabularyCheck] = {}
    for view in seen.declared.views:
        sources = sources_of(view)
        if any(source.relation in seen.dirty for source in sources):
            continue
        catalog = seen.prospect.catalog(sources)
        for check in vocabulary_checks(view, catalog, seen.engine.dialect, MOST_ROWS):
            checks.setdefault((check.name, check.source, check.value), check)
    return tuple(found for check in checks.values() if (found := _measured(check, seen)) is not None)


def _measured(check: VocabularyCheck, seen: Survey) -> Coverage | None:
    try:
        counted = seen.engine.rows(check.query)
    except EngineError:
        # it is a note: what cannot be read is told by whatever needs it
        return None
    return Coverage.of(
        check.name,
        check.column,
        check.source,
        check.value.place,
        frozenset(check.value.listed),
        [(value, number) for value, number in counted],
    )
