"""A minimum of a group that a row at hand is in: ``LEAST`` of it and of that row's own time, which is what it is.

``MIN(k)`` says by itself only that it is known at the minimum. Beside a row of the group it is no later than that row's
time, so it is settled by the rows before: where there are none, it is the row's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tzero.prove.domain.existence import settled_by
from tzero.prove.domain.facts import Fact, Le
from tzero.prove.domain.label import Template
from tzero.prove.domain.row import Row
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import Term, app, substitute

if TYPE_CHECKING:
    from tzero.prove.transfer.interpreter import Interpreter

Said = tuple[dict[str, Term], list[Fact]]


def attained(
    interpreter: Interpreter, left: Row, columns: dict[str, Term], store: Store, *, plain: bool = False
) -> Said:
    """Columns of a joined group, and what is known of them; ``store`` holds of the pair that matched.

    ``plain``: only of groups of all rows with such keys, as the pair is there whatever was asked of them.
    """
    minima = interpreter.labels.minima
    if type(columns) is not dict or not minima:
        return columns, []
    facts: list[Fact] = []
    exchanged: dict[Term, Term] = {}
    for minimum in {leaf for term in columns.values() for leaf in term.leaves if leaf in minima}:
        own = next(_values(minima[minimum], left, store, plain=plain), None)
        if own is not None:
            least = app("least", minimum, own, type_=minimum.type)
            exchanged[minimum] = least
            facts += [Le(minimum, own), Le(least, minimum), Le(minimum, least)]
    return {name: substitute(term, exchanged.get) for name, term in columns.items()}, facts


def _values(witnesses: tuple[tuple[Template, Term], ...], left: Row, store: Store, *, plain: bool) -> Iterator[Term]:
    """The own times of rows at hand that are in the group."""
    for template, value in witnesses:
        if plain and template.conditions:
            continue
        for occurrence in left.occurrences:
            if next(settled_by(template, (occurrence,), store), None) is None:
                continue
            mine = dict(occurrence.columns)
            own = substitute(value, {inner: mine[name] for name, inner in template.columns if name in mine}.get)
            if own.type == value.type and store.not_null(own) and not own.leaves & value.leaves:
                yield own
