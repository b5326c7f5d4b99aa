"""What a plan says besides its steps."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import tzero

CONFIG = 'name = "shop"\n[targets.dev]\nurl = "duckdb:///store.duckdb"\n'
FEATURES = """
from tzero import Entity, Events, FeatureView, columns
sellers = Entity("sellers.parquet", key="seller"{known})
view = FeatureView("shop.features", Events("sales.parquet", key="id", time="sold_at").lookup(sellers), *columns("city"))
"""


def notes(folder: Path, known: str) -> tuple[str, ...]:
    at = pa.array([1_700_000_000_000_000], pa.timestamp("us"))
    pq.write_table(pa.table({"id": [1], "sold_at": at, "seller": ["a"]}), folder / "sales.parquet")
    pq.write_table(pa.table({"seller": ["a"], "city": ["Oslo"], "known_at": at}), folder / "sellers.parquet")
    (folder / "tzero.toml").write_text(CONFIG)
    (folder / "features.py").write_text(FEATURES.format(known=known))
    with tzero.open(folder) as project:
        return project.plan().notes


def test_an_entity_without_known_at_is_reported(tmp_path: Path) -> None:
    (note,) = notes(tmp_path, "")
    assert "sellers.parquet became known is not declared" in note
    assert "features.py:3" in note


def test_an_entity_with_known_at_is_not(tmp_path: Path) -> None:
    assert notes(tmp_path, ', known_at="known_at"') == ()
