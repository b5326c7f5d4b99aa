"""Several blocks under keys of text: one order, one digest and one model on every engine, whatever the collation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.servers import versions
from tests.unit.certify.shop import ENGINES, Shop, open_shop

from tzero.certify.certificate import Certificate
from tzero.errors import FindingError
from tzero.sql.names import RelationName
from tzero.state.contract import Contract
from tzero.train.admission import Admitted
from tzero.train.dataset import Dataset, read_dataset, training_query
from tzero.train.experiment import Block, Boosting, Labels, Outcome, OutcomeKind
from tzero.train.model import fit
from tzero.train.outcomes import known_at

LABELS = Labels(RelationName.parse("blocks.ends"), "t0", value="late")
FLAG = Outcome(OutcomeKind.FLAG)
# by a language a < A < ä < b < B < Z < z, by bytes A < B < Z < a < b < z < ä; five rows share each T0
_KEYS = "('a'), ('A'), ('b'), ('B'), ('z'), ('Z'), ('ä'), (' a'), ('_'), ('é')"
_NUMBERS = {"duckdb": "range(0, 40) AS r(i)", "postgres": "generate_series(0, 39) AS r(i)"}
_LANGUAGES = "SELECT collname FROM pg_collation WHERE collname IN ('en-x-icu', 'en_US.utf8') ORDER BY collname"
_TABLES = (
    "CREATE SCHEMA blocks",
    "CREATE TABLE blocks.bikes (name text{collated}, t0 timestamp, price double precision, n integer)",
    """
    INSERT INTO blocks.bikes
    SELECT k.name || CAST(r.i AS text), TIMESTAMP '2024-01-01' + (r.i % 20) * INTERVAL '1 day',
           CASE WHEN r.i % 7 > 0 THEN ln(r.i + 2) * length(k.name) END, r.i % 5
    FROM {numbers} CROSS JOIN (VALUES {keys}) AS k(name)
    """,
    "CREATE TABLE blocks.sellers AS SELECT name, t0, n * 3 AS ads, ln(n + 1) AS share FROM blocks.bikes",
    "CREATE TABLE blocks.ends AS SELECT name, t0, n > 2 AS late FROM blocks.bikes",
)


@pytest.fixture(params=ENGINES)
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    found = with_blocks(request.param)
    yield found
    found.engine.close()


def with_blocks(engine: str) -> Shop:
    shop = open_shop(engine)
    dialect = shop.engine.dialect
    languages = shop.engine.rows(_LANGUAGES) if dialect == "postgres" else []
    collated = f' COLLATE "{languages[0][0]}"' if languages else ""
    told = {"collated": collated, "numbers": _NUMBERS[dialect], "keys": _KEYS}
    shop.run(*(statement.format(**told) for statement in _TABLES))
    return shop


def admitted(name: str, *features: str) -> Admitted:
    """A block as its certificate would describe it."""
    relation = f"blocks.{name}"
    anchors = {"relation": relation, "key": ["name"], "time": "t0", "zone": "UTC"}
    certificate = Certificate({"predicate": {"anchors": anchors, "lineage": []}})
    block = Block(name, RelationName.parse(relation), name)
    return Admitted(block, Contract(name, relation, ()), certificate, features)


BLOCKS = (admitted("bikes", "price", "n"), admitted("sellers", "ads", "share"))


def dataset_and_model(shop: Shop) -> tuple[dict[str, str], bytes]:
    query = training_query(shop.engine, BLOCKS, LABELS)
    with read_dataset(shop.engine, query) as dataset:
        return dict(dataset.digests), _model(dataset)


def _model(dataset: Dataset) -> bytes:
    known = known_at(dataset, FLAG, slice(0, len(dataset)), 1 << 62)
    boosting = Boosting(threads=1, min_child_weight=1.0)
    return fit(dataset.features, dataset.names, known, FLAG.kind, boosting, 9, None, lambda *_: None).content


def test_engines_agree_to_the_byte() -> None:
    found = []
    for engine in ("duckdb", *map(str, versions())):
        shop = with_blocks(engine)
        found.append(dataset_and_model(shop))
        shop.engine.close()
    assert all(one == found[0] for one in found)
    assert found[0][0].keys() == {
        "key.name", "t0", "label.t0", "label.value", "bikes.price", "bikes.n", "sellers.ads", "sellers.share"
    }  # fmt: skip


def test_a_changed_value_changes_one_digest_and_the_model(shop: Shop) -> None:
    before, model = dataset_and_model(shop)
    shop.run("UPDATE blocks.sellers SET ads = 40 WHERE ads = 0")
    after, another = dataset_and_model(shop)
    assert [name for name in before if before[name] != after[name]] == ["sellers.ads"]
    shop.run("UPDATE blocks.ends SET late = NOT late WHERE name LIKE 'ä%'")
    assert dataset_and_model(shop)[1] not in (model, another)


def test_a_row_without_t0_is_refused(shop: Shop) -> None:
    shop.run("UPDATE blocks.bikes SET t0 = NULL WHERE name = 'Z7'")
    with pytest.raises(FindingError, match="1 rows have no T0"):
        dataset_and_model(shop)


def test_a_row_of_another_t0_is_not_the_same_row(shop: Shop) -> None:
    before, _ = dataset_and_model(shop)
    shop.run("UPDATE blocks.sellers SET t0 = t0 + INTERVAL '1 second' WHERE name = 'Z7'")
    after, _ = dataset_and_model(shop)
    assert [name for name in before if before[name] != after[name]] == ["sellers.ads", "sellers.share"], "NULL now"


def test_no_row_is_refused(shop: Shop) -> None:
    shop.run("DELETE FROM blocks.bikes")
    with pytest.raises(FindingError, match="no row to train on"):
        dataset_and_model(shop)
