"""Nothing in a declaration may depend on the session's time zone, its date style, or a text that becomes a clock."""

from __future__ import annotations

import pytest

from tzero.compile.compiler import compile_view
from tzero.errors import ExpressionError
from tzero.features.expressions import columns
from tzero.features.rows import Events
from tzero.features.types import ColumnType
from tzero.features.views import FeatureView
from tzero.sql.names import RelationName

TYPES = {"id": "integer", "at": "timestamptz", "naive": "timestamp", "day": "date", "txt": "text"}
CATALOG = {RelationName(None, "sales"): {name: ColumnType(kind) for name, kind in TYPES.items()}}


def compiled(sql: str) -> str:
    rows = Events("sales", key="id", time="at").derive(x=sql)
    deployment = compile_view(FeatureView("v", rows, *columns("x")), CATALOG, "duckdb")
    return deployment.relations[0].query.sql("duckdb")


@pytest.mark.parametrize("sql", [
    "at::date", "at::timestamp", "at::text", "at::date::text", "at || 'x'", "extract(hour from at)",
    "at > '2024-01-01'", "at > naive", "at <= day", "coalesce(at, naive) is null", "greatest(at, day) is null",
    "at in ('2024-01-01')",
    "at between naive and naive", "nullif(at, naive) is null", "case when true then at else naive end is null",
    "case at when naive then 1 end", "seconds_between(at, naive)",
])  # fmt: skip
def test_time_zone_of_the_session(sql: str) -> None:
    with pytest.raises(ExpressionError, match="depends on the session's time zone") as caught:
        compiled(sql)
    assert caught.value.place is not None
    assert caught.value.place.file == __file__
    assert "AT TIME ZONE 'UTC'" in (caught.value.fix or "")


@pytest.mark.parametrize("sql", [
    "txt::date", "txt::timestamp", "'now'::text::date", "naive < 'today'", "day = txt",
    "naive in ('2024-01-01', 'now')", "coalesce(naive, 'now') is null",
    "day between 'yesterday' and 'tomorrow'", "least(day, txt) is null",
])  # fmt: skip
def test_texts_that_become_times(sql: str) -> None:
    with pytest.raises(ExpressionError, match="makes a time of a text"):
        compiled(sql)


@pytest.mark.parametrize("sql", ["naive::text", "day::text", "'x' || day"])
def test_style_of_the_session(sql: str) -> None:
    with pytest.raises(ExpressionError, match="in the session's own style"):
        compiled(sql)


@pytest.mark.parametrize("sql", [
    "(at at time zone 'UTC')::date", "extract(hour from (at at time zone 'Europe/Oslo'))",
    "naive > '2024-01-31 09:30'",
    "day > '2024-01-31'", "'2024-01-31'::date", "naive::date", "day::timestamp", "naive > day", "at = at",
    "at > '2024-01-31'::timestamp at time zone 'UTC'", "coalesce(at, null) is null", "txt || 'x'",
    "txt > '2024-01-31'",
    "seconds_between(naive, naive)", "case when naive is null then 'now' else txt end",
])  # fmt: skip
def test_what_no_session_can_change(sql: str) -> None:
    assert compiled(sql)
