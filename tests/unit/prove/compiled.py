"""The closures that the compiler makes of the starters, and what the starters declare of their sources."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from tzero.compile import compile_view
from tzero.engines.base import Engine
from tzero.falsify import declared_by
from tzero.features.types import ColumnType
from tzero.features.views import FeatureView
from tzero.project.loading import load_views
from tzero.prove import Declarations
from tzero.sql.names import RelationName
from tzero.starters.device_meta.market import Market
from tzero.starters.flights import data

Catalog = Mapping[RelationName, dict[str, ColumnType]]
RAW = {
    "device_meta": {name: schema for name, schema in Market(10, 10).tables().items() if name.startswith("raw.")},
    "flights": {name: file.schema for name, file in data.TABLES.items()},
}


@dataclass(frozen=True)
class Closure:
    """A starter's view, the queries of its relations in the order in which they are built, and its declarations."""

    view: FeatureView
    queries: Mapping[str, str]
    declarations: Declarations
    stored: frozenset[str]

    @property
    def entrypoint(self) -> str:
        return list(self.queries)[-1]

    def views(self, queries: Mapping[str, str] | None = None) -> dict[str, str]:
        """What the entrypoint reads; the same of other texts of it."""
        return {name: sql for name, sql in (queries or self.queries).items() if name != self.entrypoint}


def upstream(starter: str) -> dict[str, str]:
    """The SQL of each upstream relation, by name, as the starter's demonstration builds it."""
    folder = files("tzero.starters").joinpath(starter)
    listed = tomllib.loads(folder.joinpath("upstream", "upstream.toml").read_text())["upstream"]
    return {item["relation"]: folder.joinpath(item["sql"]).read_text() for item in listed}


def build_sources(starter: str, engine: Engine) -> Catalog:
    """The starter's sources without rows in an empty database, and the types that they have there."""
    for schema in dict.fromkeys(name.split(".")[0] for name in (*RAW[starter], *upstream(starter))):
        for statement in engine.schema_statements(schema):
            engine.execute(statement.sql)
    for name, columns in RAW[starter].items():
        engine.load(RelationName.parse(name), columns.empty_table().to_reader())
    found = {}
    for name, sql in upstream(starter).items():
        engine.execute(f"CREATE TABLE {name} AS {sql}")
        described = engine.describe(RelationName.parse(name))
        assert described is not None
        found[RelationName.parse(name)] = {c.name: ColumnType.parse(c.type) for c in described.columns}
    return found


def closure(starter: str, dialect: str, catalog: Catalog, folder: Path | None = None) -> Closure:
    """The starter, or its declarations in a folder, compiled for a dialect.

    A looked-up entity that declares no known-at is taken as it is: static, which the proof prints.
    """
    root = folder or Path(str(files("tzero.starters").joinpath(starter, "project")))
    (view,) = load_views(root, [f"{starter}.py"])
    relations = compile_view(view, catalog, dialect).relations
    declared = declared_by([view], view)
    typed = {
        name: replace(
            relation,
            columns={c: str(type_) for c, type_ in catalog[RelationName.parse(name)].items()},
            static=relation.known is None,
        )
        for name, relation in declared.relations.items()
    }
    return Closure(
        view,
        {str(relation.name): relation.query.sql(dialect) for relation in relations},
        replace(declared, relations=typed),
        frozenset(str(relation.name) for relation in relations if relation.is_stored),
    )
