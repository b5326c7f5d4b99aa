"""What a vocabulary meets in the data, as queries that count the rows of each value of the column that it reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlglot import exp

from tzero.compile.base import Base
from tzero.compile.dialects import dialect
from tzero.compile.dialects.base import Dialect
from tzero.compile.scope import Catalog
from tzero.errors import Place
from tzero.features.expressions import Expression
from tzero.features.rows import Rows
from tzero.features.views import FeatureView
from tzero.sql.build import alias, cast, count_all, identifier, integer, named, quoted_column, relation, with_ctes
from tzero.sql.names import RelationName

_SAMPLE, _VALUE = "t0_sample", "t0_value"


@dataclass(frozen=True, slots=True)
class VocabularyCheck:
    """A vocabulary by the ``name`` of its column, and the ``source`` of the rows whose ``column`` it folds.

    ``query`` yields each value of that column, as text, with its number of rows.
    """

    name: str
    column: str
    source: RelationName
    value: Expression
    query: exp.Query

    @property
    def place(self) -> Place:
        return self.value.place


def vocabulary_checks(view: FeatureView, catalog: Catalog, engine: str, most: int) -> tuple[VocabularyCheck, ...]:
    """A check for each vocabulary of a view, over at most so many of its rows."""
    to = dialect(engine)
    counted = (population.rows for population in view.populations)
    # all versions of some rows tell no more of a vocabulary than the rows themselves
    rows = [view.rows, *(each for each in counted if each != view.rows and each.source.change is None)]
    used = [found for each in rows for found in _derived(each)]
    used += [
        (name, value, view.rows) for name, value in view.features if isinstance(value, Expression) and value.listed
    ]
    return tuple(_check(name, value, each, catalog, to, most) for name, value, each in dict.fromkeys(used))


def _derived(rows: Rows) -> Iterator[tuple[str, Expression, Rows]]:
    """The vocabularies among derived columns, each with the rows as they were before it: a name may be used again."""
    for position, (name, value) in enumerate(rows.derived):
        if value.listed:
            yield name, value, replace(rows, derived=rows.derived[:position], relation=None)


def _check(name: str, value: Expression, rows: Rows, catalog: Catalog, to: Dialect, most: int) -> VocabularyCheck:
    (column,) = value.columns
    read = Expression(str(column), value.place, quoted_column(column.name, column.relation))
    base = Base(replace(rows, derived=(*rows.derived, (_VALUE, read))), [], None, catalog)
    sampled: exp.Expr = base.query(to, by_value=False)
    events = rows.source.relation
    if all(lookup.source.relation != events for lookup in rows.lookups):
        sampled = sampled.transform(lambda node: _from_sample(node, events))
    sample = exp.select("*").from_(relation(events)).limit(most)
    shown = alias(cast(quoted_column(_VALUE), "text"), "value")
    query = exp.select(shown, alias(count_all(), "n")).from_(
        exp.Subquery(this=sampled, alias=exp.TableAlias(this=identifier("q")))
    )
    return VocabularyCheck(name, str(column), events, value, with_ctes(query.group_by(integer(1)), [(_SAMPLE, sample)]))


def _from_sample(node: exp.Expr, events: RelationName) -> exp.Expr:
    if not isinstance(node, exp.Table) or node != relation(events, node.alias or None):
        return node
    found = named(_SAMPLE)
    found.set("alias", node.args.get("alias"))
    return found
