"""A small shop: a project folder, its sales, and the command line to work on it."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from tzero.cli.main import main

CONFIG = 'name = "shop"\n\n[targets.dev]\nurl = "duckdb:///store.duckdb"\n'
FEATURES = """from tzero import Events, FeatureView, column

sales = Events("sales.parquet", key="sale_id", time="sold_at")
before = sales.before_day(zone="UTC")
view = FeatureView(
    "shop.sale_features",
    sales,
    price=column("price"),
    brand_n=before.count("brand"),
    brand_mean=before.mean("price", by="brand"),
)
"""
START = dt.datetime(2024, 1, 1)


@dataclass(frozen=True)
class Answer:
    """What a command left: its exit code, stdout and stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Shop:
    """A project folder and its command line."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self._capsys = capsys

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def write_sales(self, number: int = 400, name: str = "sales.parquet", **columns: Any) -> None:
        """Sales in which half of a day's share a brand; ``columns`` replace or add columns."""
        table = {
            "sale_id": pa.array(range(number), pa.int64()),
            "sold_at": pa.array([START + dt.timedelta(hours=5 * at) for at in range(number)], pa.timestamp("us")),
            "price": pa.array([float(at % 31) for at in range(number)], pa.float64()),
            "brand": [("ace", "bell", "cube")[at % 3] for at in range(number)],
        }
        kept = {name: values for name, values in (table | columns).items() if values is not None}
        pa.parquet.write_table(pa.table(kept), self.root / name)

    def run(self, *arguments: str) -> Answer:
        """Run the command line in this process."""
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main(["--project", str(self.root), *arguments])
        out, err = self._capsys.readouterr()
        code = left.value.code
        return Answer(code if isinstance(code, int) else 0, out, err)

    def ok(self, *arguments: str) -> Answer:
        found = self.run(*arguments)
        assert found.code == 0, found.err
        return found

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Run the command line in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-c", "from tzero.cli.main import main; main()", "--project", str(self.root), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def features(self, view: str | None = None) -> list[dict[str, Any]]:
        """Every row of the view, in the order of its key."""
        import tzero

        with tzero.open(self.root) as project:
            found = project.read(view)
        return sorted(found.to_pylist(), key=lambda row: row["sale_id"])


@pytest.fixture
def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Shop]:
    found = Shop(tmp_path, capsys)
    found.write("tzero.toml", CONFIG)
    found.write("features.py", FEATURES)
    found.write_sales()
    yield found
