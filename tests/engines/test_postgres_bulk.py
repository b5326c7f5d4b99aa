"""Rows loaded in the binary format of COPY are the rows that were given: the same as through CSV, and as in Arrow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.servers import fresh_database, versions

from tzero.engines import postgres_copy
from tzero.engines.base import Engine
from tzero.engines.postgres_binary import binary_of
from tzero.engines.targets import Target, open_engine
from tzero.errors import EngineError
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
}
TEXTS = pa.table({"a": [1, 2, 3, 4], "text": ["", None, 'a "b",\n\\N\tü€😀', "x" * 300], "none": [None] * 4})
FULL = pa.table({name: pa.array(values, kind) for name, (kind, values) in COLUMNS.items()})


@pytest.fixture(params=versions()[-1:])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    found = open_engine(Target.parse(fresh_database(request.param), Path()), read_only=False)
    found.execute("CREATE SCHEMA bulk")
    yield found
    found.close()


def loaded(engine: Engine, rows: pa.Table, *, append: bool = False) -> list[dict[str, Any]]:
    assert engine.load(TABLE, rows.to_reader(), append=append) == rows.num_rows
    return engine.arrow("SELECT * FROM bulk.t").read_all().to_pylist()


def test_every_type_comes_back(engine: Engine) -> None:
    assert all(binary_of(batch) is not None for batch in FULL.to_batches())
    assert loaded(engine, FULL) == FULL.to_pylist()


def test_a_piece_of_a_batch(engine: Engine) -> None:
    assert loaded(engine, FULL.slice(1, 2)) == FULL.slice(1, 2).to_pylist()


def test_as_text_it_is_the_same(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = loaded(engine, FULL)
    engine.execute("DROP TABLE bulk.t")
    monkeypatch.setattr(postgres_copy, "binary_of", lambda batch: None)
    assert loaded(engine, FULL) == binary


def test_what_has_no_binary_form_here_goes_as_text(engine: Engine) -> None:
    codes = pa.array(["a", "b", None, "a"]).dictionary_encode()
    rows = TEXTS.append_column("price", pa.array([Decimal("1.50"), None, None, None])).append_column("code", codes)
    assert binary_of(rows.to_batches()[0]) is None
    assert loaded(engine, rows) == rows.to_pylist()


def test_onto_a_table_of_other_types(engine: Engine) -> None:
    engine.execute("CREATE TABLE bulk.t (b text, a bigint)")
    rows = pa.table({"a": pa.array([1, 2], pa.int32()), "b": pa.array([3, None], pa.int64())})
    assert loaded(engine, rows, append=True) == [{"b": "3", "a": 1}, {"b": None, "a": 2}]


def test_onto_a_table_of_the_same_types(engine: Engine) -> None:
    loaded(engine, FULL)
    assert loaded(engine, FULL, append=True) == FULL.to_pylist() * 2


def test_a_time_that_cannot_be_kept_is_refused_and_not_another_one(engine: Engine) -> None:
    early = pa.table({"at": pa.array([-(2**63) + 1], pa.timestamp("us"))})
    assert binary_of(early.to_batches()[0]) is None
    with pytest.raises((EngineError, ValueError, pa.ArrowException, OverflowError)):
        loaded(engine, early)


def test_text_that_is_no_text_is_refused(engine: Engine) -> None:
    with pytest.raises(EngineError):
        loaded(engine, pa.table({"a": ["a\0b"]}))
    assert engine.kind(TABLE) is None


def test_no_rows_and_no_columns_of_text(engine: Engine) -> None:
    assert loaded(engine, FULL.slice(0, 0)) == []
