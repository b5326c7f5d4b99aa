"""Rows loaded and read in the binary format of COPY are the rows that were given: as through CSV, and as in Arrow."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.servers import fresh_database, versions

from tzero.engines import postgres_copy, postgres_types
from tzero.engines.base import Engine
from tzero.engines.targets import Target, open_engine
from tzero.errors import EngineError, SourceError
from tzero.sql.names import RelationName

pytestmark = pytest.mark.skipif(not versions(), reason="no PostgreSQL server is installed")
TABLE = RelationName("bulk", "t")
MOMENT = dt.datetime(2026, 11, 26, 10, 30, 0, 123456)
COLUMNS: dict[str, tuple[pa.DataType, list[Any]]] = {
    "tiny": (pa.int8(), [-128, None, 127, 0]),
    "small": (pa.int16(), [-32768, None, 32767, 0]),
    "byte": (pa.uint8(), [0, 255, None, 1]),
    "word": (pa.uint16(), [0, 65535, None, 1]),
    "wide": (pa.uint32(), [0, 2**32 - 1, None, 1]),
    "number": (pa.int32(), [-(2**31), 2**31 - 1, None, 0]),
    "big": (pa.int64(), [-(2**63), 2**63 - 1, None, 0]),
    "short": (pa.float32(), [1.5, float("inf"), None, -0.0]),
    "double": (pa.float64(), [0.1, float("-inf"), None, 5e-324]),
    "yes": (pa.bool_(), [True, False, None, True]),
    "day": (pa.date32(), [dt.date(1, 1, 1), dt.date(9999, 12, 31), None, dt.date(1999, 12, 31)]),
    "moment": (pa.timestamp("us"), [MOMENT, None, dt.datetime(1, 1, 1), dt.datetime(1999, 12, 31, 23, 59, 59, 999999)]),
    "instant": (pa.timestamp("us", "UTC"), [MOMENT.replace(tzinfo=dt.UTC), None, None, None]),
    "money": (pa.decimal128(10, 2), [Decimal("99999999.99"), Decimal("-0.01"), None, Decimal("0.00")]),
    "long": (pa.decimal128(38, 0), [Decimal(10**38 - 1), Decimal(1 - 10**38), None, Decimal(10_000)]),
    "fine": (pa.decimal128(38, 37), [Decimal("9." + "9" * 37), Decimal("-1E-37"), None, Decimal("0E-37")]),
    "text": (pa.string(), ["", None, 'a "b",\n\\N\t\\.', "ü€😀" * 100]),
    "other text": (pa.string(), [None, "x", "", "\x01\x7f'"]),
    "last": (pa.int32(), [None, 1, 2, None]),
}
FULL = pa.table({name: pa.array(values, kind) for name, (kind, values) in COLUMNS.items()})
OTHERS: dict[str, tuple[pa.DataType, pa.DataType, list[Any]]] = {
    "unsigned": (pa.uint64(), pa.decimal128(20, 0), [0, 2**64 - 1, None]),
    "half": (pa.float16(), pa.float64(), [1.5, float("-inf"), None]),
    "milliseconds": (pa.date64(), pa.date32(), [dt.date(2026, 2, 28), None, dt.date(1969, 12, 31)]),
    "seconds": (pa.timestamp("s"), pa.timestamp("us"), [dt.datetime(2026, 1, 1), None, dt.datetime(1, 1, 1)]),
    "nanoseconds": (pa.timestamp("ns", "UTC"), pa.timestamp("us", "UTC"), [1_700_000_000_123_456_000, None, 0]),
    "code": (pa.dictionary(pa.int8(), pa.string()), pa.string(), ["a", None, "a"]),
    "large": (pa.large_string(), pa.string(), ["ü", None, ""]),
    "view": (pa.string_view(), pa.string(), ["longer than a view keeps inline", None, "b"]),
    "nothing": (pa.null(), pa.string(), [None, None, None]),
}
"""Types that PostgreSQL has not, and as what they come back."""


@pytest.fixture(params=versions()[-1:])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    found = open_engine(Target.parse(fresh_database(request.param), Path()), read_only=False)
    found.execute("CREATE SCHEMA bulk")
    yield found
    found.close()


def loaded(engine: Engine, rows: pa.Table, *, append: bool = False) -> pa.Table:
    assert engine.load(TABLE, rows.to_reader(), append=append) == rows.num_rows
    return engine.arrow("SELECT * FROM bulk.t").read_all()


def through_csv(engine: Engine, rows: pa.Table, monkeypatch: pytest.MonkeyPatch) -> pa.Table:
    engine.execute("DROP TABLE IF EXISTS bulk.t")
    with monkeypatch.context() as patch:
        patch.setattr(postgres_types, "taken_as", lambda *_: None)
        patch.setattr(postgres_copy, "write", None)
        return loaded(engine, rows)


def read(engine: Engine, sql: str) -> list[Any]:
    return engine.arrow(sql).read_all().column(0).to_pylist()


def test_every_type_comes_back(engine: Engine) -> None:
    assert loaded(engine, FULL).to_pylist() == FULL.to_pylist()


def test_csv_gives_the_same(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert loaded(engine, FULL).equals(through_csv(engine, FULL, monkeypatch))


def test_a_piece_of_a_batch(engine: Engine) -> None:
    assert loaded(engine, FULL.slice(1, 2)).to_pylist() == FULL.slice(1, 2).to_pylist()


def test_types_that_postgresql_has_not(engine: Engine) -> None:
    rows = pa.table({name: pa.array(values, kind) for name, (kind, _, values) in OTHERS.items()})
    back = pa.table({name: pa.array(rows[name].combine_chunks().cast(kind)) for name, (_, kind, _) in OTHERS.items()})
    assert loaded(engine, rows).equals(back)


@pytest.mark.parametrize("seed", range(4))
def test_random_rows_are_the_same_as_through_csv(engine: Engine, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    chance = random.Random(seed)
    kinds = [chance.choice(list(COLUMNS.values())) for _ in range(chance.randint(1, 12))]
    columns = [pa.array(chance.choices(values, k=9_000), kind) for kind, values in kinds]
    rows = pa.table(columns, names=[f"x{at}" for at in range(len(columns))]).slice(chance.randint(0, 99))
    found = loaded(engine, rows)
    assert found.equals(rows.cast(found.schema))
    assert found.equals(through_csv(engine, rows, monkeypatch))


@pytest.mark.parametrize("precision", [1, 3, 4, 5, 9, 18, 19, 20, 37, 38])
def test_decimals_of_every_width(engine: Engine, precision: int) -> None:
    chance = random.Random(precision)
    whole = [chance.randint(-(10**precision) + 1, 10**precision - 1) for _ in range(50)]
    scales = sorted({0, 1, precision // 2, precision - 1, precision})
    columns = {
        f"s{scale}": pa.array([Decimal(f"{n}E-{scale}") for n in (*whole, 0, 1, -1)], pa.decimal128(precision, scale))
        for scale in scales
    }
    assert loaded(engine, pa.table(columns)).equals(pa.table(columns))
    # what the server keeps is what it makes of the text itself
    for name, column in columns.items():
        texts = read(engine, f"SELECT {name}::text FROM bulk.t")
        assert [Decimal(text) for text in texts] == column.to_pylist()
        assert read(engine, f"SELECT count(*) FROM bulk.t WHERE {name}::text::numeric IS DISTINCT FROM {name}") == [0]


def test_decimals_of_more_than_arrow_reads_back(engine: Engine) -> None:
    engine.load(TABLE, pa.table({"x": pa.array([Decimal(-(10**75)), Decimal(7)], pa.decimal256(76, 0))}).to_reader())
    assert read(engine, "SELECT x::text FROM bulk.t") == [str(-(10**75)), "7"]


def test_onto_a_table_of_other_types(engine: Engine) -> None:
    engine.execute("CREATE TABLE bulk.t (b text, a bigint)")
    rows = pa.table({"a": pa.array([1, 2], pa.int32()), "b": pa.array([3, None], pa.int64())})
    assert loaded(engine, rows, append=True).to_pylist() == [{"b": "3", "a": 1}, {"b": None, "a": 2}]


def test_onto_a_table_of_wider_types_without_text(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_copy, "write_as_text", None)
    engine.execute("CREATE TABLE bulk.t (a bigint, b varchar(3), c numeric)")
    rows = pa.table({"a": pa.array([1], pa.int16()), "b": ["abc"], "c": [Decimal("1.50")]})
    assert loaded(engine, rows, append=True).to_pylist() == [{"a": 1, "b": "abc", "c": 1.5}]
    with pytest.raises(EngineError, match="too long"):
        engine.load(TABLE, pa.table({"b": ["abcd"]}).to_reader(), append=True)


def test_onto_a_table_of_the_same_types(engine: Engine) -> None:
    loaded(engine, FULL)
    assert loaded(engine, FULL, append=True).to_pylist() == FULL.to_pylist() * 2


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pa.array([0, 0, -(2**63) + 1], pa.timestamp("us")), "'at' holds in row 30,003 a timestamp"),
        (pa.array([0, None, 2**31 - 1], pa.date32()), "'at' holds in row 30,003 a date32"),
        (pa.array([0, None, 2**62], pa.timestamp("s")), "'at' holds a value that timestamp"),
        (pa.array(["", "a\0b", "\0"]), "'at' holds a NUL character in row 30,002"),
        (pa.array([None, "b", "\0"]).dictionary_encode(), "'at' holds a NUL character in row 30,003"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_column_and_row(engine: Engine, column: pa.Array, message: str) -> None:
    sound = pa.array([None] * 10_000, column.type)
    batches = [pa.record_batch({"n": pa.array(range(len(at))), "at": at}) for at in (sound, sound, sound, column)]
    with pytest.raises(SourceError, match=message):
        engine.load(TABLE, pa.RecordBatchReader.from_batches(batches[0].schema, batches))
    assert engine.kind(TABLE) is None
    assert read(engine, "SELECT 1") == [1]


def test_a_nul_that_nobody_sees_is_no_reason_to_refuse(engine: Engine) -> None:
    rows = pa.table({"a": pa.array(["a\0", "b", "c"]).slice(1)})
    assert loaded(engine, rows)["a"].to_pylist() == ["b", "c"]


def test_no_rows(engine: Engine) -> None:
    assert loaded(engine, FULL.slice(0, 0)).num_rows == 0
    assert engine.arrow("SELECT").read_all().num_columns == 0


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("'1.2.3.4'::inet", "1.2.3.4"),
        ("ARRAY[1, NULL, 3]", "{1,NULL,3}"),
        ("""'{"a": [1]}'::json""", '{"a": [1]}'),
        ("interval '1 day 2 hours'", "1 day 02:00:00"),
        ("ROW(NULL, NULL)", "(,)"),
        ("'x'::char(3)", "x  "),
        ("'\\x00ff'::bytea", "\\x00ff"),
        ("NULL::inet", None),
        ("1.25::numeric", 1.25),
        ("'Infinity'::numeric", float("inf")),
        ("1e30::numeric(40, 2)", 1e30),
        ("(-1.5)::numeric(4, 2)", Decimal("-1.50")),
        ("'-32768'::smallint", -32768),
        ("'24:00'::time", "24:00:00"),
    ],
)
def test_what_arrow_has_no_type_for_is_read_as_the_server_prints_it(engine: Engine, sql: str, value: object) -> None:
    assert read(engine, f"SELECT {sql}") == [value]
    assert read(engine, f"SELECT NULLIF(i, 1)::text FROM generate_series(1, 2) AS i, (SELECT {sql}) AS q") == [
        None,
        "2",
    ]


@pytest.mark.parametrize(
    "sql", ["'infinity'::timestamp", "'-infinity'::timestamptz", "'infinity'::date", "'NaN'::numeric(3)"]
)
def test_what_arrow_cannot_hold_is_refused_by_column(engine: Engine, sql: str) -> None:
    with pytest.raises(EngineError, match="column 'x' cannot be read"):
        engine.arrow(f"SELECT {sql} AS x").read_all()
    assert read(engine, "SELECT 1") == [1]


def test_the_last_moment_that_arrow_counts(engine: Engine) -> None:
    assert engine.arrow("SELECT '294247-01-10 04:00:54.775807'::timestamp AS x").read_all()["x"].cast(
        pa.int64()
    ).to_pylist() == [2**63 - 1]
    with pytest.raises(EngineError, match="too late"):
        engine.arrow("SELECT '294247-01-10 04:00:54.775808'::timestamp AS x").read_all()


def test_a_query_that_fails_on_the_way(engine: Engine) -> None:
    late = "SELECT 1 / (20000 - i) AS x FROM generate_series(1, 30000) AS i"
    with pytest.raises(EngineError, match="division by zero"):
        engine.arrow(late).read_all()
    assert read(engine, "SELECT 1") == [1]


def test_a_reader_that_is_not_read_to_the_end(engine: Engine) -> None:
    reader = engine.arrow("SELECT repeat('x', 100) AS x FROM generate_series(1, 300000) AS i")
    assert len(reader.read_next_batch()) > 0
    del reader
    assert read(engine, "SELECT 1") == [1]


def test_batches_are_no_longer_than_wanted(engine: Engine) -> None:
    reader = engine.arrow("SELECT i FROM generate_series(1, 25) AS i", 10)
    assert [len(batch) for batch in reader] == [10, 10, 5]
