"""A feature view to its relations."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from tzero.compile.base import Base, Wanted
from tzero.compile.checks import source_checks
from tzero.compile.deployment import Deployment, Relation, RelationRole
from tzero.compile.dialects import dialect
from tzero.compile.dialects.base import Dialect
from tzero.compile.entrypoint import entrypoint_query
from tzero.compile.groups import Group, groups_of
from tzero.compile.named_rows import NamedRows, named_rows
from tzero.compile.reads import columns_read
from tzero.compile.scope import Catalog
from tzero.compile.statistics import StatisticsQuery
from tzero.errors import DeclarationError, Place
from tzero.features.expressions import Expression
from tzero.features.populations import Population
from tzero.features.rows import Rows
from tzero.features.views import FeatureView
from tzero.sql.build import identifier, relation
from tzero.sql.names import RelationName
from tzero.sql.portable import ColumnRef
from tzero.timeline import Day, Instant


def compile_view(view: FeatureView, catalog: Catalog, engine: str) -> Deployment:
    """Compile a view for an engine: the base relation, its statistics relations, the entrypoint, and source checks.

    ``catalog`` holds the columns of every source. Raises UnknownColumnError, MissingRelationError or DeclarationError
    with the place of the declaration.
    """
    return _Compiler(view, catalog, dialect(engine)).deployment()


class _Compiler:
    def __init__(self, view: FeatureView, catalog: Catalog, to: Dialect) -> None:
        self.view = view
        self.catalog = catalog
        self.dialect = to
        zones = [p.anchor.zone for p in view.populations if isinstance(p.anchor, Day)]
        self.zone = zones[0] if zones else None
        self.base = Base(view.rows, list(self._wanted_of_rows()), self.zone, catalog)
        self.groups = groups_of(view, lambda name: not self.base.shapes[self._own_name(name)].nullable)
        for population in view.populations:
            self._check_population(population)

    def deployment(self) -> Deployment:
        view = self.view
        sources = tuple(
            dict.fromkeys([view.rows.source.relation, *(lookup.source.relation for lookup in view.rows.lookups)])
        )
        key = view.rows.source.key
        relations = [
            Relation(
                view.base_relation,
                RelationRole.BASE,
                self.base.query(self.dialect, by_value=self.dialect.value_tables),
                key,
                None,
                sources,
            )
        ]
        relations += [self._statistics(group) for group in self.groups]
        query = entrypoint_query(view, self.base, self.groups, self.dialect)
        reads = (view.base_relation, *(group.relation for group in self.groups))
        relations.append(Relation(view.name, RelationRole.ENTRYPOINT, query, key, None, reads))
        rows = [view.rows, *(p.rows for p in view.populations if p.rows != view.rows)]
        checks = source_checks(rows, self.catalog, self.dialect)
        return Deployment(view, tuple(relations), checks, self._rows(), tuple(self._events()), self._reads())

    def _reads(self) -> dict[RelationName, frozenset[str]]:
        populations = [p for p in self.view.populations if p.rows != self.view.rows]
        return columns_read([self.base, *(self._population_base(population) for population in populations)])

    def _rows(self) -> NamedRows:
        keys = (name for _, statistic in self.view.statistics for name in statistic.own_keys)
        names = dict.fromkeys((*self.view.rows.source.key, *keys))
        return named_rows(self.base, relation(self.view.base_relation, "p"), names, None, self.dialect)

    def _events(self) -> Iterator[tuple[Population, NamedRows]]:
        for population in self.view.populations:
            base = self.base
            table: exp.Expr = relation(self.view.base_relation, "p")
            if population.rows != self.view.rows:
                base = self._population_base(population)
                table = base.query(self.dialect, by_value=True).subquery(alias=identifier("p"))
            statistics = [s for _, s in self.view.statistics if s.population == population]
            used = [name for s in statistics for name in (*s.keys, s.value, s.known_at)]
            source = population.rows.source
            names = dict.fromkeys(name for name in (*used, source.known_at, source.change) if name is not None)
            yield population, named_rows(base, table, names, population.where, self.dialect)

    def _statistics(self, group: Group) -> Relation:
        ctes: list[tuple[str, exp.Query]] = []
        reads = [self.view.base_relation]
        rows_table = relation(self.view.base_relation)
        if not self.dialect.value_tables:
            ctes.append(("own_rows", self.base.query(self.dialect, by_value=True)))
            rows_table = relation(RelationName(None, "own_rows"))
            reads = [*self._sources(self.view.rows)]
        base, table = self.base, rows_table
        if group.population.rows != self.view.rows:
            base = self._population_base(group.population)
            ctes.append(("population_rows", base.query(self.dialect, by_value=True)))
            table = relation(RelationName(None, "population_rows"))
            reads += self._sources(group.population.rows)
        table = table.copy()
        table.set("alias", exp.TableAlias(this=exp.to_identifier("p", quoted=True)))
        query = StatisticsQuery(group, (self.base, rows_table), (base, table), self.dialect)
        built = query.build()
        _prepend(built, ctes)
        return Relation(
            group.relation,
            RelationRole.STATISTICS,
            built,
            (query.anchor_column, *group.keys),
            group.index,
            tuple(dict.fromkeys(reads)),
        )

    def _population_base(self, population: Population) -> Base:
        zone = population.anchor.zone if isinstance(population.anchor, Day) else None
        return Base(population.rows, list(self._wanted_of_population(population)), zone, self.catalog)

    def _check_population(self, population: Population) -> None:
        base = self.base if population.rows == self.view.rows else self._population_base(population)
        for each in (base, self.base):
            if isinstance(population.anchor, Instant) and each.time_type.kind == "date":
                raise DeclarationError(
                    f"the times of {each.rows.source} are days, an instant anchor needs instants",
                    place=population.place,
                    fix="use before_day(zone=...)",
                )
        if isinstance(population.anchor, Instant) and base.time_type.kind != self.base.time_type.kind:
            raise DeclarationError(
                f"T0 is {self.base.time_type}, the events' time is {base.time_type}",
                place=population.place,
                fix="give both the same type upstream",
            )
        for _, statistic in self.view.statistics:
            if statistic.population == population:
                for name in statistic.own_keys:
                    self._check_key(name, base, statistic.place)

    def _check_key(self, name: str, base: Base, place: Place) -> None:
        own = self.base.shapes[self._own_name(name)].type
        theirs = base.shapes[base.name_of(ColumnRef(name), place)].type
        if own.kind != theirs.kind and not (own.is_exact and theirs.is_exact):
            raise DeclarationError(
                f"{name!r} is {own} in {self.view.rows.source} and {theirs} in {base.rows.source}",
                place=place,
                fix="derive columns of the same type",
            )

    def _own_name(self, name: str) -> str:
        return self.base.name_of(ColumnRef(name), self.view.place)

    def _wanted_of_rows(self) -> Iterator[Wanted]:
        for _, value in self.view.features:
            if isinstance(value, Expression):
                yield from (Wanted(ref, value.place) for ref in value.columns)
            else:
                yield from (Wanted(ColumnRef(name), value.place) for name in value.own_keys)
        for population in self.view.populations:
            if population.rows == self.view.rows:
                yield from self._wanted_of_population(population)

    def _wanted_of_population(self, population: Population) -> Iterator[Wanted]:
        if population.rows.source.known_at is not None:
            yield Wanted(ColumnRef(population.rows.source.known_at), population.place)
        if population.where is not None:
            yield from (Wanted(ref, population.where.place) for ref in population.where.columns)
        for _, statistic in self.view.statistics:
            if statistic.population == population:
                names = (*statistic.keys, statistic.value, statistic.known_at)
                yield from (Wanted(ColumnRef(name), statistic.place) for name in names if name is not None)

    @staticmethod
    def _sources(rows: Rows) -> list[RelationName]:
        return [rows.source.relation, *(lookup.source.relation for lookup in rows.lookups)]


def _prepend(query: exp.Query, ctes: list[tuple[str, exp.Query]]) -> None:
    """Put CTEs before those that the query has; their own CTEs go before them."""
    with_ = query.args["with_"]
    expressions: list[exp.Expr] = []
    for name, body in ctes:
        expressions.append(exp.CTE(this=body, alias=exp.TableAlias(this=exp.to_identifier(name, quoted=True))))
    with_.set("expressions", [*expressions, *with_.expressions])
