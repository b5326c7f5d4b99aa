"""Text work happens on distinct values, and gives what it gives row by row."""

from __future__ import annotations

import duckdb
import pytest

from tzero import Entity, Events, column, vocabulary
from tzero.compile.base import Base, Wanted
from tzero.compile.dialects import dialect
from tzero.features.types import ColumnType
from tzero.sql.names import RelationName
from tzero.sql.portable import ColumnRef
from tzero.sql.render import render

TITLES = ["Pro  MAX", " pro", None, "", "Mini'; --", "ÆØÅ 13", "pro\tmax", "100%", "a_b"]


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    found = duckdb.connect()
    found.execute('CREATE TABLE items (id INTEGER, "at" TIMESTAMP, title VARCHAR, other VARCHAR)')
    for number in range(40):
        values = [number, f"2026-01-{number % 28 + 1:02}", TITLES[number % len(TITLES)], TITLES[number // 5]]
        found.execute("INSERT INTO items VALUES (?, ?, ?, ?)", values)
    found.execute("CREATE TABLE extras AS SELECT id, title AS tag FROM items WHERE id % 3 > 0")
    return found


def base() -> Base:
    text = {"id": "integer", "title": "text", "other": "text", "at": "timestamp", "tag": "text"}
    types = {name: ColumnType.parse(kind) for name, kind in text.items()}
    rows = (
        Events("items", key="id", time="at")
        .lookup(Entity("extras", key="id"))
        .derive(
            _norm=r"lower(regexp_replace(title, '\s+', ' ', 'g'))",
            variant="""CASE WHEN _norm IS NULL OR _norm = '' THEN 'none'
                WHEN _norm LIKE '%pro max%' THEN 'pro_max' ELSE 'rest' END""",
            tagged=vocabulary("tag", ["100%", "a_b", "c", "d"]),
            both="lower(title) = lower(other)",
            again="upper(variant)",
        )
    )
    catalog = {
        RelationName(None, "items"): {name: types[name] for name in ("id", "at", "title", "other")},
        RelationName(None, "extras"): {name: types[name] for name in ("id", "tag")},
    }
    return Base(rows, [Wanted(ColumnRef("other"), column("other").place)], "UTC", catalog)


def test_by_value_and_by_row_agree(connection: duckdb.DuckDBPyConnection) -> None:
    by_row, by_value = (render(base().query(dialect("duckdb"), by_value=how), "duckdb") for how in (False, True))
    first = connection.sql(f"FROM ({by_row}) ORDER BY id").fetchall()
    assert first == connection.sql(f"FROM ({by_value}) ORDER BY id").fetchall()
    assert len(first) == 40
    names = connection.sql(f"DESCRIBE {by_row}").fetchall()
    assert [name for name, *_ in names] == [
        "id", "t0", "t0_day", "variant", "tagged", "both", "again", "other",
    ]  # fmt: skip
    assert {row[3] for row in first} == {"none", "pro_max", "rest"}
    assert {row[4] for row in first} == {"100%", "a_b", "_MISSING", "_OTHER"}


def test_only_functions_of_one_text_column_get_a_table() -> None:
    query = base().query(dialect("duckdb"), by_value=True)
    names = [cte.alias for cte in query.ctes]
    assert names == ["e_values_1", "l1_values_2"]
    assert "both" not in query.ctes[0].this.named_selects
    assert set(query.ctes[0].this.named_selects) >= {"value", "variant", "again"}
