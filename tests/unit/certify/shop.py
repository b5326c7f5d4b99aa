"""A small store to be certified: sales of a shop, on any engine, and the subject of its feature view."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from tests.servers import fresh_database, versions

from tzero.certify.subject import Subject
from tzero.engines.base import Engine
from tzero.engines.targets import Target, open_engine
from tzero.features.expressions import column, vocabulary
from tzero.features.rows import Events
from tzero.features.views import FeatureView
from tzero.project.certifying import subject_of
from tzero.project.config import Config
from tzero.refresh.declared import Declared
from tzero.refresh.performing import perform
from tzero.refresh.planning import plan_apply, plan_refresh
from tzero.sql.names import RelationName
from tzero.state.schema import StateSchema

ENGINES = ["duckdb", *map(str, versions()[-1:])]
VIEW = RelationName.parse("shop.features")
TABLE = """
CREATE TABLE raw.sales AS
SELECT i AS id, TIMESTAMP '2024-01-01' + (i * 5) * INTERVAL '1 hour' AS sold_at, 'b' || (i % 3) AS brand,
  CASE i % 4 WHEN 0 THEN 'red' WHEN 1 THEN 'blue' WHEN 2 THEN 'pink' END AS color, i % 7 AS price
FROM {series}
"""
SERIES = {"duckdb": "range(1, 121) AS r(i)", "postgres": "generate_series(1, 120) AS r(i)"}


def declared(*, history: bool = False) -> Declared:
    sales = Events("raw.sales", key="id", time="sold_at", history=history)
    rows = sales.derive(shade=vocabulary("color", ["red", "blue"]))
    before = rows.before_day(zone="UTC")
    view = FeatureView(
        str(VIEW),
        rows,
        price=column("price"),
        brand_n=before.count("brand"),
        brand_shade_n=before.count(("brand", "shade")),
        shade_share=before.share("shade", within="brand", alpha=0.5),
    )
    return Declared((view,))


@dataclass
class Shop:
    """The store, and what tests do to it."""

    engine: Engine
    declared: Declared
    config: Config

    @property
    def state(self) -> StateSchema:
        return StateSchema(self.engine, self.declared.state_schema)

    def subject(self, **changed: object) -> Subject:
        return replace(subject_of(Path(), self.config, self.declared, self.engine, VIEW), **changed)

    def apply(self) -> None:
        perform(plan_apply(self.declared, self.engine), self.state, lambda *_: None)

    def refresh(self) -> None:
        perform(plan_refresh(self.declared, self.engine), self.state, lambda *_: None)

    def run(self, *statements: str) -> None:
        for statement in statements:
            self.engine.execute(statement)

    @property
    def on_postgres(self) -> bool:
        return self.engine.dialect == "postgres"


def open_shop(engine: str, config: Config | None = None) -> Shop:
    url = "duckdb://" if engine == "duckdb" else fresh_database(int(engine))
    opened = open_engine(Target.parse(url, Path()), read_only=False)
    opened.execute("CREATE SCHEMA raw")
    opened.execute(TABLE.format(series=SERIES[opened.dialect]))
    shop = Shop(opened, declared(), config or Config(name="shop"))
    shop.apply()
    return shop
