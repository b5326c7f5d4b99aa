"""The same store from another base relation, which lacks the model: it comes from a history, joined as of T0."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.e2e.market_store import LISTINGS, raw_tables
from tests.e2e.starters import applied, rows_of
from tests.oracle.compare import differences
from tests.servers import fresh_database, versions

import tzero
from tzero.starters.demo.folder import lay_out

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "postgres.md"
CERTIFIED = "feature_store.tom_features_v2_enriched_ai_ob_clean_mv"
MODELS = "feature_store.model_versions"
KEY = ("generation", "listing_id")
TARGETS = ["duckdb", *(f"postgres{version}" for version in versions())]


def declaration() -> str:
    """The Python of the guide that takes the place of ``listings = Events(...)``."""
    found = re.search(r"```python\n(from tzero import Events, History\n.*?)```", GUIDE.read_text(), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("late", [False, True], ids=["known before T0", "known after T0"])
def test_the_other_base_gives_the_same_features(target: str, late: bool, tmp_path: Path) -> None:
    version = target.removeprefix("postgres")
    url = fresh_database(int(version)) if version.isdigit() else "duckdb:///store.duckdb"
    lay_out("device_meta", tmp_path)
    with applied(tmp_path, raw_tables(), url) as project:
        before = rows_of(project.read())
        _make_the_other_base(project, 1 if late else -1)
    declarations = tmp_path / "device_meta.py"
    events = re.compile(r"^listings = Events\(.*?^\)\n", re.DOTALL | re.MULTILINE)
    text, number = events.subn(lambda _: declaration(), declarations.read_text())
    assert number == 1
    declarations.write_text(text)
    with tzero.open(tmp_path, target=url) as project:
        project.apply()
        after = rows_of(project.read())
        found = differences(before, after, KEY)
    assert len(after) == len(before) == 280
    assert bool(found) is late, found[:3]


def _make_the_other_base(project: tzero.Project, seconds: int) -> None:
    """The certified base without a model, and the versions of models, each known that long after its listing's T0."""
    shifted = f"edited_date + INTERVAL '{seconds} second'"
    with project.session() as engine, engine.transaction():
        engine.execute(f"CREATE TABLE {CERTIFIED} AS SELECT generation, listing_id, edited_date FROM {LISTINGS}")
        engine.execute(
            f"CREATE TABLE {MODELS} AS SELECT generation, listing_id, {shifted} AS seen_at, model FROM {LISTINGS}"
        )
        # a later version, as a seller's edit leaves it: never to be seen
        engine.execute(
            f"INSERT INTO {MODELS} SELECT generation, listing_id, edited_date + INTERVAL '1 hour', 'iphone 99 mini'"
            f" FROM {LISTINGS}"
        )
