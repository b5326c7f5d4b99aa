"""A bench in a database that is given: temporary tables of its session, gone with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tzero.engines.base import Engine
from tzero.engines.catalog import ColumnInfo
from tzero.falsify.bench import Bench, type_of
from tzero.falsify.rewrite import literal
from tzero.falsify.tables import Table
from tzero.falsify.world import Row
from tzero.sql.names import RelationName
from tzero.sql.parse import parse_one
from tzero.sql.render import quoted


class TemporaryBench(Bench):
    """Tables without a schema, in front of all others. The engine stays open: it is not ours."""

    def __init__(
        self, engine: Engine, tables: Sequence[Table], views: Mapping[str, str], dialect: str, setup: Iterable[str] = ()
    ) -> None:
        super().__init__(tables, views, dialect, setup, engine)

    def close(self) -> None:
        for table in self.tables:
            self.engine.execute(f"DROP TABLE IF EXISTS pg_temp.{self.place(table.name)} CASCADE")

    def columns(self, sql: str) -> tuple[ColumnInfo, ...]:
        return self.engine.describe_query(parse_one(sql, "postgres"))

    def use_threads(self, number: int) -> None:
        self.engine.execute(f"SET max_parallel_workers_per_gather = {number - 1}")

    def place(self, name: str) -> str:
        return quoted(RelationName.parse(name).name, self.engine.dialect)

    def create(self, views: Mapping[str, str], dialect: str, setup: Iterable[str]) -> None:
        self.engine.execute("SET search_path = pg_temp")
        for table in self.tables:
            columns = ", ".join(
                f"{quoted(column, self.engine.dialect)} {type_of(table, column, dialect, self.engine.dialect)}"
                for column in table.kinds
            )
            self.engine.execute(f"CREATE TEMPORARY TABLE {self.place(table.name)} ({columns})")
        for statement in setup:
            self.engine.execute(statement)
        self.create_views("CREATE TEMPORARY VIEW", dict(views))

    def fill(self, table: Table, rows: list[Row]) -> None:
        self.engine.execute(f"TRUNCATE {self.place(table.name)}")
        if rows:
            values = ", ".join("(" + ", ".join(literal(row[column]) for column in table.kinds) + ")" for row in rows)
            self.engine.execute(f"INSERT INTO {self.place(table.name)} VALUES {values}")
